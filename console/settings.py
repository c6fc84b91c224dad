"""Settings: everything comes from the environment, and every default serves a laptop. `.env.example` lists all."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from console import django6, embedded
from console.pooled import Connection
from console.secret import secret_key
from console.single_sign_on import oidc_provider, origin, saml_problem, saml_provider

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("REMIT_DATA", BASE_DIR / "var"))
VERSION = "0.1.0"


def flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def optional_number(name: str, default: str) -> int | None:
    """A limit from the environment; an empty value means none."""
    given = os.environ.get(name, default).strip()
    return int(given) if given else None


def database(url: str) -> dict[str, object]:
    """A Django database entry for a ``postgresql://`` address; ``?host=/dir`` names a socket folder."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, "pool": {"connection_class": Connection, **POOL}},
    }


# --- where things are -------------------------------------------------------------------------------------------
SECRET_KEY = secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("REMIT_SECRET_KEY_FALLBACKS", "").split() if key]
DEBUG = flag("REMIT_DEBUG")
PORT = int(os.environ.get("PORT", "8000"))
REMIT_URL = os.environ.get("REMIT_URL", f"http://127.0.0.1:{PORT}")
HTTPS = REMIT_URL.startswith("https://")
ALLOWED_HOSTS = os.environ.get("REMIT_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [REMIT_URL]

# A thread that streams holds no connection, so the pool is smaller than the threads.
POOL: dict[str, object] = {
    "min_size": 1,
    "max_size": int(os.environ.get("REMIT_DB_POOL", "16")),
    "timeout": 10,
}
DATABASE_URL = os.environ.get("DATABASE_URL") or embedded.database_url()
DATABASE_OWNER_URL = (
    os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL") or embedded.owner_database_url()
)
# `manage.py migrate` runs as the owner of the tables; the application's role may not alter the audit.
DATABASES = {"default": database(DATABASE_OWNER_URL if flag("REMIT_AS_OWNER") else DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or embedded.broker_url()

# The rows are the queue: this finds what nobody was woken for. Any number of beats may run.
CELERY_BEAT_SCHEDULE = {
    "trials.sweep": {"task": "trials.sweep", "schedule": 2.0, "options": {"expires": 5.0}},
    "prompts.sweep": {"task": "prompts.sweep", "schedule": 3.0, "options": {"expires": 6.0}},
    "reviews.sweep": {"task": "reviews.sweep", "schedule": 20.0, "options": {"expires": 20.0}},
    "notifications.send": {"task": "notifications.send", "schedule": 20.0, "options": {"expires": 20.0}},
    "accounts.sweep": {"task": "accounts.sweep", "schedule": 3600.0, "options": {"expires": 600.0}},
    "webhooks.sweep": {"task": "webhooks.sweep", "schedule": 3.0, "options": {"expires": 6.0}},
    "releases.sweep": {"task": "releases.sweep", "schedule": 15.0, "options": {"expires": 15.0}},
    "releases.drift": {"task": "releases.drift", "schedule": 10.0, "options": {"expires": 20.0}},
}

# --- the provider -----------------------------------------------------------------------------------------------
ANTHROPIC_API_KEY = os.environ.get("ANTHROPIC_API_KEY", "")
ANTHROPIC_BASE_URL = os.environ.get("ANTHROPIC_BASE_URL", "")
REMIT_JUDGE_MODEL = os.environ.get("REMIT_JUDGE_MODEL", "") or "claude-sonnet-5-5"
# Where accounts of workspaces may send calls: exact origins, with commas. Empty: any public https address.
REMIT_PROVIDER_ORIGINS = [
    origin.strip() for origin in os.environ.get("REMIT_PROVIDER_ORIGINS", "").split(",") if origin.strip()
]
# Whether accounts at Bedrock and Vertex may do without a key and use this machine's own credentials.
REMIT_CLOUD_CREDENTIALS = flag("REMIT_CLOUD_CREDENTIALS")
REMIT_REHEARSAL_URL = os.environ.get("REMIT_REHEARSAL_URL", "") or embedded.rehearsal_url()

# --- who may read /metrics: whoever shows the token, or comes from an address; nobody while both are unset ----------
REMIT_METRICS_TOKEN = os.environ.get("REMIT_METRICS_TOKEN", "")
REMIT_METRICS_ADDRESSES = os.environ.get("REMIT_METRICS_ADDRESSES", "").split()  # such as 10.0.0.0/8

# --- limits that people meet ------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
REMIT_STREAMS = int(os.environ.get("REMIT_STREAMS", "32"))
# Requests a minute of one web process, 0 = no limit: of a token, of a token that fetches by label, and refused ones of
# an address.
REMIT_API_RATE = int(os.environ.get("REMIT_API_RATE", "1200"))
REMIT_FETCH_RATE = int(os.environ.get("REMIT_FETCH_RATE", "120000"))
REMIT_REFUSED_RATE = int(os.environ.get("REMIT_REFUSED_RATE", "120"))
REMIT_API_WAITS = int(os.environ.get("REMIT_API_WAITS", "16"))  # requests of a process that wait for a run

# Origins such as http://hooks.internal:8080 that webhooks may call although they are not https or stand inside the network.
REMIT_WEBHOOK_ORIGINS = os.environ.get("REMIT_WEBHOOK_ORIGINS", "").lower().split()

# --- the audit: after how many entries a checkpoint is signed, and a file outside to which each is appended
REMIT_CHECKPOINT_ROWS = int(os.environ.get("REMIT_CHECKPOINT_ROWS", "100"))
REMIT_CHECKPOINT_FILE = os.environ.get("REMIT_CHECKPOINT_FILE", "")

# --- trials: leases, and budgets whose absence means no limit -----------------------------------------------------
REMIT_LEASE_SECONDS = float(os.environ.get("REMIT_LEASE_SECONDS", "30"))  # renewed three times in it
REMIT_CALLS = int(os.environ.get("REMIT_CALLS", "32"))  # calls in flight of one worker process
REMIT_CONVERSATION_TOKENS = int(os.environ.get("REMIT_CONVERSATION_TOKENS", "400000"))
REMIT_CONVERSATION_MONEY = optional_number("REMIT_CONVERSATION_MONEY", "")  # US dollars
REMIT_CONVERSATION_CALLS = int(os.environ.get("REMIT_CONVERSATION_CALLS", "200"))
REMIT_CONVERSATION_SECONDS = int(os.environ.get("REMIT_CONVERSATION_SECONDS", "1800"))
REMIT_RUN_TOKENS = optional_number("REMIT_RUN_TOKENS", "20000000")
REMIT_RUN_MONEY = optional_number("REMIT_RUN_MONEY", "100")  # US dollars
REMIT_RUN_SECONDS = optional_number("REMIT_RUN_SECONDS", "21600")
REMIT_MONTH_TOKENS = optional_number("REMIT_MONTH_TOKENS", "")
REMIT_MONTH_MONEY = optional_number("REMIT_MONTH_MONEY", "")

# --- Django -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "console.home",
    "console.releases",
    "console.reviews",
    "console.trials",
    "console.prompts",
    "console.provider",
    "console.governance",
    "console.notifications",
    "console.accounts",
    "console.audit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    *django6.APPS,
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
]
MIDDLEWARE = [
    "console.logs.RequestIdMiddleware",
    "console.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "console.doors.ApiAnswers",
    "console.doors.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.accounts.middleware.HeadersMiddleware",
    django6.MIDDLEWARE,
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.accounts.sessions.SessionLimitMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.accounts.middleware.LoginMiddleware",
    "console.text_input.TextMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "console.problems.ProblemMiddleware",
    "console.accounts.middleware.RefusedMiddleware",
]
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": django6.template_loaders(cached=not DEBUG),
            "builtins": [
                *django6.TEMPLATE_BUILTINS,
                "django.templatetags.static",
                "console.home.templatetags.remit",
                "console.home.templatetags.phrases",
            ],
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.accounts.context.workspace",
            ],
        },
    }
]
LANGUAGE_CODE = "en"
USE_I18N = False  # there is one language; asking for it takes a twentieth of what a page takes
TIME_ZONE = os.environ.get("REMIT_TIME_ZONE", "UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("REMIT_STATIC", DATA_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- people -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["console.accounts.known.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "console.accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "saml": "120/m/ip",
}
# How many proxies of yours stand in front: the address of a client is read from X-Forwarded-For no further than them.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("REMIT_PROXIES", "0"))
MFA_ADAPTER = "console.accounts.mfa.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # accounts are made by invitation
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # http://localhost
USERSESSIONS_ADAPTER = "console.accounts.sessions.UserSessionsAdapter"

