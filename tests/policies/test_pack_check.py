"""An organisation's pack: what it adds holds, what it would loosen is refused, and faults have their lines."""

from __future__ import annotations

import re

import pytest

import policies
from policies.canonical import plain
from policies.pack_library import load_pack, merged_source, read_pack
from policies.pack_reading import PackError, parse_pack
from tests.policies.drafts import simple
from tests.policies.packs import OURS, changed

PACK = read_pack(OURS)


def faults(source: str | bytes, **options: bool) -> list[str]:
    return [str(fault) for fault in policies.look_at(source, **options).faults]


def test_a_usable_one_has_no_faults_and_the_digest_of_its_merged_data() -> None:
    looked = policies.look_at(OURS, published=True)
    assert looked.pack and looked.faults == ()
    assert looked.pack.digest == PACK.digest == parse_pack(merged_source(OURS)).digest
    assert PACK.extends == "claude@2026.2" and PACK.follows == ""
    assert {rule.id for rule in load_pack("claude@2026.2").rules} < {rule.id for rule in PACK.rules}


def test_what_it_is_built_on_is_not_changed_by_it() -> None:
    read_pack(OURS)
    assert parse_pack(plain(load_pack("claude@2026.2").data)).digest == load_pack("claude@2026.2").digest


def found(text: str) -> list[tuple[str, str, str]]:
    verdict = policies.validate(text, PACK)
    return [(f.code, f.rule, f.quote) for f in verdict.findings if f.code == "OWN101"]


@pytest.mark.parametrize(
    "words",
    [
        "Recommend the Growth Fund",
        "RECOMMEND our growth fund",
        "R\u200becommend the gr\u043ewth fund",
        "Rec0mmend the Gr0wth Fund",
        "Ｒｅｃｏｍｍｅｎｄ the growth fund",
    ],
)
def test_a_pattern_finds_its_words_whatever_they_are_disguised_as(words: str) -> None:
    text = f"Be kind. {words} to everybody."
    assert found(text) == [("OWN101", "ethics.no_advice", words)]
    assert policies.validate(text, PACK).blocked
    assert not policies.validate(text, load_pack("claude@2026.2")).blocked


def test_a_pattern_of_a_behaviour_moves_it() -> None:
    draft = simple(
        sections=[{"id": "role", "kind": "role", "text": "Talk effing plainly."}], domain="finance"
    )
    finding = next(f for f in policies.validate(draft, PACK).findings if f.code == "SET301")
    assert (finding.rule, finding.quote) == ("behavior.crude_language", "effing")
    assert "Closed by the policy for finance"[1:] in finding.message


def test_a_prompt_too_long_for_patterns_is_not_half_read() -> None:
    text = "Be kind. " * 30_000
    assert "OWN102" in {f.code for f in policies.validate(text, PACK).findings}
    assert "OWN102" not in {f.code for f in policies.validate(text, load_pack()).findings}


LOOSER = [
    ('[[patterns]]', '[[rules]]\nid = "limit.cbrn"\nstatement = "May help."\n[[patterns]]', "Line 18, limit.cbrn: differs"),
    ("[[domains]]", '[[behaviors]]\nid = "behavior.clinical_detail"\nunlocks = []\n[[domains]]', "clinical_detail: is looser"),
    ("[[domains]]", '[[behaviors]]\nid = "behavior.creativity"\nwho = "user"\ndefault = "exploratory"\n[[domains]]', "is looser|is forced|open everywhere"),
    ("[[domains]]", "[statistics]\nhold_rate = 0.1\n[[domains]]", "statistics: differ"),
    ("[[domains]]", '[phrases]\ndata = "{tag} is fine."\n[[domains]]', "phrases.data: differs"),
    ("[[domains]]", '[lexicon.en]\nx = ["a"]\n[[domains]]', "lexicon: cannot be given beside extends"),
    ('id = "finance"', 'id = "finance"\nrisk = 0', "Line [0-9]+, finance: is looser"),
    ("[[domains]]", '[[domains]]\nid = "ward"\ntitle = "Ward"\nsummary = "A ward."\nrisk = 0\n[[behaviors]]\nid = "behavior.clinical_detail"\nunlocks = [{values = ["on"], domains = ["ward"], why = "So."}]\n[[domains]]', "domains.ward: opens more than any domain"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), LOOSER)
