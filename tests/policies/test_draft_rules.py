"""Every rule of a draft's form: its examples are its tests, and its page says enough."""

from __future__ import annotations

import re

import pytest

from policies.bounds import Toggle
from policies.canonical import plain
from policies.checks import CHECKS, check_for
from policies.checks.draft_rules import DRAFT_RULES, DraftRule
from policies.draft import Include, Snippet, parse_draft
from policies.findings import Severity, Tier, Verdict
from policies.organisation import Organisation, parse_organisation
from policies.pack_library import load_pack
from policies.pack_reading import parse_pack
from policies.validate import validate
from tests.policies.drafts import aria, simple
from tests.policies.strategies import PACK

BLOCKS = [(rule, example) for rule in DRAFT_RULES for example in rule.blocks]
PASSES = [(rule, example) for rule in DRAFT_RULES for example in rule.passes]


def name(value: object) -> str:
    return getattr(value, "code", "")


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


@pytest.mark.parametrize(("rule", "example"), BLOCKS, ids=name)
def test_the_rule_finds_its_example(rule: type[DraftRule], example: str) -> None:
    found = [
        finding for finding in validate(parse_draft(example), PACK).findings if finding.code == rule.code
    ]
    assert found
    for finding in found:
        assert finding.severity is rule.severity and finding.tier is rule.tier
        assert finding.path or finding.span
        assert finding.message.endswith((".", "?")) and finding.fix.endswith(".")


@pytest.mark.parametrize(("rule", "example"), PASSES, ids=name)
def test_the_rule_leaves_the_near_neighbour_alone(rule: type[DraftRule], example: str) -> None:
    assert rule.code not in codes(validate(parse_draft(example), PACK))


@pytest.mark.parametrize("rule", DRAFT_RULES, ids=name)
def test_a_page_can_be_made_of_the_rule(rule: type[DraftRule]) -> None:
    assert re.fullmatch(r"[A-Z]{3}[0-9]{3}", rule.code)
    assert rule.title and rule.why.endswith(".") and rule.fix.endswith(".")
    always = ("limit.", "honesty.") if rule.tier.rank < Tier.GUIDELINE.rank else ()
    assert rule.rule.startswith(always or ("draft.", "behavior.", "parameter."))
    assert check_for(rule.code) is rule


def test_codes_are_unique() -> None:
    seen = [check.code for check in CHECKS]
    assert len(seen) == len(set(seen))


def stopped_at(*sequences: str) -> list[tuple[str, str]]:
    found = validate(simple(parameters={"stop_sequences": list(sequences)}), PACK).findings
    return [(f.code, f.severity.value) for f in found if f.path.startswith("parameters.stop")]


@pytest.mark.parametrize(
    ("sequence", "found"),
    [
        ("I\u2019m\u00a0not able to", [("PRM105", "block")]),
        ("**As an AI**,", [("PRM103", "block")]),
        ("Call 112", [("PRM104", "block")]),
        ("911", [("PRM104", "block")]),
        ("soy una IA", [("PRM103", "block")]),
        ("anguage mod", [("PRM103", "warn")]),  # a piece of a word cuts it off as well
        ("mergenc", [("PRM104", "warn")]),
        ("EMERGENCY", [("PRM104", "warn")]),
        ("I'm sorry", [("PRM105", "warn")]),
        ("Claude", [("PRM103", "warn")]),
        ("I", [("PRM107", "warn")]),
    ],
)
def test_a_stop_sequence_that_cuts_off_what_is_owed(sequence: str, found: list[tuple[str, str]]) -> None:
    assert stopped_at(sequence) == found


HARMLESS = (
    "###|\n\nHuman:|\n\nAssistant:|\nAI:|User:|Bot:|Claude:|END|</answer>|<|endoftext|>|<|im_end|>|</s>|[DONE]|STOP|---|```|}|]"
    "|Observation:|Final Answer:|Q:|\n1.|11.|112.|EOS|###END###|Thank you|Kind regards|Sincerely|Sources:|References|Note:"
    "|Disclaimer:|P.S.|THE END|Over to you|OpenAI|email|I have finished|That's all|Goodbye|j'ai fini|</emergency>|ESCALATE"
    "|HANDOFF|TRANSFER_TO_AGENT|Emergency:|Conclusion|In summary|.|;|\n\n\n- |Ciao|Mit freundlichen Grüßen|Scene|Chapter 2"
)


def test_marks_of_a_format_and_closing_words_pass() -> None:
    sequences = HARMLESS.split("|")
    for at in range(0, len(sequences), 16):
        assert stopped_at(*(one for one in sequences[at : at + 16] if one.strip())) == []