# The organisation's identity provider, by OpenID Connect or SAML; both are off while unset. The origins are where it
# logs people in, if that is not where it is found.
OIDC_ISSUER = os.environ.get("REMIT_OIDC_ISSUER", "")
OIDC = oidc_provider(
    issuer=OIDC_ISSUER,
    client=os.environ.get("REMIT_OIDC_CLIENT_ID", ""),
    secret=os.environ.get("REMIT_OIDC_CLIENT_SECRET", ""),
    name=os.environ.get("REMIT_OIDC_NAME", "") or "Single sign-on",
)
SAML_GIVEN = {
    name: os.environ.get(f"REMIT_SAML_{name.upper()}", "").strip()
    for name in ("entity_id", "metadata", "sso_url", "certificate", "attributes")
}
REMIT_SAML_PROBLEM = saml_problem(**SAML_GIVEN)
SAML = (
    {}
    if REMIT_SAML_PROBLEM
    else saml_provider(**SAML_GIVEN, name=os.environ.get("REMIT_SAML_NAME", "") or "Single sign-on")
)
SOCIALACCOUNT_PROVIDERS = {**OIDC, **SAML}
SIGN_ON_ORIGINS = [
    *([origin(OIDC_ISSUER), *os.environ.get("REMIT_OIDC_ORIGINS", "").split()] if OIDC else []),
    *([origin(SAML_GIVEN["sso_url"] or SAML_GIVEN["metadata"])] if SAML else []),
    *(os.environ.get("REMIT_SAML_ORIGINS", "").split() if SAML else []),
]
SOCIALACCOUNT_ADAPTER = "console.accounts.adapter.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True  # known by the issuer's id from then on
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False

