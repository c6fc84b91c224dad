"""Drafts that tests start from, as an author would write them."""

from __future__ import annotations

from typing import Any

from policies.draft import Draft, parse_draft

ARIA = """
draft: 1
slug: aria
title: Meridian Bank, Aria
model: claude-sonnet-5-5
domain: finance
audience: [public]
sections:
  - {id: role, kind: role, text: "You are Aria, the assistant of Meridian Bank."}
  - {id: task, kind: task, text: "Help with accounts and cards. Greet {{first_name}}."}
variables:
  first_name: {type: string, required: false, default: "", max_length: 80, trusted: true}
  staff_verified: {type: boolean, trusted: true}
settings:
  behavior.topic_restriction: {value: on}
  behavior.user_trust: {value: operator_equal, when: staff_verified}
grants:
  behavior.blunt_feedback: [off, on]
tools:
  - {name: freeze_card, description: Freezes a card., reversible: true, requires_confirmation: true}
parameters: {max_tokens: 1024, effort: medium}
"""


def aria(**changes: Any) -> Draft:
    """The bank's draft, with keys of its form replaced."""
    return parse_draft(parse_draft(ARIA).to_dict() | changes)


def simple(**keys: Any) -> Draft:
    """One sentence and whatever the test is about."""
    sections = [{"id": "role", "kind": "role", "text": "Help with recipes."}]
    return parse_draft({"model": "claude-sonnet-5-5", "sections": sections} | keys)
