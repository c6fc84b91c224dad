"""What changes in effect between two drafts, as sentences that a reviewer signs: limits first, text last.

Words may change without effect, and an effect may come without words: from a bound, a domain or a new policy. So the
changes are read off what holds (``resolve``), not off the difference of two texts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from policies.changes import Change, Direction, Side, changes_between
from policies.draft import Draft, SnippetResolver
from policies.findings import Verdict
from policies.layers import resolve
from policies.organisation import Organisation
from policies.pack import Pack
from policies.risk import assess_effective
from policies.snippets import expand
from policies.validate import texts_of, validate


@dataclass(frozen=True, slots=True)
class Effect:
    """All changes in the order of the page, and what they do to the risk."""

    changes: tuple[Change, ...]
    risk_before: int
    risk_after: int
    risk_highest: int
    first: bool

    @property
    def moved(self) -> tuple[Change, ...]:
        """The changes that change something."""
        return tuple(change for change in self.changes if change.direction is not Direction.SAME)

    @property
    def wider(self) -> tuple[Change, ...]:
        return tuple(
            change for change in self.changes if change.direction is Direction.WIDER or change.risk > 0
        )

    @property
    def narrower(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.direction is Direction.NARROWER)

    @property
    def summary(self) -> str:
        """``5 changes: 2 wider, 1 new, 1 narrower, 1 neutral``."""
        counts = Counter(change.direction for change in self.moved)
        if not counts:
            return "Nothing changes in effect"
        total = sum(counts.values())
        listed = ", ".join(f"{counts[way]} {way.value}" for way in Direction if counts[way])
        return f"{total} change{'s' if total > 1 else ''}: {listed}"


def effect(
    old: Draft | None,
    new: Draft,
    pack: Pack,
    organisation: Organisation | None = None,
    *,
    old_pack: Pack | None = None,
    old_organisation: Organisation | None = None,
    snippets: SnippetResolver | None = None,
    old_verdict: Verdict | None = None,
    new_verdict: Verdict | None = None,
) -> Effect:
    """Compare two drafts; without ``old``, with the policy's defaults. Verdicts may be given where they are known.

    ``old_pack`` is given where the policy changed in between. The old organisation's bounds are taken to be today's
    unless they are given.
    """
    after = _side(new, pack, organisation, snippets, new_verdict)
    before = None
    if old is not None:
        before = _side(old, old_pack or pack, old_organisation or organisation, snippets, old_verdict)
    base = before or _defaults(after, organisation)
    changes = sorted(changes_between(before, base, after), key=lambda change: change.tier.rank)
    return Effect(
        tuple(changes),
        before.risk.total if before else 0,
        after.risk.total,
        after.risk.highest,
        before is None,
    )


def _side(
    draft: Draft,
    pack: Pack,
    organisation: Organisation | None,
    snippets: SnippetResolver | None,
    verdict: Verdict | None,
) -> Side:
    effective = resolve(draft, pack, organisation)
    texts = texts_of(draft, expand(draft.sections, snippets))
    verdict = verdict or validate(draft, pack, organisation, snippets=snippets)
    return Side(draft, pack, effective, assess_effective(draft, pack, effective), texts, verdict)


def _defaults(after: Side, organisation: Organisation | None) -> Side:
    """What a first revision is compared with: nothing written, nothing moved, no tools."""
    draft = Draft((), domain=after.draft.domain, audience=after.draft.audience)
    effective = resolve(draft, after.pack, organisation)
    return Side(draft, after.pack, effective, assess_effective(draft, after.pack, effective), {}, Verdict(()))
