"""What differs between Django 5.2 with two packages and Django 6, which has both built in.

Everything else in the project is written once: templates use ``{% partialdef %}`` without a load, views never see
the policy header. When 5.2 goes, this file goes.
"""

from __future__ import annotations

from typing import Any

import django

BUILT_IN = django.VERSION >= (6, 0)

POLICY: dict[str, list[str]] = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
    "manifest-src": ["'self'"],
}

APPS: list[str] = [] if BUILT_IN else ["csp", "template_partials.apps.SimpleAppConfig"]
MIDDLEWARE = (
    "django.middleware.csp.ContentSecurityPolicyMiddleware" if BUILT_IN else "csp.middleware.CSPMiddleware"
)
TEMPLATE_BUILTINS: list[str] = [] if BUILT_IN else ["template_partials.templatetags.partials"]


def template_loaders(*, cached: bool) -> list[Any]:
    """The ``loaders`` option: plain ones, wrapped for ``template#partial`` where Django lacks it."""
    plain: list[Any] = [
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    loaders: list[Any] = [("django.template.loaders.cached.Loader", plain)] if cached else plain
    return loaders if BUILT_IN else [("template_partials.loader.Loader", loaders)]


def csp_settings(*, form_targets: list[str]) -> dict[str, Any]:
    """The names under which the installed Django reads the policy. ``form_targets``: origins a form may lead to."""
    policy = {**POLICY, "form-action": [*POLICY["form-action"], *form_targets]}
    if BUILT_IN:
        return {"SECURE_CSP": policy}
    return {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": policy}}
