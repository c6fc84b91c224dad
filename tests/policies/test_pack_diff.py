"""What a new version of a pack changes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from policies.canonical import plain
from policies.pack_diff import diff_packs
from policies.pack_reading import parse_pack
from tests.policies.strategies import PACK
from tests.policies.test_pack_reading import behavior, domain

Edit = Callable[[dict[str, Any]], object]


def changes(edit: Edit) -> list[tuple[str, str, str]]:
    data = copy.deepcopy(plain(PACK.data)) | {"version": "2026.9"}
    edit(data)
    data["probes"] = []
    return [(one.way, one.id, one.sentence) for one in diff_packs(PACK, parse_pack(data))]


def rename(data: dict[str, Any]) -> None:
    entry = copy.deepcopy(behavior(data, "behavior.length"))
    data["behaviors"] = [one for one in data["behaviors"] if one["id"] != "behavior.length"]
    data["behaviors"].append(entry | {"id": "behavior.brevity"})
    data["renamed"] = {"behavior.length": "behavior.brevity"}


@pytest.mark.parametrize(
    ("edit", "way", "id", "sentence"),
    [
        (lambda d: domain(d, "finance")["bounds"].update({"behavior.creativity": {"highest": "strict"}}), "stricter", "behavior.creativity", "Creativity permits only strict in finance for public, finance for adults, finance for minors and 2 more."),
        (lambda d: domain(d, "medical")["bounds"].pop("behavior.creativity"), "looser", "behavior.creativity", "Creativity permits strict to exploratory in medical for"),
        (lambda d: d["rules"].append(d["rules"][0] | {"id": "limit.new"}), "stricter", "limit.new", "New rule:"),
        (lambda d: d["rules"].pop(), "looser", "ethics.third_party_harm", "Rule removed:"),
        (lambda d: d["rules"][7].update(hard=True), "stricter", "limit.ai_disclosure", "is now absolute"),
        (lambda d: d["rules"][0].update(title="Other"), "reworded", "limit.cbrn", "is described otherwise"),
        (lambda d: behavior(d, "behavior.crude_language").update(who="operator"), "stricter", "behavior.crude_language", "may be moved by the operator, before by the user"),
        (lambda d: behavior(d, "behavior.crude_language")["harm"].update(severity=3), "stricter", "behavior.crude_language", "weighs"),
        (lambda d: behavior(d, "behavior.tone")["values"][1].update(text="Plain."), "reworded", "behavior.tone", "adds other words"),
        (lambda d: domain(d, "education").update(reviewers=["safety"]), "stricter", "education", "asks for other things"),
        (lambda d: d["domains"].append(domain(d, "general") | {"id": "travel", "title": "Travel"}), "new", "travel", "New domain: Travel."),
        (rename, "renamed", "behavior.brevity", "behavior.length is called behavior.brevity now."),
    ],
)  # fmt: skip
def test_a_change_is_named(edit: Edit, way: str, id: str, sentence: str) -> None:
    found = changes(edit)
    assert any((one[0], one[1]) == (way, id) and sentence in one[2] for one in found), found


def test_the_same_pack_says_nothing() -> None:
    assert diff_packs(PACK, PACK) == ()