# Who counts attempts must count those at every process: allauth's limits and the like live in the database, which is
# always there and shared (the broker may be RabbitMQ, which keeps nothing).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# With a mail server letters go there; without one they are printed where the worker writes.
EMAIL_HOST = os.environ.get("REMIT_EMAIL_HOST", "")
EMAIL_BACKEND = os.environ.get("REMIT_EMAIL_BACKEND") or (
    f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
)
EMAIL_PORT = int(os.environ.get("REMIT_EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("REMIT_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("REMIT_EMAIL_PASSWORD", "")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = not EMAIL_USE_SSL and os.environ.get("REMIT_EMAIL_TLS", "1") not in {"0", "no", "off"}
DEFAULT_FROM_EMAIL = os.environ.get("REMIT_EMAIL_FROM", "remit@localhost")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-remit" if HTTPS else "remit"
CSRF_COOKIE_NAME = "__Host-remit-csrf" if HTTPS else "remit-csrf"
REMIT_SESSION_IDLE = int(
    float(os.environ.get("REMIT_SESSION_IDLE_HOURS", "24")) * 3600
)  # seconds without a request
REMIT_SESSION_MOST = int(
    float(os.environ.get("REMIT_SESSION_DAYS", "14")) * 86_400
)  # seconds since the login
SESSION_ENGINE = "console.accounts.known"
SESSION_COOKIE_AGE = REMIT_SESSION_MOST
ACCOUNT_SESSION_REMEMBER = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Only whoever owns the domain knows whether its other names speak TLS too, so that a check would ask in vain.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = flag("REMIT_HSTS_SUBDOMAINS")
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The button "log in with …" is a form, and browsers hold its redirect to the issuer to the policy too.
globals().update(django6.csp_settings(form_targets=SIGN_ON_ORIGINS))

LOG_FORMAT = os.environ.get("REMIT_LOG_FORMAT", "") or "line"  # or json
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "console.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"()": "console.logs.JSONFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": os.environ.get("REMIT_LOG_LEVEL", "INFO")},
    # The SDK's client logs request addresses and options: nothing of a conversation belongs in a log.
    "loggers": {
        "httpx2": {"level": "WARNING"},
        "anthropic": {"level": "WARNING"},
        # A line for each wake-up call would bury everything else.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
