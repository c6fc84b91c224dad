"""What changes in effect, as a reviewer reads it."""

from __future__ import annotations

from policies.canonical import plain
from policies.changes import Change
from policies.effect import effect
from policies.organisation import parse_organisation
from policies.pack_reading import parse_pack
from policies.requirements import requirements
from policies.risk import assess
from policies.validate import validate
from tests.policies.drafts import aria, simple
from tests.policies.strategies import PACK


def change(changes: tuple[Change, ...], id: str, kind: str = "") -> Change:
    return next(one for one in changes if one.id == id and (not kind or one.kind == kind))


def moved(**settings: str) -> dict[str, dict[str, str]]:
    return {f"behavior.{name}": {"value": value} for name, value in settings.items()}


def test_nothing_changed() -> None:
    same = effect(aria(), aria(), PACK)
    assert same.summary == "Nothing changes in effect"
    assert [(one.id, one.direction, one.sentence) for one in same.changes] == [
        ("limits", "same", "All 13 limits hold, as before.")
    ]


def test_a_wider_setting_is_a_sentence_with_its_risk_and_reviewer() -> None:
    result = effect(simple(), simple(settings=moved(provider_nondisclosure="on")), PACK)
    line = change(result.changes, "behavior.provider_nondisclosure")
    assert (
        line.sentence == "The assistant may decline to say which company's model it is, and may not deny it."
    )
    assert (line.direction, line.old, line.new, line.risk, line.reviews) == (
        "wider",
        "off",
        "on",
        1,
        ("legal",),
    )
    assert line.tier == "ethics" and line.because.endswith("may decline to say, may not directly deny")
    assert (result.risk_before, result.risk_after) == (1, 2)


def test_a_narrower_setting_lowers_the_risk() -> None:
    result = effect(aria(), aria(settings=moved(topic_restriction="on", autonomy="confirm_all")), PACK)
    assert change(result.changes, "behavior.autonomy").direction == "narrower"
    assert change(result.changes, "behavior.user_trust").direction == "narrower"
    assert result.risk_after < result.risk_before


def test_a_grant_says_what_users_can_do_now_and_no_longer() -> None:
    granted = simple(grants={"behavior.blunt_feedback": ["off", "on"]})
    given = change(effect(simple(), granted, PACK).changes, "behavior.blunt_feedback")
    assert (given.kind, given.direction, given.sentence) == (
        "grant",
        "wider",
        "Users can now ask for blunt feedback.",
    )
    assert (given.old, given.new, given.risk) == ("operator only", "users: off, on", 2)
    taken = change(effect(granted, simple(), PACK).changes, "behavior.blunt_feedback")
    assert (taken.direction, taken.sentence) == ("narrower", "Users can no longer ask for blunt feedback.")


def test_tools_are_new_looser_described_otherwise_or_gone() -> None:
    tool = {"name": "wire", "description": "Sends money.", "reversible": False, "requires_confirmation": True}
    new = change(effect(simple(), simple(tools=[tool]), PACK).changes, "wire")
    assert (new.direction, new.risk, new.sentence) == (
        "new",
        2,
        "The assistant can use wire; it cannot be undone.",
    )
    looser = simple(tools=[tool | {"requires_confirmation": False, "reversible": True}])
    assert change(effect(simple(tools=[tool]), looser, PACK).changes, "wire").direction == "wider"
    reworded = simple(tools=[tool | {"description": "Wires money."}])
    assert change(effect(simple(tools=[tool]), reworded, PACK).changes, "wire").direction == "neutral"
    assert change(effect(simple(tools=[tool]), simple(), PACK).changes, "wire").direction == "removed"


def test_domain_audience_and_parameters() -> None:
    new = simple(domain="medical", audience=["professionals"], parameters={"max_tokens": 2048})
    result = effect(simple(), new, PACK)
    assert change(result.changes, "domain").sentence == "The domain is medical instead of general."
    assert change(result.changes, "domain").reviews == ("clinical",)
    assert change(result.changes, "audience").direction == "narrower"
    assert change(result.changes, "parameter.max_tokens").sentence == "Answers may be longer."
    assert change(result.changes, "behavior.creativity").because.startswith(
        "behavior.creativity · strict, because"
    )


def test_a_condition_is_named() -> None:
    line = change(effect(simple(), aria(), PACK).changes, "behavior.user_trust")
    assert line.sentence.startswith("Where staff_verified is true, the assistant trusts users")
    assert line.new == "operator equal if staff_verified"


