"""What a review needs, each with its reason: computed from the effect of a change and the risk of what results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from policies.changes import Direction
from policies.draft import Draft
from policies.effect import Effect
from policies.findings import Severity, Verdict
from policies.pack import Pack, ReviewLevel


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the check list.

    ``kind``: findings (none may block), acknowledge (warnings need a reason), evidence (runs on ``model`` must cover
    ``covers``, with ``count`` samples of each scenario or more; one for each model), approvals (``count`` people), role (one of the approvals by ``role``), threads (all resolved).
    """

    kind: str
    id: str
    sentence: str
    because: str
    count: int = 0
    role: str = ""
    covers: tuple[str, ...] = ()
    model: str = ""


def requirements(
    effect: Effect,
    draft: Draft,
    pack: Pack,
    *,
    verdict: Verdict | None = None,
    samples: int = 1,
    models: tuple[str, ...] = (),
) -> tuple[Requirement, ...]:
    """The check list of a review. ``verdict`` adds the warnings that must be acknowledged; ``samples`` of each scenario are
    needed at least, and the same on ``models``, where the organisation asks for more than the policy.
    """
    level = _level(effect.risk_after, pack)
    return (
        Requirement("findings", "findings", "No blocking finding", "always"),
        *_acknowledgements(verdict),
        *_evidence(effect, draft, pack, level, samples, models),
        *_approvals(effect, draft, pack, level),
        Requirement("threads", "threads", "Threads resolved", "always"),
    )


def _level(risk: int, pack: Pack) -> ReviewLevel:
    """The last level that the risk reaches; the first begins at 0."""
    reached = [level for level in pack.review.levels if level.from_risk <= risk]
    return max(reached, key=lambda level: level.from_risk)


def _acknowledgements(verdict: Verdict | None) -> Iterator[Requirement]:
    count = sum(finding.severity is Severity.WARN for finding in verdict.findings) if verdict else 0
    if count:
        noun = "warning" if count == 1 else "warnings"
        sentence = f"{count} {noun} acknowledged with a reason"
        yield Requirement("acknowledge", "acknowledge", sentence, "warnings need somebody's reason", count)


def _evidence(
    effect: Effect, draft: Draft, pack: Pack, level: ReviewLevel, asked: int, models: tuple[str, ...]
) -> Iterator[Requirement]:
    """Runs over scenarios that cover what the risk asks for, what the domain asks for, and what was moved wider."""
    moved = [
        change.id for change in effect.changes if change.kind in {"setting", "grant"} and change.risk > 0
    ]
    domain = pack.domain(draft.domain)
    at_risk = effect.risk_after >= _first_with_evidence(pack)
    covers = _unique((*level.covers, *(domain.covers if domain and at_risk else ()), *moved))
    if not covers:
        return
    because = f"because the risk score is {effect.risk_after}"
    if moved:
        because += f" and {_titles(moved, pack)} became wider"
    if asked > level.samples:
        because += f", and the organisation asks for {asked} samples"
    count = max(level.samples, asked)
    samples = f", with {count} samples of each scenario" if count > 1 else ""
    for model in _unique((draft.model, *level.models, *models)):
        sentence = f"Finished runs on {model}{samples} that cover {_titles(covers, pack)}"
        why = f"{_who_asks(model, draft, level)}{because}"
        yield Requirement("evidence", "evidence", sentence, why, count, covers=covers, model=model)


def _who_asks(model: str, draft: Draft, level: ReviewLevel) -> str:
    if model == draft.model:
        return ""
    who = f"the policy asks for {model} too from risk {level.from_risk} on"
    return f"{who if model in level.models else f'the organisation asks for {model} too'}, "


def _first_with_evidence(pack: Pack) -> int:
    return min(
        (level.from_risk for level in pack.review.levels if level.covers), default=pack.review.risk_highest
    )


def _approvals(effect: Effect, draft: Draft, pack: Pack, level: ReviewLevel) -> Iterator[Requirement]:
    noun = "approval" if level.approvals == 1 else "approvals"
    because = f"because the risk score is {effect.risk_after} of {effect.risk_highest}, and not by anybody who wrote it"
    yield Requirement("approvals", "approvals", f"{level.approvals} {noun}", because, level.approvals)
    for role, why in _roles(effect, draft, pack, level):
        specialty = pack.specialty(role)
        title = specialty.title.lower() if specialty else role
        yield Requirement("role", f"role.{role}", f"One of them by a {title} reviewer", why, 1, role)


def _roles(effect: Effect, draft: Draft, pack: Pack, level: ReviewLevel) -> Iterator[tuple[str, str]]:
    """Each speciality once, with the first reason that asks for it."""
    seen: set[str] = set()
    for role, why in _reasons(effect, draft, pack, level):
        if role not in seen:
            seen.add(role)
            yield role, why


def _reasons(effect: Effect, draft: Draft, pack: Pack, level: ReviewLevel) -> Iterator[tuple[str, str]]:
    for change in effect.changes:
        for role in change.reviews:
            if change.kind in {"setting", "grant"} and change.direction is not Direction.NARROWER:
                yield role, f"because {_titles([change.id], pack)} became {change.new}"
    domain = pack.domain(draft.domain)
    for role in domain.reviewers if domain else ():
        yield role, f"because the domain is {domain.title.lower() if domain else ''}"
    for name in draft.audience:
        audience = pack.audience(name)
        for role in audience.reviewers if audience else ():
            yield role, f"because the audience is {name.replace('_', ' ')}"
    for role in level.reviewers:
        yield role, f"because the risk score is {effect.risk_after}"


def _titles(ids: Iterable[str], pack: Pack) -> str:
    """Titles inside a sentence, abbreviations kept."""
    titles = [pack.title_of(id) for id in ids]
    return ", ".join(title[0].lower() + title[1:] for title in titles)


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
