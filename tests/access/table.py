"""Who may use which address: one line each. An address without a line fails the tests until somebody gives it one.

``reads()``            a page of a workspace that every member reads
``writes(ACTION)``     POST only, by whoever may do ACTION; everybody else gets 403, also for an empty form
``page(A, B)``         GET by whoever may A, POST by whoever may B; the body of a POST is never needed for the 403
``person()``           about oneself only, whoever is logged in        ``public()``  for everybody
``token()``            with an API token only
Options: ``query`` is sent with GET; ``body`` with POST, where ``{prompts}``, ``{runs}`` … stand for ids (world.py) that are
tried as own, foreign and absent; ``touches`` names tables that a GET may write, with the reason beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from console.accounts.permissions import Action


class Door(StrEnum):
    MEMBER = "member"
    PERSON = "person"
    PUBLIC = "public"
    TOKEN = "token"


@dataclass(frozen=True)
class Rule:
    door: Door = Door.MEMBER
    verbs: dict[str, Action | None] = field(default_factory=dict)  # GET, POST … and what they take
    query: str = ""
    body: dict[str, str] = field(default_factory=dict)
    touches: tuple[str, ...] = ()
    asked_only: bool = False  # besides the role one must be asked: who is not gets 403
    private: bool = False  # the objects are those of one person: other members get 404


def page(get: Action | None, post: Action | None = None, **options: object) -> Rule:
    verbs = {"GET": get, "POST": post} if post else {"GET": get}
    return Rule(verbs=verbs, **options)  # type: ignore[arg-type]


def reads(**options: object) -> Rule:
    return page(Action.READ, **options)


def writes(action: Action, **options: object) -> Rule:
    return Rule(verbs={"POST": action}, **options)  # type: ignore[arg-type]


def person(*verbs: str, **options: object) -> Rule:
    return Rule(Door.PERSON, dict.fromkeys(verbs or ("GET", "POST")), **options)  # type: ignore[arg-type]


def public(*verbs: str, **options: object) -> Rule:
    return Rule(Door.PUBLIC, dict.fromkeys(verbs or ("GET",)), **options)  # type: ignore[arg-type]


def token(*verbs: str, **options: object) -> Rule:
    return Rule(Door.TOKEN, dict.fromkeys(verbs or ("GET",)), **options)  # type: ignore[arg-type]


A = Action
TABLE: dict[str, Rule] = {
    # --- home
    "home:root": person("GET"),
    "home:healthz": public(),
    "home:readyz": public(),
    "home:metrics": public(),
    "home:index": reads(),
    "home:jump": reads(query="q=a"),
    # --- prompts (prompts_draftversion: a version that somebody was shown is kept)
    "prompts:list": reads(query="q=bank"),
    "prompts:new": page(A.EDIT, A.EDIT),
    "prompts:import": page(A.EDIT, A.EDIT),
    "prompts:slug": reads(query="slug=far-prompt"),
    "prompts:proposal-compose": reads(touches=("prompts_draftversion",)),
    "prompts:proposal-save": writes(A.EDIT),
    "prompts:proposal-check": page(A.READ, A.READ),
    "prompts:proposal-snapshot": page(A.SNAPSHOT, A.SNAPSHOT),
    "prompts:proposal-acknowledge": page(A.EDIT, A.EDIT),
    "prompts:proposal-presence": page(A.READ, A.READ),
    "prompts:proposal-events": reads(),
    "prompts:proposal-judge": writes(A.JUDGE),
    "prompts:proposal-merge": page(A.EDIT, A.EDIT, touches=("prompts_draftversion",)),
    "prompts:proposal-changes": reads(query="since=1"),
    "prompts:proposal-file": reads(),
    "prompts:proposals": page(A.READ, A.EDIT),
    "prompts:merge_back": page(A.READ, A.EDIT, touches=("prompts_draftversion",)),
    "prompts:close_proposal": writes(A.EDIT),
    "prompts:compose": reads(touches=("prompts_draftversion",)),
    "prompts:save": writes(A.EDIT),
    "prompts:check": page(A.READ, A.READ),
    "prompts:snapshot": page(A.SNAPSHOT, A.SNAPSHOT),
    "prompts:acknowledge": page(A.EDIT, A.EDIT),
    "prompts:judge-settings": page(A.READ, A.SET_JUDGE),
    "prompts:judge": writes(A.JUDGE),
    "prompts:judge-revision": writes(A.JUDGE),
    "prompts:judge-acknowledge": writes(A.EDIT),
    "prompts:presence": page(A.READ, A.READ),
    "prompts:events": reads(),
    "prompts:merge": page(A.EDIT, A.EDIT, touches=("prompts_draftversion",)),
    "prompts:file": reads(),
    "prompts:changes": reads(query="since=1"),
    "prompts:archive": writes(A.EDIT),
    "prompts:restore_saved": writes(A.EDIT),
    "releases:history": reads(),
    "prompts:revision": reads(),
    "prompts:revision_file": reads(),
    "prompts:restore": writes(A.EDIT),
    "prompts:take_up": writes(A.EDIT),
    "prompts:compare": reads(),
    # --- trials
    "trials:list": reads(),
    "trials:new": page(A.RUN, A.RUN),
    "trials:try": page(
        A.READ, A.RUN, query="chat={try}", body={"chat": "{try}", "message": "Hello"}, private=True
    ),
    "trials:stop": writes(A.RUN, body={"chat": "{try}"}, private=True),
    "trials:keep": page(A.EDIT_SUITE, A.EDIT_SUITE, private=True),
    "trials:probe-suite": page(A.READ, A.EDIT_SUITE),
    "trials:quality": reads(),
    "trials:keep-cell": page(A.EDIT_SUITE, A.EDIT_SUITE),
    "trials:run": reads(),
    "trials:cancel": writes(A.RUN),
    "trials:events": reads(),
    "trials:report": reads(),
    "trials:cell": reads(),
    "trials:rate": writes(A.RATE),
    "trials:rate-blind": page(A.RATE, A.RATE),
    "trials:suites": reads(),
    "trials:new-suite": page(A.EDIT_SUITE, A.EDIT_SUITE),
    "trials:suite": page(A.READ, A.EDIT_SUITE),
    "trials:new-scenario": page(A.EDIT_SUITE, A.EDIT_SUITE),
    "trials:scenario": page(A.EDIT_SUITE, A.EDIT_SUITE),
    "trials:suite-export": reads(),
    "trials:compare": reads(),
    # --- reviews
    "reviews:list": reads(),
    "reviews:of_prompt": reads(),
    "reviews:request": page(A.REQUEST_REVIEW, A.REQUEST_REVIEW, body={"title": "t", "runs": "{runs}"}),
    "reviews:review": reads(),
    "reviews:events": reads(),
    "reviews:decide": writes(A.DECIDE),
    "reviews:withdraw": writes(A.REQUEST_REVIEW),
    "reviews:evidence": writes(A.COMMENT, body={"run": "{runs}"}),
    "reviews:threads": writes(A.COMMENT, body={"anchor": "run:{runs}", "text": "Look"}),
    "reviews:thread": writes(A.COMMENT),
    "reviews:people": reads(query="q=a"),
    "reviews:assign": page(A.COMMENT, A.COMMENT),
    "reviews:apply": writes(A.EDIT),
    "reviews:hand_over": writes(A.COMMENT, asked_only=True),
    # --- notifications: one's own
    "notifications:list": reads(),
    "notifications:unread": reads(),
    "notifications:read_all": writes(A.READ),
    "notifications:settings": page(A.READ, A.READ),
    "notifications:open": writes(A.READ, private=True),
    # --- releases
    "releases:versions": reads(),
    "releases:used": reads(touches=("prompts_draft",)),  # counts anew what was counted under another policy
    "releases:compare_policy": writes(A.SWITCH_PACK),
    "releases:preview_bounds": writes(A.SET_BOUNDS),
    "releases:impact": reads(),
    "releases:put_in_force": writes(A.SWITCH_PACK),
    "releases:list": reads(),
    "releases:release": reads(),
    "releases:export": writes(A.EXPORT),
    "releases:move": writes(A.MOVE_LABEL),
    "releases:create": page(A.READ, A.RELEASE),
    "releases:drift": page(A.READ, A.WATCH),
    "releases:change_watch": writes(A.WATCH, body={"do": "check"}),
    "releases:point": reads(),
    "releases:plan": writes(A.MOVE_PROTECTED),
    "releases:share": writes(A.MOVE_PROTECTED),
    "releases:end_share": writes(A.MOVE_PROTECTED),
    "releases:choose_label": reads(query="label=staging"),
    "releases:protect": writes(A.MOVE_PROTECTED),
    "releases:retire": writes(A.MOVE_PROTECTED),
    "releases:cancel_plan": writes(A.MOVE_LABEL),
    "releases:keys": reads(),
    "releases:checkpoints": page(A.READ_AUDIT),
    # --- governance
    "governance:policy": reads(),
    "governance:reach": reads(),
    "governance:publish": page(A.PUBLISH_PACK, A.PUBLISH_PACK),
    "governance:pack_source": reads(),
    "governance:code": reads(),
    "governance:rule": reads(),
    "governance:bounds": page(A.READ, A.SET_BOUNDS),
    "governance:samples": writes(A.SET_BOUNDS),
    "governance:audit": page(A.READ_AUDIT),
    "governance:audit_export": writes(A.READ_AUDIT),
    # --- where calls go, and what they may cost
    "provider:accounts": page(A.READ, A.MANAGE_PROVIDER),
    "provider:account": page(A.READ, A.MANAGE_PROVIDER),
    "provider:test": writes(A.MANAGE_PROVIDER),
    "provider:key": writes(A.MANAGE_PROVIDER),
    "provider:default": writes(A.MANAGE_PROVIDER),
    "provider:close": writes(A.MANAGE_PROVIDER),
    "provider:budgets": page(A.READ, A.MANAGE_PROVIDER),
    "provider:model-note": reads(query="model=a"),
    # --- accounts of a workspace
    "accounts:members": reads(),
    "accounts:member-add": writes(A.MANAGE_MEMBERS, body={"login": "far-everything"}),
    "accounts:member-roles": writes(A.MANAGE_MEMBERS),
    "accounts:member-remove": writes(A.MANAGE_MEMBERS),
    "accounts:security": writes(A.MANAGE_MEMBERS),
    "accounts:invite": writes(A.MANAGE_MEMBERS, body={"roles": "viewer"}),
    "accounts:invitation-renew": writes(A.MANAGE_MEMBERS),
    "accounts:invitation-withdraw": writes(A.MANAGE_MEMBERS),
    "accounts:tokens": page(A.READ, A.MANAGE_TOKENS),
    "accounts:token-revoke": writes(A.MANAGE_TOKENS),
    "releases:webhooks": page(A.MANAGE_WEBHOOKS, A.MANAGE_WEBHOOKS),
    "releases:webhook": page(A.MANAGE_WEBHOOKS),
    "releases:webhook-change": writes(A.MANAGE_WEBHOOKS),
    "releases:webhook-replay": writes(A.MANAGE_WEBHOOKS),
    # --- the API (its rights and reach: tests/console/api/test_tokens.py)
    "api:prompt": token(),
    "api:docs": public(),
    "api:rest:openapi-json": public(),
    "api:rest:api-root": public(),
    "api:rest:fetch_release": token(),
    "api:rest:list_releases": token(),
    "api:rest:read_release": token(),
    "api:rest:export": token("POST"),
    "api:rest:list_labels": token(),
    "api:rest:put_label": token("PUT", "DELETE"),
    "api:rest:retire": token("PUT", "DELETE"),
    "api:rest:list_prompts": token(),
    "api:rest:read_prompt": token(),
    "api:rest:list_revisions": token(),
    "api:rest:read_revision": token(),
    "api:rest:validate": token("POST"),
    "api:rest:import_prompts": token("POST"),
    "api:rest:list_suites": token(),
    "api:rest:list_runs": token("GET", "POST"),
    "api:rest:start_run": token("GET", "POST"),
    "api:rest:read_run": token(),
    "api:rest:read_results": token(),
    "api:rest:cancel_run": token("POST"),
    "api:rest:read_audit": token(),
    # --- logging in, and one's own account (allauth)
    "account": person(),
    "invitation": public("GET", "POST"),
    "usersessions_list": person(),
    "mfa_index": person("GET"),
    "mfa_authenticate": public("GET", "POST"),
    "mfa_reauthenticate": person(),
    "mfa_activate_totp": person(touches=("django_session",)),  # the secret, until it is confirmed
    "mfa_deactivate_totp": person(),
    "mfa_view_recovery_codes": person("GET", touches=("mfa_authenticator",)),  # that they were seen
    "mfa_generate_recovery_codes": person(),
    "mfa_download_recovery_codes": person("GET", touches=("mfa_authenticator",)),
    "mfa_list_webauthn": person("GET"),
    "mfa_add_webauthn": person(touches=("django_session",)),  # the challenge
    "mfa_reauthenticate_webauthn": person(),
    "mfa_remove_webauthn": person(),
    "mfa_edit_webauthn": person(),
    "mfa_login_webauthn": public("GET", "POST", touches=("accounts_cache",)),  # counts attempts
    "socialaccount_login_cancelled": public(),
    "socialaccount_login_error": public(),
    "socialaccount_signup": public("GET", "POST"),
    "socialaccount_connections": person(),
    "openid_connect_login": public("GET", "POST"),
    "openid_connect_callback": public(),
    "saml_login": public("GET", "POST"),
    "saml_acs": public("POST"),
    "saml_finish_acs": public(),
    "saml_sls": public(),
    "saml_metadata": public(),
    "account_login": public("GET", "POST"),
    "account_logout": public("GET", "POST"),
    "account_inactive": public(),
    "account_signup": public("GET", "POST"),
    "account_reauthenticate": person(),
    "account_email": person(),
    "account_email_verification_sent": public(),
    "account_confirm_email": public("GET", "POST"),
    "account_change_password": person(),
    "account_set_password": person(),
    "account_reset_password": public("GET", "POST"),
    "account_reset_password_done": public(),
    "account_reset_password_from_key": public("GET", "POST"),
    "account_reset_password_from_key_done": public(),
    "account_confirm_login_code": public("GET", "POST"),
}
