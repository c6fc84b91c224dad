"""Snippets: five deep, no circles, and nothing missing without a word."""

from __future__ import annotations

import pytest

from policies.compose import ComposeError, compose
from policies.draft import Draft, Include, Section, Snippet
from policies.snippets import MAX_PARTS, expand
from tests.policies.strategies import PACK


def library(**texts: str | Include) -> dict[str, Snippet]:
    sections = {
        slug: (Section("s", include=body) if isinstance(body, Include) else Section("s", text=body),)
        for slug, body in texts.items()
    }
    return {slug: Snippet(slug, 1, slug * 3, parts) for slug, parts in sections.items()}


def resolver(snippets: dict[str, Snippet]):  # type: ignore[no-untyped-def]
    return lambda include: snippets.get(include.snippet)


HOST = (Section("house", include=Include("a", 1)),)


def test_a_snippet_stands_in_place_of_its_section_and_is_pinned() -> None:
    expanded = expand(HOST, resolver(library(a="No exclamation marks.")))
    assert [(part.host.id, part.text, part.chain) for part in expanded.parts] == [
        ("house", "No exclamation marks.", ("a@1",))
    ]
    assert [(pin.slug, pin.at, pin.digest) for pin in expanded.pins] == [("a", 1, "aaa")]


def test_five_deep_and_no_further() -> None:
    chain = {name: Include(after, 1) for name, after in zip("abcd", "bcde", strict=True)}
    assert expand(HOST, resolver(library(**chain, e="End."))).parts[0].text == "End."
    deeper = expand(HOST, resolver(library(**chain, e=Include("f", 1), f="End.")))
    assert not deeper.parts and "more than 5 snippets deep" in deeper.problems[0].message


def test_a_circle_is_refused_with_its_way() -> None:
    expanded = expand(HOST, resolver(library(a=Include("b", 1), b=Include("a", 2))))
    assert expanded.problems[0].message == "includes itself by way of a@1 › b@1 › a@2; break the circle."


def test_a_missing_one_and_one_that_nobody_looked_up() -> None:
    assert expand(HOST, resolver({})).problems[0].known
    assert not expand(HOST, None).problems[0].known
    for given in (resolver({}), None):
        with pytest.raises(ComposeError, match='The snippet "a@1" in section "house"'):
            compose(Draft(HOST), PACK, snippets=given)


def test_a_fan_of_snippets_cannot_grow_without_end() -> None:
    wide = tuple(Section(f"s{at}", include=Include("b", 1)) for at in range(60))
    snippets = {
        "a": Snippet("a", 1, "a", wide),
        "b": Snippet("b", 1, "b", tuple(Section(f"t{at}", text="x") for at in range(60))),
    }
    expanded = expand(HOST, resolver(snippets))
    assert len(expanded.parts) == MAX_PARTS
    assert "larger than is permitted" in expanded.problems[0].message


def test_a_changed_snippet_changes_the_digest_of_what_includes_it() -> None:
    old = compose(
        Draft(HOST), PACK, snippets=lambda _: Snippet("a", 1, "1" * 64, (Section("s", text="Same."),))
    )
    new = compose(
        Draft(HOST), PACK, snippets=lambda _: Snippet("a", 1, "2" * 64, (Section("s", text="Same."),))
    )
    assert old.text == new.text and old.digest != new.digest
