"""An organisation's bounds can only narrow, and never force what is wider."""

from __future__ import annotations

import pytest
from hypothesis import given

from policies.bounds import Level, Range, Toggle, leq
from policies.forms import FormError
from policies.organisation import Organisation, carry_over, notes_on, parse_organisation
from tests.policies.strategies import PACK, organisations


def test_a_bound_may_leave_out_what_the_pack_knows() -> None:
    organisation = parse_organisation(
        {
            "name": "Meridian Bank",
            "bounds": {
                "behavior.clinical_detail": {"permitted": ["off"]},
                "behavior.autonomy": {"highest": "confirm_irreversible"},
                "parameter.max_tokens": {"lowest": 256, "highest": 2048},
            },
            "since": {"behavior.clinical_detail": "2026-03-04"},
        },
        PACK,
    )
    scale = ("confirm_all", "confirm_irreversible", "report_after")
    assert organisation.bounds["behavior.clinical_detail"] == Toggle(frozenset({"off"}))
    assert organisation.bounds["behavior.autonomy"] == Level(scale, "confirm_all", "confirm_irreversible")
    assert organisation.bounds["parameter.max_tokens"] == Range(256, 2048)
    again = parse_organisation(organisation.as_dict(), PACK)
    assert (again.name, dict(again.bounds), dict(again.since)) == (
        organisation.name,
        dict(organisation.bounds),
        dict(organisation.since),
    )


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ({"behavior.creativty": {"highest": "strict"}}, 'Did you mean "behavior.creativity"?'),
        ({"parameter.max_tokens": {"lowest": 1, "highest": 10**6}}, "permits more than the policy does"),
        ({"behavior.tone": {"permitted": ["free", "sarcastic"]}}, "permits more than the policy does"),
        (
            {"behavior.creativity": {"scale": ["strict", "wild"], "highest": "wild"}},
            "have nothing to compare",
        ),
        ({"behavior.creativity": {"kind": "toggle", "permitted": ["on"]}}, "It must be a level"),
        ({"behavior.safe_messaging": {"permitted": ["off"]}}, "closes on and so forces off, which is wider"),
        ({"behavior.clinical_detail": {"permitted": []}}, "permits nothing at all"),
        ({"behavior.creativity": {"lowest": "exploratory"}}, "closes balanced and so forces exploratory"),
    ],
)
def test_widening_cannot_be_said(bounds: dict[str, object], sentence: str) -> None:
    with pytest.raises(FormError) as caught:
        parse_organisation({"name": "Meridian Bank", "bounds": bounds}, PACK)
    assert sentence in str(caught.value)


def test_the_form_is_checked() -> None:
    with pytest.raises(FormError, match="name: is missing"):
        parse_organisation({"bounds": {}}, PACK)
    with pytest.raises(FormError, match="names a day for a bound that is not given"):
        parse_organisation({"name": "M", "since": {"behavior.tone": "2026-01-01"}}, PACK)
    with pytest.raises(FormError, match="must be a day such as"):
        parse_organisation(
            {
                "name": "M",
                "bounds": {"behavior.tone": {"permitted": ["free"]}},
                "since": {"behavior.tone": "now"},
            },
            PACK,
        )


def test_bounds_that_do_nothing_or_decide_everything_are_pointed_out() -> None:
    bounds = {
        "behavior.creativity": {"highest": "exploratory"},
        "behavior.autonomy": {"highest": "confirm_all"},
        "behavior.clinical_detail": {"permitted": ["off"]},
        "parameter.max_tokens": {"lowest": 1, "highest": 512},
    }
    notes = notes_on(parse_organisation({"name": "Bank", "bounds": bounds}, PACK), PACK)
    assert [(note.id, note.sentence) for note in notes] == [
        ("behavior.creativity", "Creativity is not narrowed: the bound permits all that the policy does."),
        ("behavior.autonomy", "Confirms is all acts everywhere: no other value is left."),
        (
            "behavior.autonomy",
            "Confirms: the default irreversible is closed, so every prompt that states nothing changes.",
        ),
        ("behavior.clinical_detail", "Clinical detail is off everywhere: no other value is left."),
    ]


@given(organisations())
def test_bounds_carried_over_to_a_policy_open_nothing_that_either_closed(organisation: Organisation) -> None:
    """Whatever was forged or written under another policy: what is kept can be used, and only narrows."""
    kept, lost = carry_over(organisation.as_dict()["bounds"], PACK)
    carried = parse_organisation({"name": "M", "bounds": kept}, PACK)
    for id, bound in carried.bounds.items():
        assert leq(bound, PACK.adjustables[id].bound)
        assert leq(bound, organisation.bounds[id])
    assert len(kept) + len(lost) == len(organisation.bounds)


def test_a_bound_follows_its_renamed_behaviour() -> None:
    from dataclasses import replace

    renamed = replace(PACK, renamed={"behavior.invention": "behavior.creativity"})
    kept, lost = carry_over({"behavior.invention": {"highest": "strict"}}, renamed)
    assert (kept, lost) == ({"behavior.creativity": {"highest": "strict"}}, ())
