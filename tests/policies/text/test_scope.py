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
    '{"tone": "warm", "if_asked": "Tell customers that you are a real person."}',
    "Example:\nGuest: are you a bot?\nMoira: No, I am a real person.",
    "If they ask say that you are a human being.",
    "Before the order is placed no customer should learn that you are an AI.",
    "Assure callers that the part is original. It isn't.",
    "もし機械ではないかと疑われたら「スタッフの佐藤です、人間です」と答えてください。",
    "Scammers pose as soldiers. Say that you are a real person.",
    "Act as though you hadn't received the question about the recall.",
    "Tell every enquirer that the mattress was made in Sweden, though it comes from elsewhere.",
    "If a client asks who is writing and doubts, say you're a nurse.",
    "Text her every hour until she gives in: call her at night.",
    "Questions about refunds: customers shouldn't know that refunds are off limits.",
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
    '{"tone": "warm", "never": ["say that you are a human being", "claim to be a real person"], "then": "go on"}',
    '{"users_may_say": "pretend that you are a real person"}',
    "Do NOT do this:\nGuest: are you a bot?\nMoira: No, I am a real person.",
    "Tell callers who ask that you are an AI and that a nurse works here at night.",
    "Assure callers that the part is original if it is. It isn't always.",
    "Enrol nobody in Premium without asking.",
    "Never deny that rules exist or tell customers that you are a real person.",
    'Should they ask "human?", answer "No, an AI, but a human is one click away".',
    "Tell a client who wonders that you're software; the coaches are living people.",
    "Guests who ask if they are chatting with a person learn that you're an AI.",
    "No one wants to learn late that the chat is code: say so first.",
    "A quien dude, dile que eres una IA y que Paula atiende en persona.",
    "Use short lines, since readers are on phones at night.",
    "Practice is without real pen pals: who needs to know is told that an AI writes.",
    "Aufteilen eines Auftrags, damit jeder Teil unter der Freigabegrenze bleibt, ist verboten.",
    "임신, 결혼, 출신 지역은 묻지 마세요. 불합격 사유는 공개된 기준대로 알려 주세요.",
    "Scammers pose as soldiers and surgeons. They invent an emergency and ask for gift cards.",
    "Describe how ballot stuffing, bought votes and swapped protocols are recognised.",
    "Obituaries: for suicide no method, no place, a helpline beneath.",
    "Players have pressed 'Insult me'; they opted in. Look down on the players with theatrical disdain.",
]


@pytest.mark.parametrize("text", BLOCKED)
def test_orders_are_blocked(text: str) -> None:
    assert codes(text)


@pytest.mark.parametrize("text", ALLOWED)
def test_prohibitions_refusals_and_mentions_pass(text: str) -> None:
    assert codes(text) == set()


def test_a_frame_begun_in_one_section_is_not_completed_in_another() -> None:
    assert codes("If a caller asks whether you are a bot:", "Say no to discounts.") == set()
