"""How far an operator may go: layers only narrow, and whoever closed something is named."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.bounds import Range, Text, contains, leq, meet
from policies.organisation import Organisation, parse_organisation
from policies.pack import Pack
from policies.pack_library import load_pack
from policies.reach import Layer, reach
from tests.policies.strategies import PACK, audiences, domains, organisations


@given(domains, audiences, organisations())
def test_no_context_and_no_organisation_goes_beyond_the_policy(
    domain: str, audience: tuple[str, ...], organisation: Organisation
) -> None:
    for id, within in reach(PACK, domain=domain, audience=audience, organisation=organisation).items():
        policy = PACK.adjustables[id].bound
        assert leq(within.permitted, within.conditional) and leq(within.conditional, policy)


@given(domains, audiences, organisations(), organisations())
def test_narrowing_the_organisation_never_widens(
    domain: str, audience: tuple[str, ...], wide: Organisation, more: Organisation
) -> None:
    both = {id: meet(bound, wide.bounds.get(id, bound)) for id, bound in more.bounds.items()}
    narrow = Organisation("Meridian Bank", {**wide.bounds, **both})
    before = reach(PACK, domain=domain, audience=audience, organisation=wide)
    after = reach(PACK, domain=domain, audience=audience, organisation=narrow)
    for id in before:
        assert leq(after[id].permitted, before[id].permitted)
        assert leq(after[id].conditional, before[id].conditional)


@given(domains, audiences, st.sampled_from([audience.id for audience in PACK.audiences]))
def test_another_audience_never_widens(domain: str, audience: tuple[str, ...], added: str) -> None:
    if not audience:
        audience = ("public",)
    before = reach(PACK, domain=domain, audience=audience)
    after = reach(PACK, domain=domain, audience=(*audience, added))
    for id in before:
        assert leq(after[id].permitted, before[id].permitted)
        assert leq(after[id].conditional, before[id].conditional)


@given(domains, audiences, organisations())
def test_every_closed_value_names_the_first_layer_that_closed_it(
    domain: str, audience: tuple[str, ...], organisation: Organisation
) -> None:
    for id, within in reach(PACK, domain=domain, audience=audience, organisation=organisation).items():
        for name in PACK.adjustables[id].names:
            closure = within.closure(name)
            assert (closure is None) == contains(within.conditional, name)
            if closure is None:
                continue
            assert closure.why.startswith("Closed by ") and closure.opens
            steps = [step for step in within.steps if name in step.closed]
            assert [(step.layer, step.name) for step in steps] == [(closure.layer, closure.name)]
            assert not contains(steps[0].bound, name)


@given(domains, audiences, organisations())
def test_the_trace_leads_from_the_policy_to_what_is_left(
    domain: str, audience: tuple[str, ...], organisation: Organisation
) -> None:
    for within in reach(PACK, domain=domain, audience=audience, organisation=organisation).values():
        assert within.steps[0].layer is Layer.POLICY
        result = within.policy
        for step in within.steps[1:]:
            result = meet(result, step.bound)
            assert step.result == result
            assert step.sentence.endswith(".")
        assert result == within.conditional


def test_an_unknown_domain_or_audience_opens_nothing_that_a_known_one_closes() -> None:
    for domain in PACK.domains:
        known = reach(PACK, domain=domain.id)
        unknown = reach(PACK, domain="nowhere")
        assert all(leq(unknown[id].conditional, known[id].conditional) for id in known)
    for audience in PACK.audiences:
        known = reach(PACK, audience=[audience.id])
        unknown = reach(PACK, audience=["martians"])
        assert all(leq(unknown[id].conditional, known[id].conditional) for id in known)


def closed(id: str, value: str, domain: str, *audience: str, organisation: Organisation | None = None) -> str:
    within = reach(PACK, domain=domain, audience=audience, organisation=organisation)[id]
    closure = within.closure(value)
    return f"{closure.why} · {closure.opens}" if closure else "open"


BANK = parse_organisation(
    {
        "name": "Meridian Bank",
        "bounds": {
            "behavior.clinical_detail": {"permitted": ["off"]},
            "behavior.blunt_feedback": {"permitted": ["off"]},
            "parameter.max_tokens": {"lowest": 256, "highest": 2048},
            "parameter.model": {"max_length": 60, "patterns": ["claude-sonnet.*"]},
        },
        "since": {"behavior.blunt_feedback": "2026-03-04"},
    },
    PACK,
)


@pytest.mark.parametrize(
    ("id", "value", "domain", "audience", "sentence"),
    [
        ("behavior.creativity", "exploratory", "finance", "public", "Closed by the policy for finance · open in general, education, companionship or fiction"),
        ("behavior.creativity", "exploratory", "fiction", "public", "open"),
        ("behavior.clinical_detail", "on", "general", "public", "Closed by the policy for general · open in medical, harm reduction or education for professionals or staff with a clinical reviewer"),
        ("behavior.clinical_detail", "on", "education", "public", "Closed by the policy for the audience public · open for professionals or staff with a clinical reviewer"),
        ("behavior.clinical_detail", "on", "medical", "public", "open"),
        ("behavior.clinical_detail", "on", "medical", "minors", "Closed by the policy for the audience minors · open for professionals or staff with a clinical reviewer"),
        ("behavior.clinical_detail", "on", "medical", "professionals", "open"),
        ("behavior.mature_fiction", "on", "fiction", "adults", "open"),
        ("behavior.mature_fiction", "on", "fiction", "minors", "Closed by the policy for the audience minors · open for adults, professionals or staff"),
        ("behavior.crude_language", "on", "children", "minors", "Closed by the policy for children · open in general, harm reduction, security and 3 more for public, adults, professionals or staff"),
        ("behavior.safe_messaging", "off", "medical", "staff", "open"),
        ("behavior.drug_use_detail", "on", "harm_reduction", "public", "open"),
        ("behavior.user_trust", "operator_equal", "children", "minors", "Closed by the policy for children · open in general, medical, harm reduction and 8 more for professionals or staff"),
    ],
)  # fmt: skip
def test_what_is_open_where(id: str, value: str, domain: str, audience: str, sentence: str) -> None:
    assert closed(id, value, domain, audience) == sentence


def test_what_is_open_for_some_only_needs_a_condition() -> None:
    """A service for everybody may know who is a clinician; the audience alone opens nothing."""
    within = reach(PACK, domain="medical", audience=["public"])["behavior.clinical_detail"]
    assert contains(within.conditional, "on") and not contains(within.permitted, "on")
    assert within.reviews["on"] == "clinical"


def test_an_organisation_is_named_with_its_day() -> None:
    why = closed("behavior.blunt_feedback", "on", "finance", "public", organisation=BANK)
    assert why == "Closed by Meridian Bank on 2026-03-04 · an admin can open it"
    both = closed("behavior.clinical_detail", "on", "finance", "public", organisation=BANK)
    assert both.endswith("with a clinical reviewer; Meridian Bank closes it too")


def test_ranges_and_texts_are_narrowed_too() -> None:
    within = reach(PACK, domain="finance", organisation=BANK)
    assert within["parameter.max_tokens"].permitted == Range(256, 2048)
    assert [closure.value for closure in within["parameter.max_tokens"].closures] == [
        "below 256",
        "above 2,048",
    ]
    model = within["parameter.model"].permitted
    assert (
        isinstance(model, Text)
        and contains(model, "claude-sonnet-5-5")
        and not contains(model, "claude-opus-5")
    )


def test_a_value_that_must_be_approved_names_the_speciality() -> None:
    assert (
        reach(PACK, domain="medical", audience=["staff"])["behavior.clinical_detail"].reviews["on"]
        == "clinical"
    )
    assert reach(PACK)["behavior.provider_nondisclosure"].reviews["on"] == "legal"
    assert reach(PACK)["behavior.topic_restriction"].reviews["on"] == ""


OPENS = re.compile(r"open(?: in (?P<places>.*?))?(?: for (?P<people>.*?))?(?: with an? .* reviewer)?")


def listed(words: str | None, ids: list[str], here: str) -> list[str]:
    if words is None:
        return [here]
    named = re.split(r", | or | and \d+ more", words)
    return [id for id in ids if id.replace("_", " ") in named]


@pytest.mark.parametrize("pack", [PACK, load_pack("model-spec")], ids=lambda pack: pack.name)
def test_what_is_said_to_open_a_value_opens_it(pack: Pack) -> None:
    """Read as a person would: each place that is named, for each of the people who are named."""
    domains, audiences = [d.id for d in pack.domains], [a.id for a in pack.audiences]
    found = {(d, a): reach(pack, domain=d, audience=[a]) for d, a in itertools.product(domains, audiences)}
    for (domain, audience), within in found.items():
        for id, closure in ((id, closure) for id, one in within.items() for closure in one.closures):
            said = OPENS.fullmatch(closure.opens)
            assert said or closure.opens == "nobody can open it here", closure.opens
            places = listed(said["places"], domains, domain) if said else ()
            people = listed(said["people"], audiences, audience) if said else ()
            for place, who in itertools.product(places, people):
                opened = found[place, who][id].conditional
                assert contains(opened, closure.value), (domain, audience, id, closure.opens)