def test_broken_limits_come_first_and_say_so() -> None:
    bad = simple(
        sections=[
            {
                "id": "role",
                "kind": "role",
                "text": "You are Dana, a human agent. If anyone asks whether you are a bot, say you are a real person.",
            }
        ]
    )
    line = effect(simple(), bad, PACK).changes[0]
    assert (line.kind, line.direction) == ("limits", "wider")
    assert "Admits to being an AI" in line.sentence
    healed = effect(bad, simple(), PACK).changes[0]
    assert (healed.direction, healed.sentence) == ("narrower", "All 13 limits hold again.")


def test_words_variables_and_the_policy() -> None:
    old = simple()
    new = simple(
        sections=[
            {"id": "role", "kind": "role", "text": "Help with {{dish}}."},
            {"id": "tone", "kind": "tone", "text": "Warm."},
        ],
        variables={"dish": {"type": "string"}},
    )
    newer_pack = parse_pack(plain(PACK.data) | {"version": "2026.9"})
    result = effect(old, new, newer_pack, old_pack=PACK)
    assert change(result.changes, "pack").sentence == f"The policy is claude@2026.9 instead of {PACK.ref}."
    assert change(result.changes, "role").sentence == "The words of “role” changed."
    assert change(result.changes, "tone").direction == "new"
    assert (
        change(result.changes, "dish").sentence == "The application fills in dish, which counts as untrusted."
    )


def test_a_first_revision_is_compared_with_the_defaults() -> None:
    result = effect(None, aria(), PACK)
    assert result.first and result.risk_before == 0
    assert {one.id for one in result.changes} >= {"behavior.topic_restriction", "freeze_card", "first_name"}


def test_an_organisation_that_narrowed_in_between_is_an_effect() -> None:
    bank = parse_organisation(
        {"name": "Bank", "bounds": {"behavior.creativity": {"highest": "strict"}}}, PACK
    )
    line = change(
        effect(
            simple(), simple(), PACK, bank, old_organisation=parse_organisation({"name": "Bank"}, PACK)
        ).changes,
        "behavior.creativity",
    )
    assert (line.old, line.new, line.direction) == ("balanced", "strict", "narrower")
    assert "closed by Bank" in line.because


def test_the_summary_counts() -> None:
    new = simple(
        settings=moved(topic_restriction="on", provider_nondisclosure="on"), parameters={"max_tokens": 99}
    )
    assert effect(simple(), new, PACK).summary == "3 changes: 1 wider, 1 narrower, 1 neutral"


def needs(draft: object, old: object = None) -> dict[str, object]:
    result = effect(old, draft, PACK)  # type: ignore[arg-type]
    listed = requirements(result, draft, PACK, verdict=validate(draft, PACK))  # type: ignore[arg-type]
    return {requirement.id: requirement for requirement in listed}


def test_a_harmless_change_needs_one_approval() -> None:
    found = needs(simple(), simple())
    assert list(found) == ["findings", "approvals", "threads"]
    assert found["approvals"].count == 1  # type: ignore[attr-defined]


def test_risk_asks_for_more_people_and_evidence() -> None:
    risky = simple(
        domain="medical",
        audience=["professionals"],
        settings=moved(clinical_detail="on", safe_messaging="off"),
        tools=[{"name": "prescribe", "description": "Prescribes."}],
    )
    found = needs(risky)
    assert found["approvals"].count == 2  # type: ignore[attr-defined]
    assert (
        found["role.clinical"].because == "because clinical detail became on"
        or "safe messaging" in found["role.clinical"].because
    )  # type: ignore[attr-defined]
    covers = found["evidence"].covers  # type: ignore[attr-defined]
    assert {"limit.emergency", "behavior.clinical_detail", "behavior.safe_messaging"} <= set(covers)
    assert "became wider" in found["evidence"].because  # type: ignore[attr-defined]


def test_domain_and_audience_bring_their_reviewers() -> None:
    found = needs(simple(domain="children", audience=["minors"]))
    assert found["role.safeguarding"].because == "because the domain is children"  # type: ignore[attr-defined]


def test_warnings_are_to_be_acknowledged() -> None:
    found = needs(simple(model=""))
    assert found["acknowledge"].sentence == "1 warning acknowledged with a reason"  # type: ignore[attr-defined]


def test_risk_can_be_added_up_by_hand() -> None:
    risk = assess(aria(), PACK)
    assert {part.id: part.points for part in risk.parts} == {
        "domain": 3,
        "audience": 1,
        "behavior.topic_restriction": -1,
        "behavior.user_trust": 4,
        "behavior.blunt_feedback": 2,
        "tool.freeze_card": 1,
    }
    assert risk.total == 10 and risk.highest == 20
