"""People, as they come in: an invitation, a second factor by passkey and by app, sessions, and who decides shows it again."""

from __future__ import annotations

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from console.accounts.models import Workspace
from console.reviews.models import Decision
from tests.factories import PASSWORD, make_member, make_review, make_workspace


def add_passkey_device(page: Page) -> None:
    """A finger on a reader, as far as the browser knows."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )


def number_of(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def at_localhost(live_site) -> str:
    """Browsers allow passkeys on https and on localhost."""
    return live_site.url.replace("127.0.0.1", "localhost")


def test_somebody_is_invited_sets_up_a_second_factor_and_decides_with_it(
    new_page, sign_in, live_site, shoot, assert_accessible
) -> None:
    workspace = make_workspace("meridian")
    author = make_member(workspace, "author", "admin", name="hanna osei")
    review = make_review(author)

    # The admin makes a link.
    admins = new_page()
    sign_in(admins, author.user)
    admins.goto("/w/meridian/members/")
    form = admins.locator("form[action$='/invite']")
    form.get_by_label("Reviewer").check()
    form.get_by_role("button", name="Make the link").click()
    link = admins.locator("#link").inner_text()
    shoot(admins, "members")
    assert_accessible(admins)

    # Somebody opens it on a phone, and is in.
    maras = new_page(width=390, base_url=at_localhost(live_site))
    add_passkey_device(maras)
    maras.goto(re.sub(r"^https?://[^/]+", "", link))
    shoot(maras, "invitation")
    assert_accessible(maras)
    maras.get_by_label("Name").fill("Mara Klein")
    maras.get_by_label("Login").fill("mara")
    maras.get_by_label("Password").fill(PASSWORD)
    maras.get_by_label("The same again").fill(PASSWORD)
    maras.get_by_role("button", name="Make the account and join").click()
    expect(maras).to_have_url(re.compile("/w/meridian/$"))

    # The workspace asks for a second factor; she adds a passkey, and an app.
    Workspace.objects.filter(pk=workspace.pk).update(requires_mfa=True)
    maras.goto("/w/meridian/")
    expect(maras.get_by_text("asks for a second factor")).to_be_visible()
    shoot(maras, "second-factor")
    assert_accessible(maras)
    maras.get_by_role("link", name="Add one").click()
    expect(maras.get_by_role("heading", name="Your password again")).to_be_visible()
    maras.get_by_label("Password").fill(PASSWORD)
    maras.get_by_role("button", name="Go on").click()
    maras.get_by_label(re.compile("without a password")).check()
    shoot(maras, "passkey-add")
    assert_accessible(maras)
    maras.get_by_role("button", name="Add it").click()
    expect(maras.get_by_role("heading", name="Recovery codes")).to_be_visible()
    shoot(maras, "recovery-codes")
    assert_accessible(maras)
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    maras.goto("/accounts/2fa/totp/activate/")
    secret = maras.locator("#totp-secret").inner_text()
    shoot(maras, "authenticator-app")
    assert_accessible(maras)
    maras.get_by_label("Authenticator code").fill(number_of(secret))
    maras.get_by_role("button", name="Turn it on").click()
    expect(maras.get_by_text("Take it away")).to_be_visible()

    # Account and sessions.
    maras.goto("/account/")
    shoot(maras, "account")
    assert_accessible(maras)
    maras.goto("/accounts/sessions/")
    shoot(maras, "sessions")
    assert_accessible(maras)

    # She logs in with the passkey alone, which is a factor shown a moment ago: she approves.
    maras.context.clear_cookies()
    maras.goto(f"/accounts/login/?next=/w/meridian/reviews/{review.number}/")
    expect(maras.get_by_role("button", name="Use a passkey")).to_be_visible()
    assert_accessible(maras)
    maras.get_by_role("button", name="Use a passkey").click()
    expect(maras).to_have_url(re.compile(rf"/reviews/{review.number}/$"))

    # By password the number is asked for; the login is old when she approves, so it is asked for again.
    laptop = new_page(color_scheme="dark", base_url=at_localhost(live_site))
    laptop.goto(f"/accounts/login/?next=/w/meridian/reviews/{review.number}/")
    laptop.get_by_label("Login").fill("mara")
    laptop.get_by_label("Password").fill(PASSWORD)
    laptop.get_by_role("button", name="Log in", exact=True).click()
    expect(laptop.get_by_role("heading", name="Second factor")).to_be_visible()
    shoot(laptop, "second-factor-login")
    assert_accessible(laptop)
    laptop.get_by_label("Code").fill(recovery_code("mara"))
    laptop.get_by_role("button", name="Go on").click()
    expect(laptop).to_have_url(re.compile(rf"/reviews/{review.number}/$"))
    forget_factors("mara")
    laptop.locator("textarea[name=reason]").fill("Read it all.")
    laptop.get_by_role("button", name=re.compile("^Approve")).click()
    expect(laptop.get_by_role("heading", name="Your second factor again")).to_be_visible()
    shoot(laptop, "second-factor-again")
    assert_accessible(laptop)
    laptop.get_by_label("Code").fill(recovery_code("mara"))
    laptop.get_by_role("button", name="Go on").click()
    expect(laptop.get_by_text("You approved it.")).to_be_visible()
    assert Decision.objects.get().reason == "Read it all."


def recovery_code(name: str) -> str:
    kept = Authenticator.objects.get(user__username=name, type="recovery_codes")
    code: str = kept.wrap().get_unused_codes()[0]
    return code


def forget_factors(name: str) -> None:
    """As if the log-ins of all sessions were an hour ago."""
    from importlib import import_module

    from allauth.usersessions.models import UserSession
    from django.conf import settings

    store = import_module(settings.SESSION_ENGINE).SessionStore
    for each in UserSession.objects.filter(user__username=name):
        session = store(each.session_key)
        for shown in session.get("account_authentication_methods", []):
            shown["at"] -= 3600
        session["account_authentication_methods"] = session.get("account_authentication_methods", [])
        session.save()
