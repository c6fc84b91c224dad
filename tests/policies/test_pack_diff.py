"""What a new version of a pack changes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from policies.canonical import plain
from policies.pack_diff import WAYS, diff_packs
from policies.pack_library import load_pack
from policies.pack_reading import parse_pack
from tests.policies.strategies import PACK
from tests.policies.test_pack_reading import behavior, domain

Edit = Callable[[dict[str, Any]], object]


def changes(edit: Edit) -> list[tuple[str, str, str]]:
    data = next_version()
    edit(data)
    return [(one.way, one.id, one.sentence) for one in diff_packs(PACK, parse_pack(data))]


def next_version() -> dict[str, Any]:
    """The pack's data as the version after it, with nothing changed yet."""
    data = copy.deepcopy(plain(PACK.data)) | {"version": "2026.9", "follows": PACK.ref}
    return data | {"renamed": {}, "notes": {}}


def rename(data: dict[str, Any]) -> None:
    entry = copy.deepcopy(behavior(data, "behavior.length"))
    data["behaviors"] = [one for one in data["behaviors"] if one["id"] != "behavior.length"]
    data["behaviors"].append(entry | {"id": "behavior.brevity"})
    data["renamed"] = {"behavior.length": "behavior.brevity"}
    data["probes"] = []
    for other in data["behaviors"]:
        other.pop("conflicts", None)


def rename_reviewers(data: dict[str, Any]) -> None:
    data["renamed"] = {"clinical": "medicine"}
    for specialty in data["specialties"]:
        specialty["id"] = specialty["id"].replace("clinical", "medicine")
    for context in data["domains"]:
        context["reviewers"] = [name.replace("clinical", "medicine") for name in context.get("reviewers", [])]
    for entry in data["behaviors"]:
        for unlock in entry.get("unlocks", []):
            unlock["review"] = unlock.get("review", "").replace("clinical", "medicine")


def add_value(data: dict[str, Any]) -> None:
    tone = behavior(data, "behavior.tone")
    tone["bound"]["permitted"].append("dry")
    tone["values"].append({"name": "dry", "text": "Write drily.", "does": "writes drily"})


def drop_value(data: dict[str, Any]) -> None:
    tone = behavior(data, "behavior.tone")
    tone["bound"]["permitted"].remove("playful")
    tone["values"] = [value for value in tone["values"] if value["name"] != "playful"]
    data["probes"] = []


def unlock(data: dict[str, Any], id: str, **keys: object) -> None:
    behavior(data, id)["unlocks"][0].update(keys)


def conflict(data: dict[str, Any], id: str, **keys: object) -> None:
    behavior(data, id)["conflicts"][0].update(keys)


