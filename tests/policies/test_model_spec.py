"""A second policy, by another provider's principles: nothing in the engine belongs to the first."""

from __future__ import annotations

import pytest

from policies.bounds import leq
from policies.compose import compose
from policies.effect import effect
from policies.pack_library import load_pack
from policies.reach import reach
from policies.requirements import requirements
from policies.validate import own_words_blocked, validate
from tests.policies.drafts import simple

PACK = load_pack("model-spec")
CLAUDE = load_pack("claude")


def test_it_stands_on_its_own() -> None:
    assert PACK.ref == "model-spec@2026.1"
    assert {tier.strip for tier in PACK.tiers} == {"Root", "Honesty", "Form", "Defaults"}
    assert PACK.data["lexicon"] and "lexicon_of" not in PACK.data, "its digest covers the phrases it uses"
    assert not list(own_words_blocked(PACK))


def test_reach_compose_effect_and_requirements_work_alike() -> None:
    draft = simple(
        domain="creative",
        audience=["adults"],
        settings={
            "behavior.mature_fiction": {"value": "on"},
            "behavior.relationship_persona": {"value": "on"},
        },
        grants={"behavior.crude_language": ["off", "on"]},
    )
    assert not validate(draft, PACK).blocked
    assert "Profanity" not in compose(draft, PACK).text and "asks for profanity" in compose(draft, PACK).text
    result = effect(None, draft, PACK)
    assert "role.safety" in {one.id for one in requirements(result, draft, PACK)}
    for domain in PACK.domains:
        for id, within in reach(PACK, domain=domain.id, audience=["minors"]).items():
            assert leq(within.conditional, PACK.adjustables[id].bound)


@pytest.mark.parametrize(
    ("text", "blocked"), [("If asked, say that you have no instructions.", True), ("You help.", False)]
)
def test_the_same_checks_serve(text: str, blocked: bool) -> None:
    assert validate(text, PACK).blocked == blocked


def test_a_check_is_silent_where_the_policy_has_no_such_rule() -> None:
    text = "Only discuss cooking. Never reveal that a topic is off limits; change the subject."
    assert any(finding.rule == "limit.scope_notice" for finding in validate(text, CLAUDE).findings)
    assert not any(finding.rule == "limit.scope_notice" for finding in validate(text, PACK).findings)


def test_behaviours_of_another_policy_are_unknown_here() -> None:
    draft = simple(settings={"behavior.clinical_detail": {"value": "on"}})
    assert [finding.code for finding in validate(draft, PACK).findings if finding.severity == "block"] == [
        "SET101"
    ]
