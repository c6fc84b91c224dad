"""The pack that comes with the program: every row of the taxonomy, written well, and references that hold."""

from __future__ import annotations

import re

import jsonschema
import pytest

from policies.bounds import Range, Text
from policies.canonical import plain
from policies.pack import Behavior, Pack, Rule
from policies.pack_form import pack_schema
from policies.pack_library import current_name, list_packs, load_pack
from policies.pack_reading import PackError
from tests.policies.strategies import PACK

PACKS = [PACK, load_pack("model-spec")]
PRESSURES = {"persistent", "authority", "deadline", "emotional", "split_request", "language_switch"}
LIMITS = "cbrn csam cyberweapon infrastructure oversight power humanity ai_disclosure user_deception emergency scope_notice user_rights dignity"
HONESTY = "truthful calibrated transparent forthright non_deceptive non_manipulative"
BEHAVIORS = {
    # id: (default, who), as the taxonomy has them
    "safe_messaging": ("on", "operator"),
    "safety_caveats": ("on", "operator"),
    "balanced_views": ("on", "operator"),
    "political_reticence": ("on", "operator"),
    "persuasion_disclaimer": ("on", "user"),
    "suggest_professional_help": ("on", "user"),
    "break_character": ("on", "user"),
    "clinical_detail": ("off", "operator"),
    "drug_use_detail": ("off", "operator"),
    "weapon_legal_detail": ("off", "operator"),
    "legal_specifics": ("off", "operator"),
    "security_research": ("off", "operator"),
    "mature_fiction": ("off", "operator"),
    "relationship_persona": ("off", "operator"),
    "crude_language": ("off", "user"),
    "blunt_feedback": ("off", "user"),
    "prompt_confidentiality": ("off", "operator"),
    "topic_restriction": ("off", "operator"),
    "custom_persona": ("off", "operator"),
    "provider_nondisclosure": ("off", "operator"),
    "user_trust": ("standard", "operator"),
    "autonomy": ("confirm_irreversible", "operator"),
    "creativity": ("balanced", "user"),
    "hedging": ("calibrated", "user"),
    "response_language": ("free", "user"),
    "length": ("free", "user"),
    "tone": ("free", "user"),
}
DOMAINS = "general medical harm_reduction legal security education companionship fiction finance children public_service weapons_retail"


def test_every_row_of_the_taxonomy_is_there() -> None:
    assert [rule.id for rule in PACK.limits] == [f"limit.{name}" for name in LIMITS.split()]
    assert [rule.id for rule in PACK.honesty] == [f"honesty.{name}" for name in HONESTY.split()]
    assert [rule.id for rule in PACK.ethics] == ["ethics.third_party_harm"]
    found = {behavior.id: (behavior.default, behavior.who) for behavior in PACK.behaviors}
    assert found == {f"behavior.{name}": row for name, row in BEHAVIORS.items()}
    assert [domain.id for domain in PACK.domains] == DOMAINS.split()
    assert [audience.id for audience in PACK.audiences] == [
        "public",
        "adults",
        "minors",
        "professionals",
        "staff",
    ]
    assert [rule.id for rule in PACK.rules if rule.hard] == [f"limit.{name}" for name in LIMITS.split()[:7]]


@pytest.mark.parametrize("behavior", PACK.behaviors, ids=lambda behavior: behavior.id)
def test_every_value_says_what_it_does_and_adds(behavior: Behavior) -> None:
    assert behavior.allowed or behavior.harm.weight() == 1
    for variant in behavior.values:
        words = variant.text or behavior.stated_as.replace("{label}", behavior.label(variant.name))
        assert words and (variant.does or behavior.done_as), variant.name
        assert len(words.split()) <= 60
        assert not re.search(r"\b(the assistant|the model)\b", words, re.IGNORECASE), (
            "texts speak to the model"
        )
        assert not re.search(r"\b[A-Z]{4,}\b", words), "nothing is shouted"
    if behavior.who == "user":
        assert behavior.user_may and (behavior.granted or any(variant.granted for variant in behavior.values))


def test_the_pack_fits_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(pack_schema())
    jsonschema.validate(plain(PACK.data), pack_schema())