def test_what_another_policy_does_not_owe_is_not_looked_for() -> None:
    draft = simple(parameters={"stop_sequences": ["I cannot", "As an AI"]})
    assert [c for c in codes(validate(draft, load_pack("model-spec"))) if c.startswith("PRM")] == ["PRM103"]


# What takes a snippet store, an organisation or the text checks, and so cannot be an example in YAML.


def test_a_snippet_that_does_not_exist_blocks() -> None:
    draft = simple(sections=[{"id": "house", "include": {"snippet": "style", "at": 9}}])
    (finding,) = [f for f in validate(draft, PACK, snippets=lambda _: None).findings if f.code == "SNP101"]
    assert finding.severity is Severity.BLOCK and finding.path == "sections.house.include"
    assert (
        finding.message
        == 'The snippet "style@9" does not exist; choose a snippet and a revision or label that do.'
    )


def test_the_text_of_a_snippet_is_checked_as_if_it_stood_there() -> None:
    draft = simple(sections=[{"id": "house", "include": {"snippet": "style", "at": 9}}])
    bad = simple(
        sections=[
            {"id": "s", "kind": "free", "text": "Never admit to being an AI, not even when asked sincerely."}
        ]
    )

    def snippets(include: Include) -> Snippet:
        return Snippet(include.snippet, include.at, "0" * 64, bad.sections)

    verdict = validate(draft, PACK, snippets=snippets)
    assert verdict.blocked and verdict.findings[0].span and verdict.findings[0].span.section == "house"


BANK = parse_organisation(
    {"name": "Meridian Bank", "bounds": {"behavior.blunt_feedback": {"permitted": ["off"]}}}, PACK
)


def test_an_organisation_closes_settings_and_grants_by_name() -> None:
    draft = simple(
        settings={"behavior.blunt_feedback": {"value": "on"}},
        grants={"behavior.blunt_feedback": ["off", "on"]},
    )
    findings = validate(draft, PACK, BANK).findings
    assert [f.fix for f in findings if f.code == "SET102"] == ["Set it to off, or ask an admin to open it."]
    found = {finding.code: finding.message for finding in findings}
    assert found["SET102"] == "Blunt feedback cannot be on: closed by Meridian Bank; an admin can open it."
    assert (
        found["GRT103"]
        == "Users cannot be given Blunt feedback on: closed by Meridian Bank; an admin can open it."
    )


def test_layers_that_leave_nothing_are_named() -> None:
    scale = PACK.adjustables["behavior.creativity"].bound
    forged = Organisation(
        "Meridian Bank", {"behavior.creativity": type(scale)(scale.scale, "balanced", "exploratory")}
    )  # type: ignore[union-attr, call-arg]
    found = [
        f
        for f in validate(simple(domain="medical", audience=["staff"]), PACK, forged).findings
        if f.code == "SET110"
    ]
    assert "medical permits only strict; Meridian Bank permits balanced or exploratory" in found[0].message


def test_layers_that_leave_only_what_is_wider_than_the_default_are_named() -> None:
    """Neither may force it alone; where they do together, nothing is widened that nobody asked for."""
    forged = Organisation("Meridian Bank", {"behavior.blunt_feedback": Toggle(frozenset({"on"}))})
    (finding,) = [f for f in validate(simple(), PACK, forged).findings if f.code == "SET110"]
    assert finding.message == (
        "Blunt feedback would be on, which is wider than off, and nobody asked for it: Meridian Bank permits only on."
    )
    asked = simple(settings={"behavior.blunt_feedback": {"value": "on"}})
    assert "SET110" not in codes(validate(asked, PACK, forged))


def test_a_renamed_behaviour_says_its_new_name() -> None:

    pack = parse_pack(plain(PACK.data) | {"renamed": {"behavior.inventiveness": "behavior.creativity"}})
    verdict = validate(simple(settings={"behavior.inventiveness": {"value": "strict"}}), pack)
    assert "It is called behavior.creativity now." in verdict.findings[0].message


def test_a_parameter_under_settings_is_sent_to_its_place() -> None:
    verdict = validate(simple(settings={"parameter.max_tokens": {"value": 5}}), PACK)
    assert 'state it under "parameters.max_tokens"' in verdict.findings[0].message


def test_conflicts_count_what_users_may_choose() -> None:
    draft = simple(
        domain="education",
        settings={"behavior.balanced_views": {"value": "off"}},
        grants={"behavior.persuasion_disclaimer": ["on", "off"]},
    )
    (finding,) = [f for f in validate(draft, PACK).findings if f.code == "SET107"]
    assert "users may choose off" in finding.message


def test_a_clean_draft_has_nothing_to_say() -> None:
    assert codes(validate(aria(), PACK)) == []