def test_what_would_permit_more_than_the_built_in_policy_is_refused(
    old: str, new: str, sentence: str
) -> None:
    assert re.search(sentence, "\n".join(faults(changed((old, new)))))


HOSTILE = [
    ("[ab]*a[ab]{18}c", "would hold checks up"),
    ("a{1000}", "grows to 1,004 steps; the most is 512"),
    (r"\pL{1,200}", "too large"),
    ("x" * 501, "501 characters long; the most is 500"),
    ("(", "not one that RE2 reads"),
    (r"(a)\1", "not one that RE2 reads"),
    (".*", "finds something in an empty text"),
    ("(?=a)b", "not one that RE2 reads"),
]


@pytest.mark.parametrize(("pattern", "sentence"), HOSTILE)
def test_a_hostile_pattern_is_refused_with_its_line(pattern: str, sentence: str) -> None:
    said = faults(changed(("recommend .{0,20}growth fund", pattern)))
    assert said[0].startswith("Line 21, patterns.named_fund.pattern") and sentence in said[0]


def test_there_are_no_more_patterns_than_can_be_tried() -> None:
    many = "".join(
        f'[[patterns]]\nid = "p{n}"\nrule = "ethics.no_advice"\npattern = "w{n}"\ntitle = "T"\nwhy = "W."\n'
        f'blocks = ["w{n}"]\npasses = ["v"]\n'
        for n in range(64)
    )
    assert "has 66 entries; the most that is read is 64" in faults(OURS + many)[0]


FAULTS = [
    ('extends = "claude@2026.2"', 'extends = "claude@1999.1"', "Line 3, extends: names no built-in pack"),
    ('title = "No inv', 'titel = "No inv', 'Line 12, rules.ethics.no_advice.titel: "titel" is not a key'),
    ('why = "The bank', "why = The bank", "Line 14, The TOML is not valid"),
    ('name = "meridian"', 'name = "claude"', "Line 4, name: \"claude\" is the name of a built-in policy"),
    ('version = "2026.1"', 'version = "one"', "Line 5, version"),
    ('rule = "ethics.no_advice"', 'rule = "ethics.no_advise"', 'Did you mean "ethics.no_advice"?'),
    ('value = "on"', 'value = "loud"', "patterns.swears.value"),
    ('passes = ["Explain', 'passes = ["Recommend the growth fund. Explain', "the pattern finds something in"),
    ('blocks = ["Talk eff', 'blocks = ["Talk f', "the pattern finds nothing in"),
    ('name = "meridian"\n', "", "name: is missing: a pack that extends another"),
    ('published = "2026-11-21"', "published = 2026-11-21", "Line 7, published: is a date of TOML; put it in quotes"),
    ('published = "2026-11-21"', 'published = "soon"', "must be a day in quotes, such as 2026-01-31"),
    ('id = "swears"', 'id = "named_fund"', "patterns.named_fund: stands twice"),
    ("[[domains]]", f"[review]\nrisk_highest = 1{'0' * 5000}\n[[domains]]", "a number of thousands of digits"),
    ("[[domains]]", "".join(f"[[domains]]\nid = 'x{n}'\n" for n in range(400)) + "[[domains]]", "has 412 entries; the most that is read is 32"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS)
def test_a_fault_is_a_sentence_with_its_place(old: str, new: str, sentence: str) -> None:
    assert any(sentence in said for said in faults(changed((old, new)), published=True))


def test_a_whole_pack_is_measured_by_the_built_in_one_that_it_is_nearest_to() -> None:
    data = plain(load_pack("model-spec").data)
    assert not list(policies.pack_check.beyond_built_in(parse_pack(data | {"name": "acme"})))
    rules = [rule for rule in data["rules"] if rule["id"] != "limit.cbrn"]
    probes = [probe for probe in data["probes"] if "limit.cbrn" not in probe["covers"]]
    without = data | {"name": "acme", "rules": rules, "probes": probes}
    said = policies.pack_check.beyond_built_in(parse_pack(without))
    assert said and len(rules) < len(data["rules"])


@pytest.mark.parametrize("source", [b"\xff\xfe", b"", "[" * 5000, "a" * 2_000_001])
def test_what_is_no_pack_is_a_sentence(source: str | bytes) -> None:
    assert faults(source)
    with pytest.raises(PackError):
        read_pack(source)
