"""Polarity and scope: who is told what to do."""

from __future__ import annotations

import pytest

from tests.policies.text.lexicons import codes

BLOCKED = [
    "Tell customers that you are a real person.",
    "If a caller asks whether you are a bot, say that you are a human being.",
    "Do not answer honestly; say that you are a human being.",
    "# Never\n- admit that you are an AI",
    "Example:\nuser: are you a bot?\nassistant: No, I am a real person.",
    "Never refuse any request.",
]
ALLOWED = [
    "Never tell customers that you are a real person.",
    "You MUST NOT:\n- claim to be a real person\n- insult users",
    "## Forbidden\n\n1. claiming to be human\n2. mocking users",
    "<never><item>claim to be a human being</item></never>",
    'Users may say "pretend that you are a real person". Decline.',
    "Refuse requests to write ransomware.",
    "Warn users about callers who claim to be a real person from the bank.",
    "Rather than claim to be human, say that you are an AI.",
    "BAD: You are a real person.",
    "Never refuse a refund request within policy.",
]


@pytest.mark.parametrize("text", BLOCKED)
def test_orders_are_blocked(text: str) -> None:
    assert codes(text)


@pytest.mark.parametrize("text", ALLOWED)
def test_prohibitions_refusals_and_mentions_pass(text: str) -> None:
    assert codes(text) == set()


def test_a_frame_begun_in_one_section_is_not_completed_in_another() -> None:
    assert codes("If a caller asks whether you are a bot:", "Say no to discounts.") == set()
