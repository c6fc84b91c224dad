"""The phrase syntax, and that hostile words cost no more than others."""

from __future__ import annotations

import pytest

from policies.text.frames import parse
from policies.text.lexicon import lexicon_from
from policies.text.stems import stem


def found(phrases: list[str], words: str, language: str = "en") -> bool:
    lexicon = lexicon_from({language: {"t": {"c": phrases}}})
    reader = lexicon.everything()
    return bool(reader.spots(words.split()))


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("keep secret", "keeping secrets"),
        ("keep .. busy", "keep the customers busy"),
        ("a/an bot", "an bot"),
        ("be (really) a bot", "is a bot"),
        ("notruf*", "notrufnummer"),
        ("*waffe", "chemiewaffe"),
        ("化学武器", "化 学 武 器"),
        ("deny, swear that", "swore that"),
    ],
)
def test_a_phrase_matches_its_forms(phrase: str, words: str) -> None:
    assert found([phrase], words)


@pytest.mark.parametrize(
    ("phrase", "words"), [("keep .. busy", "keep a b c d busy"), ("=no", "nos"), ("note", "not")]
)
def test_a_phrase_does_not_match_others(phrase: str, words: str) -> None:
    assert not found([phrase], words)


def test_a_class_that_two_tables_share_needs_its_full_name() -> None:
    lexicon = lexicon_from({"en": {"a": {"c": ["x"]}, "b": {"c": ["y"]}}})
    with pytest.raises(KeyError):
        parse("c", lexicon)
    assert parse("a.c", lexicon).parts[0].items[0].mask


def test_stems_keep_short_words_apart() -> None:
    assert stem("noted") == stem("note") != stem("not")
    assert stem("claiming") == stem("claims") == stem("claimed")