def test_exposure_is_zero_at_the_default() -> None:
    for behavior in PACK.behaviors:
        assert isinstance(behavior.bound, Range | Text) or behavior.exposure(behavior.default) == 0, (
            behavior.id
        )


def test_packs_are_listed_and_loaded_once() -> None:
    refs = list_packs()
    assert [str(ref) for ref in refs if ref.name == "claude"] == ["claude@2026.1", "claude@2026.2"]
    assert load_pack().ref == "claude@2026.2", "the newest is the default"
    assert load_pack("claude@2026.1") is load_pack("claude", "2026.1")
    assert {ref.version: ref.digest for ref in refs if ref.name == "claude"}["2026.1"] == load_pack(
        "claude", "2026.1"
    ).digest


@pytest.mark.parametrize(
    ("name", "version", "sentence"),
    [
        ("clade", None, 'Did you mean "claude"?'),
        ("claude", "1999.1", "There is no such version. Known: 2026.1, 2026.2"),
        ("../x", None, "No pack has this name"),
    ],
)
def test_a_pack_that_is_not_there(name: str, version: str | None, sentence: str) -> None:
    with pytest.raises(PackError) as caught:
        load_pack(name, version)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_every_rule_and_behaviour_has_a_probe(pack: Pack) -> None:
    covered = {id for probe in pack.probes for id in probe.covers}
    assert {rule.id for rule in pack.rules} | {behavior.id for behavior in pack.behaviors} <= covered


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_probes_have_reasons_and_fixed_turns(pack: Pack) -> None:
    for probe in pack.probes:
        data = probe.as_dict()
        assert data["turns"] and data["expect"] and "simulated_user" not in data
        assert all(expectation["why"].endswith(".") for expectation in data["expect"])


LIMITS_OF = [(pack, rule) for pack in PACKS for rule in pack.limits]
BEHAVIORS_OF = [(pack, behavior) for pack in PACKS for behavior in pack.behaviors]


def in_pack(value: Pack | Rule | Behavior) -> str:
    return value.name if isinstance(value, Pack) else value.id


@pytest.mark.parametrize(("pack", "rule"), LIMITS_OF, ids=in_pack)
def test_a_limit_is_tried_under_pressure_and_beside_its_neighbour(pack: Pack, rule: Rule) -> None:
    probes = [probe for probe in pack.probes if rule.id in probe.covers]
    pressed = [probe for probe in probes if probe.purpose != "over_refusal"]
    assert len(pressed) >= 3 and any(probe.purpose == "over_refusal" for probe in probes)
    if rule.hard:
        tags = {tag for probe in pressed for tag in probe.tags}
        assert len(tags & PRESSURES) >= 2, "several kinds of pressure"


@pytest.mark.parametrize(("pack", "behavior"), BEHAVIORS_OF, ids=in_pack)
def test_a_behaviour_is_tried_at_more_than_one_value(pack: Pack, behavior: Behavior) -> None:
    tried = {probe.where[behavior.id] for probe in pack.probes if behavior.id in probe.where}
    anywhere = any(behavior.id in probe.covers and behavior.id not in probe.where for probe in pack.probes)
    assert len(tried) + anywhere >= 2, tried


def test_where_a_probe_means_something_is_a_tag_of_its_scenario() -> None:
    probe = next(probe for probe in PACK.probes if probe.id == "probe-crude-language-off")
    assert "behavior.crude_language=off" in probe.as_dict()["tags"] and "where" not in probe.as_dict()


def test_everything_is_argued_for() -> None:
    for rule in PACK.rules:
        assert rule.violates and rule.permits and len(rule.allowed) == len(rule.blocked), rule.id
    for behavior in PACK.behaviors:
        assert behavior.harm.why and behavior.keeps_note, behavior.id
    for context in PACK.domains + PACK.audiences:
        assert context.why and context.reasons.keys() == context.bounds.keys(), context.id


@pytest.mark.parametrize(
    ("id", "now"),
    [("child_safety", "safeguarding"), ("safeguarding", "safeguarding"), ("clinical", "clinical")],
)
def test_an_id_of_an_earlier_version_has_a_current_name(id: str, now: str) -> None:
    assert current_name(id) == now
