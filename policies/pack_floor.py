"""What an organisation's pack may not do: permit more than a built-in one, or drop a rule of it."""

from __future__ import annotations

from collections.abc import Iterator

from policies.bounds import Bound, BoundError, leq
from policies.forms import Problem
from policies.pack import Behavior, Context, Pack
from policies.pack_diff import diff_packs
from policies.reach import reach


def loosened(pack: Pack, base: Pack) -> Iterator[Problem]:
    """Every place in which ``pack`` permits more than ``base``. None: it can only be stricter."""
    for rule in base.rules:
        if pack.rule(rule.id) not in (None, rule):
            yield Problem(
                rule.id, f"differs from {base.ref}: its rules stay as they are; add rules beside them."
            )
    for change in diff_packs(base, pack):
        if change.way == "looser":
            yield Problem(change.id, f"is looser than {base.ref}: {change.sentence}")
    for behavior in base.adjustables.values():
        yield from _behavior(pack.behavior(behavior.id), behavior, base)
    yield from _kept(pack, base)
    yield from _new_contexts(pack, base)


def _behavior(now: Behavior | None, was: Behavior, base: Pack) -> Iterator[Problem]:
    if now is None:
        yield Problem(was.id, f"is missing: {base.ref} bounds it, and what is not known is not bounded.")
        return
    if added := [name for name in now.names if name not in was.names]:
        yield Problem(was.id, f"has values that {base.ref} does not know: {', '.join(added)}.")
    for name in now.names:
        if name in was.names and now.exposure(name) < was.exposure(name):
            yield Problem(
                f"{was.id}.values.{name}.exposure", f"is less than {was.exposure(name)} of {base.ref}."
            )


def _kept(pack: Pack, base: Pack) -> Iterator[Problem]:
    """What is compared as a whole: nothing of it is an organisation's to change."""
    if dict(pack.lexicon) != dict(base.lexicon):
        yield Problem("lexicon", f"is not that of {base.ref}: write [[patterns]] for words of your own.")
    for key, words in base.phrases.items():
        if pack.phrases.get(key) != words:
            yield Problem(
                f"phrases.{key}", f"differs from {base.ref}: these words guard untrusted content and tools."
            )
    if pack.statistics != base.statistics:
        yield Problem(
            "statistics", f"differ from {base.ref}: evidence is read with the same margins everywhere."
        )
    now, was = pack.review, base.review
    if (now.tool_risk, now.irreversible_tool_risk) < (was.tool_risk, was.irreversible_tool_risk):
        yield Problem("review", f"counts tools for less than {base.ref}.")
    if now.risk_highest != was.risk_highest:
        yield Problem("review.risk_highest", f"must be {was.risk_highest}, as in {base.ref}.")
    for context in base.domains + base.audiences:
        same = pack.domain(context.id) or pack.audience(context.id)
        if same and same.vulnerability < context.vulnerability:
            yield Problem(
                f"{context.id}.vulnerability", f"is less than {context.vulnerability} of {base.ref}."
            )


def _new_contexts(pack: Pack, base: Pack) -> Iterator[Problem]:
    """A domain or audience of an organisation's own opens no more than one that the built-in pack has."""
    for domain in pack.domains:
        if not base.domain(domain.id) and not any(
            _within(pack, domain, base, other) for other in base.domains
        ):
            yield Problem(
                f"domains.{domain.id}",
                f"opens more than any domain of {base.ref} does, or asks less of a review: narrow it with bounds, "
                "or take the reviewers of the domain that it is like.",
            )
    for audience in pack.audiences:
        if not base.audience(audience.id) and not any(
            _open(pack, "", audience.id, base, "", other.id) for other in base.audiences
        ):
            yield Problem(f"audiences.{audience.id}", f"opens more than any audience of {base.ref} does.")


def _within(pack: Pack, domain: Context, base: Pack, other: Context) -> bool:
    if domain.risk < other.risk or not set(domain.reviewers) >= set(other.reviewers):
        return False
    people = [audience.id for audience in pack.audiences if base.audience(audience.id)]
    return all(_open(pack, domain.id, who, base, other.id, who) for who in people)


def _open(pack: Pack, domain: str, audience: str, base: Pack, other: str, who: str) -> bool:
    """Whether the first reach permits no more than the second; without a domain, in every domain that both have."""
    pairs = [(domain, other)] if domain else [(d.id, d.id) for d in pack.domains if base.domain(d.id)]
    for one, two in pairs:
        mine = reach(pack, domain=one, audience=[audience])
        theirs = reach(base, domain=two, audience=[who])
        for id in base.adjustables.keys() & mine.keys():
            if not (
                _leq(mine[id].permitted, theirs[id].permitted)
                and _leq(mine[id].conditional, theirs[id].conditional)
            ):
                return False
            if any(role and not mine[id].reviews.get(name) for name, role in theirs[id].reviews.items()):
                return False
    return True


def _leq(a: Bound, b: Bound) -> bool:
    try:
        return leq(a, b)
    except BoundError:
        return False
