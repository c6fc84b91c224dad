"""A difference in effect in a few lines: what users can and cannot do from now on, findings that came and went, and
the limits that what moved bears on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from console.prompts.acknowledgements import key_of
from policies import Effect, Finding, Pack, Severity


@dataclass(frozen=True, slots=True)
class Touched:
    """A limit, a property of honesty or of ethics that something bears on; ``by`` says what, in titles."""

    id: str
    title: str
    by: tuple[str, ...]
    holds: bool


@dataclass(frozen=True, slots=True)
class InShort:
    """``newly`` and ``no_longer`` are sentences about users; ``appeared`` and ``gone`` are findings of the new and old."""

    newly: tuple[str, ...]
    no_longer: tuple[str, ...]
    appeared: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    touched: tuple[Touched, ...]

    @property
    def blocked(self) -> bool:
        return any(finding.severity is Severity.BLOCK for finding in self.appeared)


def in_short(effect: Effect, pack: Pack, before: Iterable[Finding], after: Iterable[Finding]) -> InShort:
    """``before`` and ``after`` are the findings of the two, under the policy of now."""
    before, after = tuple(before), tuple(after)
    old, new = {key_of(finding) for finding in before}, {key_of(finding) for finding in after}
    appeared = tuple(finding for finding in after if key_of(finding) not in old)
    gone = tuple(finding for finding in before if key_of(finding) not in new)
    grants = [change for change in effect.changes if change.kind == "grant"]
    return InShort(
        newly=tuple(change.sentence for change in grants if change.direction.value == "wider"),
        no_longer=tuple(change.sentence for change in grants if change.direction.value == "narrower"),
        appeared=appeared,
        gone=gone,
        touched=_touched(effect, pack, (*appeared, *gone), after),
    )


def _touched(
    effect: Effect, pack: Pack, moved: Iterable[Finding], after: Iterable[Finding]
) -> tuple[Touched, ...]:
    """Rules of the upper tiers: those that a moved behaviour must keep, and those that a finding speaks of."""
    by: dict[str, list[str]] = defaultdict(list)
    for change in effect.moved:
        behavior = pack.behavior(change.id)
        for id in behavior.keeps if behavior else ():
            by[id].append(behavior.title)  # type: ignore[union-attr]
    for finding in moved:
        if finding.limit:
            by[finding.limit].append(f"finding {finding.code}")
    broken = {finding.limit for finding in after if finding.severity is Severity.BLOCK}
    return tuple(
        Touched(id, pack.title_of(id), tuple(dict.fromkeys(names)), id not in broken)
        for id, names in by.items()
    )
