"""What `pack check` promises: a pack that loads has a form, references that hold, and no context without a way out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policies.canonical import plain
from policies.pack_library import read_pack_files
from policies.pack_reading import PackError, parse_pack
from tests.policies.strategies import PACK

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> dict[str, Any]:
    data = copy.deepcopy(plain(PACK.data))
    change(data)
    return data


def behavior(data: dict[str, Any], id: str) -> dict[str, Any]:
    return next(entry for entry in data["behaviors"] if entry["id"] == id)


def domain(data: dict[str, Any], id: str) -> dict[str, Any]:
    return next(entry for entry in data["domains"] if entry["id"] == id)


def test_the_same_data_is_the_same_pack() -> None:
    assert parse_pack(plain(PACK.data)).digest == PACK.digest


def test_any_change_is_another_digest() -> None:
    assert parse_pack(changed(lambda data: data.update(summary="Another."))).digest != PACK.digest


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.pop("tiers"), "tiers: is missing."),
        (lambda d: d.update(format=2), "This version reads format 1"),
        (lambda d: d.update(version="26"), "must be YEAR.N such as 2026.1"),
        (lambda d: d.update(colour="red"), '"colour" is not a key'),
        (lambda d: d["tiers"].reverse(), "must be limit, ethics, guideline, default, in this order"),
        (lambda d: d["rules"].append(d["rules"][0]), "rules.limit.cbrn: stands twice"),
        (lambda d: d["parameters"].pop(), "parameter.thinking is missing"),
        (
            lambda d: behavior(d, "behavior.tone").update(default="loud"),
            '"loud" is not a value that its own bound permits',
        ),
        (
            lambda d: behavior(d, "behavior.tone").update(block="voice"),
            '"voice" is none of the pack\'s blocks',
        ),
        (
            lambda d: behavior(d, "behavior.tone").update(keeps=["limit.dignty"]),
            'Did you mean "limit.dignity"?',
        ),
        (lambda d: behavior(d, "behavior.tone")["values"].pop(), "values: must be exactly"),
        (
            lambda d: behavior(d, "behavior.creativity")["values"].reverse(),
            "must stand in the order of the scale",
        ),
        (
            lambda d: behavior(d, "behavior.tone")["values"][1].update(text="Say {{x}}."),
            "must not hold {{ or }}",
        ),
        (
            lambda d: behavior(d, "behavior.tone")["harm"].update(severity=9),
            "must be from 0 to 3, and 9 is not",
        ),
        (
            lambda d: behavior(d, "behavior.mature_fiction")["unlocks"][0].update(domains=["fction"]),
            'Did you mean "fiction"?',
        ),
        (
            lambda d: behavior(d, "behavior.mature_fiction")["unlocks"][0].update(values=["off"]),
            "the default must be open everywhere",
        ),
        (
            lambda d: behavior(d, "behavior.clinical_detail")["unlocks"][0].update(review="doctor"),
            "none of the pack's specialties",
        ),
        (
            lambda d: behavior(d, "behavior.balanced_views")["conflicts"][0].update(
                requires={"behavior.tone": "loud"}
            ),
            "is no setting of this pack",
        ),
        (
            lambda d: domain(d, "finance")["bounds"].update({"behavior.tune": {"permitted": ["free"]}}),
            'Did you mean "behavior.tone"?',
        ),
        (
            lambda d: domain(d, "finance")["bounds"].update({"parameter.max_tokens": {"highest": 10**7}}),
            "permits more than the behaviour itself does",
        ),
        (
            lambda d: domain(d, "finance")["bounds"].update({"behavior.tone": {"highest": "warm"}}),
            '"highest" is not a key of a choice',
        ),
        (
            lambda d: domain(d, "finance")["bounds"].update(
                {"behavior.safe_messaging": {"permitted": ["off"]}}
            ),
            "in finance for",
        ),
        (lambda d: domain(d, "finance").update(covers=["limit.fraud"]), "limit.fraud is not in this pack"),
        (lambda d: d["review"]["levels"].pop(0), "must begin with one from risk 0"),
        (
            lambda d: domain(d, "finance")["reasons"].update({"behavior.tone": "Taste."}),
            "domains.finance.reasons.behavior.tone: explains no bound of this entry",
        ),
        (lambda d: d.update(notes={"behavior.tune": "Why."}), "explains nothing in this pack. Did you mean"),
        (lambda d: d.update(follows=""), "follows: is missing"),
        (lambda d: d.update(renamed={"behavior.tone": "behavior.length"}), "is still an id of this pack"),
        (lambda d: d.update(renamed={"behavior.x": "behavior.lenght"}), 'Did you mean "behavior.length"?'),
        (
            lambda d: d["probes"][0].update(where={"behavior.tone": "loud"}),
            'behavior.tone = "loud" is no setting of this pack',
        ),
    ],
)
def test_a_pack_that_cannot_hold_is_refused(change: Change, sentence: str) -> None:
    with pytest.raises(PackError) as caught:
        parse_pack(changed(change), "ours")
    assert any(sentence in str(problem) for problem in caught.value.problems), caught.value.problems
    assert str(caught.value).startswith("The pack ours cannot be used.")


def test_toml_errors_name_the_line() -> None:
    with pytest.raises(PackError, match="line 2"):
        parse_pack('name = "x"\nname = 3\n')


def test_files_are_merged_and_never_overwrite(tmp_path: Path) -> None:
    main, folder = tmp_path / "2026.1.toml", tmp_path / "2026.1"
    folder.mkdir()
    main.write_text('name = "x"\n')
    (folder / "en.toml").write_text('language = "en"\n[act]\nclaim = ["say"]\n')
    (folder / "en").mkdir()
    (folder / "en" / "people.toml").write_text('language = "en"\n[person]\nuser = ["guest"]\n')
    english = {"act": {"claim": ["say"]}, "person": {"user": ["guest"]}}
    assert read_pack_files(main) == {"name": "x", "lexicon": {"en": english}}
    (folder / "en" / "again.toml").write_text('language = "en"\n[act]\nhide = ["hide"]\n')
    with pytest.raises(PackError, match="act: is given by two files"):
        read_pack_files(main)
    (folder / "en" / "again.toml").unlink()
    (folder / "more.toml").write_text('name = "y"\n')
    with pytest.raises(PackError, match="is given by two files"):
        read_pack_files(main)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "1.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PackError, match="not UTF-8"):
        read_pack_files(tmp_path / "1.toml")
    with pytest.raises(PackError, match="cannot be read: No such file"):
        read_pack_files(tmp_path / "2.toml")
