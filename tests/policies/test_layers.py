"""Resolving a draft: nothing that can be written down escapes the bounds, and every answer says who decided."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from policies.bounds import contains, meet
from policies.compose import compose
from policies.draft import Draft, Setting
from policies.layers import resolve
from policies.organisation import Organisation, parse_organisation
from policies.reach import Layer
from policies.wording import setting_text
from tests.policies.drafts import aria, simple
from tests.policies.strategies import PACK, drafts, organisations


@given(drafts(), organisations())
def test_nothing_in_force_is_outside_the_bounds(draft: Draft, organisation: Organisation) -> None:
    effective = resolve(draft, PACK, organisation)
    assert [setting.id for setting in effective.settings] == list(PACK.adjustables)
    for setting in effective.settings:
        assert contains(setting.policy, setting.value) and contains(setting.policy, setting.otherwise)
        if not setting.permitted.empty:
            allowed = setting.conditional if setting.when else setting.permitted
            assert contains(allowed, setting.value)
            assert contains(setting.permitted, setting.otherwise)
        for grant in setting.grants:
            assert setting.who == "user" and contains(setting.permitted, grant)


@given(drafts(), organisations())
def test_a_condition_is_a_declared_boolean_or_has_no_effect(draft: Draft, organisation: Organisation) -> None:
    for setting in resolve(draft, PACK, organisation).settings:
        if setting.when:
            assert draft.variables[setting.when].type == "boolean"
            assert setting.otherwise == setting.default


@given(drafts(), organisations(), organisations())
def test_narrowing_the_organisation_never_widens_what_a_draft_may_do(
    draft: Draft, wide: Organisation, more: Organisation
) -> None:
    both = {id: meet(bound, wide.bounds.get(id, bound)) for id, bound in more.bounds.items()}
    narrow = Organisation("Meridian Bank", {**wide.bounds, **both})
    before, after = resolve(draft, PACK, wide), resolve(draft, PACK, narrow)
    for setting in after.settings:
        was = before[setting.id]
        assert set(setting.grants) <= set(was.grants)
        if setting.ok and setting.requested is not None:
            assert was.ok and was.value == setting.value


@given(drafts(), organisations())
def test_the_layer_that_decided_is_named(draft: Draft, organisation: Organisation) -> None:
    for setting in resolve(draft, PACK, organisation).settings:
        assert setting.sentence.endswith(".") and setting.decided_name
        if setting.decided_by is Layer.OPERATOR:
            assert setting.ok and setting.requested == setting.value
        elif setting.decided_by is not Layer.POLICY:
            step = next(
                step
                for step in setting.trace
                if (step.layer, step.name) == (setting.decided_by, setting.decided_name)
            )
            wanted = setting.pack_default if setting.requested is None else setting.requested
            assert not contains(step.bound, wanted)
            assert setting.closure and setting.closure.why[1:] in setting.sentence


@given(drafts(), organisations())
def test_the_compiled_prompt_never_holds_the_words_of_a_closed_value(
    draft: Draft, organisation: Organisation
) -> None:
    effective = resolve(draft, PACK, organisation)
    text = compose(draft, PACK, organisation).text
    for setting in effective.settings:
        for name in setting.behavior.names:
            words = setting_text(setting.behavior, name)
            if words and name not in (setting.value, setting.otherwise):
                assert words not in text


@given(drafts(), organisations())
def test_controls_can_be_drawn_for_anything(draft: Draft, organisation: Organisation) -> None:
    for setting in resolve(draft, PACK, organisation).settings:
        options = setting.options
        assert [option.value for option in options] == list(setting.behavior.names)
        for option in options:
            assert option.state in {"permitted", "closed", "conditional"}
            assert (option.state == "closed") == (not contains(setting.conditional, option.value))
            assert bool(option.why) == (option.state != "permitted")
        assert isinstance(setting.note, str) and setting.words >= 0


BANK = parse_organisation(
    {
        "name": "Meridian Bank",
        "bounds": {
            "behavior.creativity": {"highest": "strict"},
            "behavior.blunt_feedback": {"permitted": ["off"]},
            "parameter.max_tokens": {"lowest": 256, "highest": 512},
        },
        "since": {"behavior.creativity": "2026-03-04"},
    },
    PACK,
)


def test_the_default_is_brought_within_bounds_and_says_why() -> None:
    setting = resolve(simple(domain="general"), PACK, BANK)["behavior.creativity"]
    assert (setting.value, setting.default, setting.moved) == ("strict", "strict", False)
    assert setting.decided_by is Layer.ORGANISATION
    assert (
        setting.sentence
        == "strict, because balanced is closed by Meridian Bank on 2026-03-04; an admin can open it."
    )
    assert setting.stated.startswith("Keep to what is given"), (
        "a value that a layer moved is told to the model"
    )


def test_a_request_out_of_bounds_is_answered() -> None:
    draft = simple(domain="finance", settings={"behavior.creativity": {"value": "exploratory"}})
    setting = resolve(draft, PACK)["behavior.creativity"]
    assert (setting.value, setting.requested, setting.ok) == ("balanced", "exploratory", False)
    assert setting.decided_by is Layer.DOMAIN and setting.decided_name == "finance"
    assert setting.sentence == (
        "balanced: exploratory is closed by the policy for finance; open in general, education, companionship or fiction."
    )


def test_a_condition_opens_what_is_conditional() -> None:
    setting = resolve(aria(), PACK)["behavior.user_trust"]
    assert (setting.value, setting.when, setting.otherwise) == (
        "operator_equal",
        "staff_verified",
        "standard",
    )
    assert (
        "staff_verified is {{staff_verified}}: the application sets it" in setting.stated
        and "If it is true: Trust what users say" in setting.stated
    )
    assert setting.note.startswith("operator equal only if staff_verified is true")
    option = setting.options[2]
    assert (option.state, option.why) == ("conditional", "only if staff_verified is true")


def test_without_a_condition_it_stays_closed() -> None:
    draft = simple(settings={"behavior.user_trust": {"value": "operator_equal"}})
    setting = resolve(draft, PACK)["behavior.user_trust"]
    assert (setting.value, setting.ok) == ("standard", False)
    assert setting.options[2].state == "conditional"


def test_grants_stay_within_the_operators_reach() -> None:
    draft = simple(
        domain="finance",
        grants={
            "behavior.creativity": ["strict", "exploratory"],
            "behavior.clinical_detail": ["on"],
            "behavior.tone": ["warm"],
        },
    )
    effective = resolve(draft, PACK)
    assert effective["behavior.creativity"].grants == ("strict",)
    assert effective["behavior.clinical_detail"].grants == ()
    assert effective["behavior.tone"].granted == "Users may ask for another tone (warm)."


def test_parameters_are_bounded_by_the_same_layers() -> None:
    setting = resolve(simple(parameters={"max_tokens": 1024}), PACK, BANK)["parameter.max_tokens"]
    assert (setting.value, setting.ok, setting.decided_name) == (512, False, "Meridian Bank")
    assert setting.sentence == "512 tokens: 1,024 tokens is closed by Meridian Bank; an admin can open it."
    assert setting.note.startswith("Above 512 closed by Meridian Bank · an admin can open it")


def test_a_forged_organisation_opens_nothing() -> None:
    forged = Organisation(
        "Forged", {"behavior.clinical_detail": PACK.adjustables["behavior.clinical_detail"].bound}
    )
    draft = replace(simple(), settings={"behavior.clinical_detail": Setting("on")})
    assert resolve(draft, PACK, forged)["behavior.clinical_detail"].value == "off"


def test_resolving_is_quick_enough_for_every_keystroke() -> None:
    draft = aria()
    resolve(draft, PACK, BANK)
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    import sys

    sys.setprofile(count)
    try:
        resolve(draft, PACK, BANK)
    finally:
        sys.setprofile(None)
    assert calls < 6_000, "work grows with the pack, not with pages that nobody looks at"


def test_a_condition_that_is_no_declared_boolean_opens_nothing() -> None:
    variables = {"note": {"type": "string"}, "staff": {"type": "boolean"}}
    for when, value in (("note", "standard"), ("nobody", "standard"), ("staff", "operator_equal")):
        settings = {"behavior.user_trust": {"value": "operator_equal", "when": when}}
        setting = resolve(simple(variables=variables, settings=settings), PACK)["behavior.user_trust"]
        assert (setting.value, setting.ok) == (value, when == "staff")
