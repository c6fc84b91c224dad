"""The pack's own words against the text checks: what it compiles to, what it allows and what it blocks."""

from __future__ import annotations

import pytest

from policies.checks import SectionText, scan
from policies.validate import lexicon_of
from tests.policies.strategies import PACK


def test_no_text_of_the_pack_breaks_its_own_rules() -> None:
    texts = [(b.id, t) for b in PACK.behaviors for v in b.values for t in (v.text, v.granted) if t]
    texts += list(PACK.phrases.items())
    for id, text in texts:
        blocked = [
            f.code
            for f in scan([SectionText(None, text)], lexicon_of(PACK)).findings
            if f.severity == "block"
        ]
        assert not blocked, (id, text, blocked)


@pytest.mark.parametrize("id", [rule.id for rule in PACK.rules])
def test_what_a_rule_allows_is_not_blocked(id: str) -> None:
    rule = PACK.rule(id)
    assert rule and rule.allowed and rule.blocked
    for text in rule.allowed:
        blocked = [
            f.code
            for f in scan([SectionText(None, text)], lexicon_of(PACK)).findings
            if f.severity == "block"
        ]
        assert not blocked, (text, blocked)


def test_what_the_rules_block_is_blocked_by_the_text_checks() -> None:
    missed = [
        (rule.id, text)
        for rule in PACK.rules
        for text in rule.blocked
        if not any(f.severity == "block" for f in scan([SectionText(None, text)], lexicon_of(PACK)).findings)
    ]
    assert not missed
