"""Components with the policy engine's real values."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.template.loader import render_to_string

import policies
from policies.findings import Finding, Severity, Span, Tier

PACK = policies.load_pack()


def setting(id: str, value: str | None = None, **draft: Any) -> policies.EffectiveSetting:
    form = {
        "draft": 1,
        "slug": "x",
        "title": "X",
        "model": "m",
        "domain": "finance",
        "audience": ["public"],
        "sections": [{"id": "role", "kind": "role", "text": "You are Aria."}],
        "settings": {id: {"value": value}} if value else {},
    }
    return policies.resolve(policies.parse_draft(form | draft), PACK)[id]


def bound(setting: policies.EffectiveSetting) -> str:
    return render_to_string("components/_bound.html", {"setting": setting})


@pytest.mark.parametrize("behavior", [*PACK.behaviors, *PACK.parameters], ids=lambda behavior: behavior.id)
def test_every_setting_of_the_pack_has_a_control(behavior: Any) -> None:
    text = bound(setting(behavior.id))
    assert html.escape(behavior.title) in text
    assert f'name="{behavior.id}"' in text


def test_a_value_that_fell_out_of_bounds_is_shown_and_still_submitted() -> None:
    text = bound(setting("behavior.creativity", "exploratory"))
    assert 'data-severity="block"' in text
    assert '<input type="hidden" name="behavior.creativity" value="exploratory">' in text
    assert re.search(r'value="exploratory" checked disabled>', text)


def test_a_value_within_bounds_is_submitted_once() -> None:
    assert 'type="hidden"' not in bound(setting("behavior.creativity", "strict"))


def test_a_closed_value_says_who_closed_it() -> None:
    text = bound(setting("behavior.clinical_detail"))
    assert "Closed by the policy for finance" in text
    assert "#lock" in text


def test_a_condition_is_offered_where_there_are_variables() -> None:
    text = render_to_string(
        "components/_bound.html",
        {"setting": setting("behavior.user_trust"), "conditions": ["staff_verified"]},
    )
    assert 'name="behavior.user_trust.when"' in text
    assert "staff_verified" in text


def test_an_effect_tells_which_way() -> None:
    old = policies.draft_from_text("You are Aria.")
    new = policies.parse_draft(old.to_dict() | {"settings": {"behavior.blunt_feedback": {"value": "on"}}})
    changes = policies.effect(old, new, PACK).changes
    text = "".join(render_to_string("components/_effect.html", {"change": change}) for change in changes)
    assert 'data-way="wider"' in text
    assert "risk +" in text


def test_what_a_person_wrote_is_text_in_a_finding() -> None:
    quote = "<img src=x onerror=alert(1)>"
    finding = Finding(
        "DEC104", "limit.user_deception", Severity.BLOCK, Tier.LIMIT, "Says so.", Span("role", 0, 28), quote
    )
    text = render_to_string("components/_finding.html", {"finding": finding, "anchor": "f-1", "check": None})
    assert "<img" not in text
    assert "&lt;img" in text
    assert 'id="f-1"' in text
    assert "blocks" in text
