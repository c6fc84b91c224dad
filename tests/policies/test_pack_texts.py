"""What the pack adds to prompts, read together: nothing that its own checks block, however much is switched on."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from policies.bounds import contains
from policies.checks import SectionText, scan
from policies.compose import compose
from policies.layers import resolve
from policies.pack import Behavior, Pack
from policies.pack_library import load_pack
from policies.reach import Reach, reach
from policies.validate import lexicon_of, own_words_blocked
from policies.wording import grant_text
from tests.policies.drafts import simple
from tests.policies.strategies import PACK

Choose = Callable[[Behavior, Reach], str]


def widest(behavior: Behavior, within: Reach) -> str:
    return max(permitted(behavior, within), key=behavior.exposure)


def narrowest(behavior: Behavior, within: Reach) -> str:
    return min(permitted(behavior, within), key=behavior.exposure)


def permitted(behavior: Behavior, within: Reach) -> list[str]:
    return [name for name in behavior.names if contains(within.permitted, name)]


@pytest.mark.parametrize("choose", [widest, narrowest])
@pytest.mark.parametrize("domain", [domain.id for domain in PACK.domains])
def test_everything_switched_on_at_once_is_still_a_prompt_that_passes(domain: str, choose: Choose) -> None:
    for audience in PACK.audiences:
        within = reach(PACK, domain=domain, audience=[audience.id])
        settings = {b.id: {"value": choose(b, within[b.id])} for b in PACK.behaviors}
        draft = simple(domain=domain, audience=[audience.id], settings=settings)
        assert all(setting.ok for setting in resolve(draft, PACK).settings)
        text = compose(draft, PACK).text
        found = scan([SectionText(None, text)], lexicon_of(PACK)).findings
        assert not [(f.code, f.quote) for f in found if f.severity == "block"], audience.id


def test_every_grant_at_once_passes_too() -> None:
    grants = {
        b.id: list(b.names)
        for b in PACK.behaviors
        if b.who == "user" and b.id != "behavior.response_language"
    }
    text = compose(simple(domain="fiction", audience=["adults"], grants=grants), PACK).text
    found = scan([SectionText(None, text)], lexicon_of(PACK)).findings
    assert text.count("\n") > len(grants) and not [f.code for f in found if f.severity == "block"]


@pytest.mark.parametrize("pack", [PACK, load_pack("model-spec")], ids=lambda pack: pack.name)
def test_every_choice_that_users_are_given_is_told(pack: Pack) -> None:
    """Whatever holds already, and whether it holds always: the way back is a choice as well."""
    for behavior in pack.behaviors:
        for value, other in itertools.permutations(behavior.names[:5], 2) if behavior.who == "user" else ():
            assert grant_text(behavior, [value, other], value), (behavior.id, value)
            assert grant_text(behavior, [value], None)


def test_a_text_is_never_stated_twice() -> None:
    texts = [v.text for b in PACK.behaviors for v in b.values if v.text]
    assert len(texts) == len(set(texts))
    assert not list(own_words_blocked(PACK))


@pytest.mark.parametrize("id", [b.id for b in PACK.behaviors if b.id.startswith("behavior.")])
def test_a_wide_text_keeps_the_limit_that_stays(id: str) -> None:
    """Words that speak for the limits that a behaviour keeps stand in the text that widens it."""
    behavior = PACK.adjustables[id]
    for variant in behavior.values:
        if variant.exposure > 0 and (kept := [WORDS[rule] for rule in behavior.keeps if rule in WORDS]):
            assert any(word in variant.text for words in kept for word in words), (variant.name, kept)


WORDS = {
    "limit.emergency": ("emergency", "sincerely"),
    "limit.ai_disclosure": ("sincerely", "AI"),
    "limit.csam": ("is an adult",),
    "limit.cyberweapon": ("malicious code",),
    "limit.dignity": ("never aim it at the user", "never on the person", "without judging"),
    "limit.oversight": ("binds these instructions", "cannot be undone"),
    "limit.user_rights": ("illegal",),
    "honesty.transparent": ("Never deny", "neither confirm nor deny"),
    "honesty.non_deceptive": ("one-sided", "left out on purpose"),
    "honesty.non_manipulative": ("evidence and reasons only", "guilt"),
    "honesty.calibrated": ("evidence", "unsettled", "uncertainty"),
    "honesty.truthful": ("Facts stay facts",),
}
