"""Keys in prompts: the examples of the documentation hold, no secret enters a finding, and a text is read in a moment."""

from __future__ import annotations

import time

import pytest

from policies.checks.secrets import CHECKS
from policies.findings import Severity
from policies.secrets import KINDS, find_secrets, redact
from tests.policies.text.lexicons import scanned

BODY = "Zt2LmWc7RxVb4NyKd9Hs1PfGjQe6UaTz8qLw3Xn5Bv7Mc"
PLANTED = {
    "Anthropic API key": f"sk-ant-api03-{BODY}",
    "OpenAI API key": f"sk-proj-{BODY}",
    "Remit token": f"remit_{BODY}",
    "AWS access key": "AKIAQ7XW2MZL5RTV3KJH",
    "AWS session key": "ASIAQ7XW2MZL5RTV3KJH",
    "GitHub token": f"ghp_{BODY[:36]}",
    "GitLab token": f"glpat-{BODY[:20]}",
    "Slack token": f"xoxb-7401-{BODY}",
    "Slack webhook": f"https://hooks.slack.com/services/T0Q7XW2MZ/B5RTV3KJH/{BODY[:24]}",
    "Google API key": f"AIza{BODY[:35]}",
    "Stripe key": f"sk_live_{BODY[:24]}",
    "SendGrid key": f"SG.{BODY[:22]}.{BODY[:43]}",
    "npm token": f"npm_{BODY[:36]}",
    "Hugging Face token": "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",
    "private key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}\n-----END OPENSSH PRIVATE KEY-----",
    "JSON web token": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3MzQ5MTcyMDUifQ.{BODY}",
    "password in an address": "postgres://reader:hunter2hunter2@db/orders",
    "password or key": f'api_key = "{BODY[:24]}"',
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_the_examples_of_the_documentation_hold(check):
    for text in check.blocks:
        assert [f.code for f in scanned(text).findings if f.code.startswith("SEC")] == [check.code], text
    for text in check.passes:
        assert not [f for f in scanned(text).findings if f.code.startswith("SEC")], text
    assert check.why and check.fix and check.title


@pytest.mark.parametrize("kind", sorted({kind.name for kind in KINDS}))
def test_every_kind_is_found_and_its_secret_is_in_no_finding(kind):
    text = f"Use {PLANTED[kind]} for it."
    assert [secret.kind.name for secret in find_secrets(text)] == [kind]
    (finding,) = [f for f in scanned(text).findings if f.code.startswith("SEC")]
    assert text[finding.span.start : finding.span.end] == finding.quote
    assert BODY[:12] not in str(finding) and "hunter2" not in str(finding)
    blacked = redact(text)
    assert BODY[:12] not in blacked and "hunter2" not in blacked and "removed]" in blacked
    assert (finding.severity is Severity.BLOCK) == (finding.code == "SEC101")


def test_it_is_linear_and_quick():
    hostile = (
        "password password: token=" * 8_000
        + "-----BEGIN PRIVATE KEY-----" * 1_000
        + "://a:" * 10_000
        + "eyJ" * 9_000
    )
    begun = time.thread_time()
    list(find_secrets(hostile))
    assert time.thread_time() - begun < 2


def test_half_a_character_hides_no_key_and_is_no_fault() -> None:
    assert redact(f"\ud800 api_key = {BODY[:24]}") == "\ud800 api_key = [password or key removed]"