@pytest.mark.parametrize(
    ("edit", "way", "id", "sentence"),
    [
        (lambda d: domain(d, "finance")["bounds"].update({"behavior.creativity": {"highest": "strict"}}), "stricter", "behavior.creativity", "Creativity permits only strict in finance for public, finance for adults, finance for minors and 2 more."),
        (lambda d: [domain(d, "medical")[part].pop("behavior.creativity") for part in ("bounds", "reasons")], "looser", "behavior.creativity", "Creativity permits strict to exploratory in medical for"),
        (lambda d: d["rules"].append(d["rules"][0] | {"id": "limit.new"}), "stricter", "limit.new", "New rule:"),
        (lambda d: d.update(rules=d["rules"][:-1], probes=[]), "looser", "ethics.third_party_harm", "Rule removed:"),
        (lambda d: d["rules"][7].update(hard=True), "stricter", "limit.ai_disclosure", "is now absolute"),
        (lambda d: d["rules"][0].update(title="Other"), "reworded", "limit.cbrn", "is described otherwise"),
        (lambda d: behavior(d, "behavior.crude_language").update(who="operator"), "stricter", "behavior.crude_language", "may be moved by the operator, before by the user"),
        (lambda d: behavior(d, "behavior.crude_language")["harm"].update(severity=3), "stricter", "behavior.crude_language", "weighs"),
        (lambda d: behavior(d, "behavior.tone")["values"][1].update(text="Plain."), "reworded", "behavior.tone", "adds other words"),
        (lambda d: domain(d, "education").update(reviewers=["safety"]), "stricter", "education", "A review in the domain education needs a reviewer for safety."),
        (lambda d: d["domains"].append(domain(d, "general") | {"id": "travel", "title": "Travel"}), "new", "travel", "New domain: Travel."),
        (lambda d: domain(d, "medical").update(reviewers=[]), "looser", "medical", "no longer needs a reviewer for clinical."),
        (lambda d: domain(d, "finance").update(risk=4), "stricter", "finance", "The risk of the domain finance is 4 instead of 3."),
        (lambda d: domain(d, "fiction").update(covers=[]), "looser", "fiction", "no longer needs runs that cover limit.csam."),
        (lambda d: unlock(d, "behavior.mature_fiction", review="safety"), "stricter", "behavior.mature_fiction", "Mature fiction on needs a reviewer for safety."),
        (lambda d: unlock(d, "behavior.legal_specifics", review=""), "looser", "behavior.legal_specifics", "Legal specifics on needs no particular reviewer."),
        (lambda d: conflict(d, "behavior.blunt_feedback", severity="block"), "stricter", "behavior.blunt_feedback", "Blunt feedback must not be on and go with Tone warm."),
        (lambda d: conflict(d, "behavior.break_character", severity="warn"), "looser", "behavior.break_character", "Breaks character should not be off"),
        (lambda d: behavior(d, "behavior.balanced_views")["conflicts"].pop(0), "looser", "behavior.balanced_views", "Balanced views may be off and go without Persuasion disclaimer on."),
        (lambda d: d["review"]["levels"][0].update(approvals=2), "stricter", "review", "From risk 0 on, a review also needs 2 approvals."),
        (lambda d: d["review"]["levels"][-1].update(reviewers=[]), "looser", "review", "From risk 14 on, a review no longer needs a safety reviewer."),
        (lambda d: d["review"]["levels"].pop(), "looser", "review", "Risk 14 is no longer a step"),
        (lambda d: d["specialties"].append({"id": "press", "title": "Press", "summary": "Editors."}), "new", "press", "New kind of reviewer: Press."),
        (lambda d: d["probes"].pop(), "removed", "probes", "1 scenario is gone."),
        (lambda d: d["probes"][0].update(title="Other"), "reworded", "probes", "1 scenario is changed."),
        (lambda d: behavior(d, "behavior.tone").update(why="Other."), "reworded", "behavior.tone", "Tone is described otherwise."),
        (add_value, "new", "behavior.tone", "Tone can be dry."),
        (drop_value, "removed", "behavior.tone", "Tone can no longer be playful."),
        (lambda d: d["phrases"].update(data="Data: {tag}"), "reworded", "phrases", "Prompts with untrusted content compile to other words."),
        (lambda d: d["blocks"].reverse(), "reworded", "blocks", "in another order"),
        (lambda d: d["lexicon"]["en"].pop("speech"), "stricter", "lexicon", "what passed may be blocked"),
        (lambda d: d["review"].update(tool_risk=0), "looser", "review", "A tool adds 0 instead of 1."),
        (lambda d: d["statistics"].update(hold_rate=0.9), "looser", "statistics", "hold rate 0.9 instead of 0.98."),
        (lambda d: d.update(title="Other"), "reworded", "claude", "Only its title"),
        (rename_reviewers, "renamed", "medicine", "Reviewers for clinical are called medicine now."),
        (rename, "renamed", "behavior.brevity", "behavior.length is called behavior.brevity now."),
    ],
)  # fmt: skip
def test_a_change_is_named(edit: Edit, way: str, id: str, sentence: str) -> None:
    found = changes(edit)
    assert any((one[0], one[1]) == (way, id) and sentence in one[2] for one in found), found


def test_a_new_name_for_reviewers_asks_for_nothing_new() -> None:
    assert {(way, id) for way, id, _ in changes(rename_reviewers)} == {("renamed", "medicine")}


def test_a_new_value_widens_nothing_that_was_there() -> None:
    assert {way for way, id, _ in changes(add_value) if id == "behavior.tone"} == {"new", "reworded"}


def test_notes_explain_what_differs_from_the_version_before_once() -> None:
    data = next_version() | {"notes": {"behavior.tone": "Somebody asked for it."}}
    add_value(data)
    new = parse_pack(data)
    assert [one.why for one in diff_packs(PACK, new) if one.id == "behavior.tone"] == [
        "Somebody asked for it.",
        "",
    ]
    older = load_pack("claude", "2026.1")
    assert not any(one.why for one in diff_packs(older, new)), "notes are about the version that it follows"


def test_the_second_version_tells_its_story() -> None:
    found = diff_packs(load_pack("claude", "2026.1"), load_pack("claude", "2026.2"))
    ways = {way: {one.id for one in found if one.way == way} for way in WAYS}
    assert {"behavior.relationship_persona", "behavior.autonomy", "companionship"} <= ways["stricter"]
    assert {"behavior.mature_fiction", "behavior.creativity", "parameter.max_tokens"} <= ways["looser"]
    assert ways["new"] == {"behavior.tone", "behavior.response_language", "probes"}
    assert ways["renamed"] == {"safeguarding"} and not ways["removed"]
    explained = {one.id for one in found if one.why}
    assert (ways["looser"] | ways["new"] | ways["renamed"]) <= explained
    assert load_pack("claude", "2026.2").notes.keys() == explained, "no note without a change"


def test_the_way_back_is_told_alike() -> None:
    """What is called otherwise is no change of what a review asks for, and what is gone keeps its title."""
    found = diff_packs(load_pack("claude", "2026.2"), load_pack("claude", "2026.1"))
    assert ("renamed", "child_safety") in {(one.way, one.id) for one in found}
    assert not any("child_safety" in one.sentence for one in found if one.way in ("stricter", "looser"))
    other = diff_packs(PACK, load_pack("model-spec"))
    assert any(one.sentence == "Companion may be on and go with Safe messaging off." for one in other)


def test_the_same_pack_says_nothing() -> None:
    assert diff_packs(PACK, PACK) == ()
