"""What a review needs, line by line, with the reason and whether it is there: the policy's requirements, looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from console.prompts.acknowledgements import Key, key_of
from console.prompts.judge import BY_JUDGE, Judged
from console.reviews.evidence import Evidence
from console.reviews.models import Decision, Thread
from console.reviews.voices import Voice
from policies import Finding, Pack, Requirement, Severity, current_name

Met = Literal["yes", "open", "no"]
# What only other people can give: an approval may be said before these are there.
_FROM_PEOPLE = {"approvals", "role"}


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement. ``open`` waits for somebody; ``no`` stands in the way."""

    kind: str
    met: Met
    sentence: str
    because: str

    @property
    def is_met(self) -> bool:
        return self.met == "yes"

    @property
    def from_people(self) -> bool:
        return self.kind in _FROM_PEOPLE


@dataclass(frozen=True, slots=True)
class Facts:
    """What the requirements are held against."""

    pack: Pack
    findings: Sequence[Finding]
    acknowledged: Mapping[Key, object]
    evidence: Sequence[Evidence]
    voices: Sequence[Voice]
    threads: Sequence[Thread]
    authors: frozenset[int]
    same_bytes: bool
    reopened: bool  # an included snippet changed
    number: int  # the revision's
    judged: Judged


def checklist(requirements: Iterable[Requirement], facts: Facts) -> tuple[Line, ...]:
    """All lines in the order in which they are worked off."""
    return tuple(_lines(requirements, facts))


def _lines(requirements: Iterable[Requirement], facts: Facts) -> Iterator[Line]:
    for requirement in requirements:
        if requirement.kind == "approvals":
            yield from _explanations(facts)
        yield _LOOKED_UP[requirement.kind](requirement, facts)
        if requirement.kind == "findings":
            yield from _judge(facts)
        if requirement.kind == "findings" and not facts.same_bytes:
            why = "with a snippet as it is now" if facts.reopened else f"under {facts.pack.ref}"
            yield Line(
                "bytes",
                "no",
                f"r{facts.number} still compiles to the words that were frozen",
                f"{why} it compiles to other words: snapshot it again",
            )
        if requirement.kind == "approvals":
            yield from _objections(facts)


def _findings(requirement: Requirement, facts: Facts) -> Line:
    blocking = [finding for finding in facts.findings if finding.severity is Severity.BLOCK]
    if not blocking:
        return Line("findings", "yes", requirement.sentence, f"checked now under {facts.pack.ref}")
    more = f", and {len(blocking) - 1} more" if len(blocking) > 1 else ""
    return Line(
        "findings", "no", requirement.sentence, f"{blocking[0].code}: {blocking[0].message.rstrip('.')}{more}"
    )


def _judge(facts: Facts) -> Iterator[Line]:
    """Where there is a provider, its model has read exactly this; where an admin switched that off, it is said."""
    form, sentence = facts.judged.settings, f"The judge has read r{facts.number}"
    if not form.on:
        who = f" by {form.by.shown_name}" if form.by else ""
        when = f", {form.at:%-d %B %Y}" if form.at else ""
        yield Line("judge", "yes", "No judge reads it", f"switched off in this workspace{who}{when}")
    elif facts.judged.required:
        yield Line("judge", _JUDGE_MET.get(facts.judged.state, "no"), sentence, why_of_judge(facts.judged))


_JUDGE_MET: dict[str, Met] = {"done": "yes", "judging": "open"}


def why_of_judge(judged: Judged) -> str:
    """How far the judge is, as the end of a sentence."""
    row = judged.judgement
    if judged.state == "done" and row and row.finished_at:
        return f"{row.model} found {judged.counted}, {row.finished_at:%-d %B %Y, %H:%M}, under {row.pack}"
    if judged.state == "judging":
        return "it is reading now"
    if judged.state == "failed" and row:
        return f"it failed: {row.error.rstrip('.')}"
    return "it has not read this revision under the policy in force: press “Judge now”"


def _acknowledge(requirement: Requirement, facts: Facts) -> Line:
    warnings = [finding for finding in facts.findings if finding.severity is Severity.WARN]
    missing = [finding for finding in warnings if key_of(finding) not in facts.acknowledged]
    if not missing:
        return Line("acknowledge", "yes", requirement.sentence, requirement.because)
    codes = ", ".join(dict.fromkeys(finding.code for finding in missing))
    # The judge's may be of a text that the draft left behind: they stand on the page of the revision.
    where = "on the page of the revision" if all(f.code in BY_JUDGE for f in missing) else "in Compose"
    return Line(
        "acknowledge", "no", requirement.sentence, f"{len(missing)} without a reason yet: {codes}, {where}"
    )


def _evidence(requirement: Requirement, facts: Facts) -> Line:
    of_model = [item for item in facts.evidence if item.run.model == requirement.model]
    counted = [item for item in of_model if item.counts]
    few = [item.run for item in counted if item.run.samples < requirement.count]
    covered = {id for item in counted if item.run not in few for id in item.covers}
    missing = [id for id in requirement.covers if id not in covered]
    if not missing:
        return Line("evidence", "yes", requirement.sentence, f"{requirement.because}: {_shown(counted)}")
    titles = ", ".join(facts.pack.title_of(id).lower() for id in missing)
    running = any(item.run.is_open for item in of_model)
    small = "".join(f"; run {run.number} has {_samples(run.samples)}" for run in few)
    because = f"{requirement.because}; not covered yet: {titles}{small}"
    return Line("evidence", "open" if running else "no", requirement.sentence, because)


def _samples(count: int) -> str:
    return f"{count} sample{'s' * (count != 1)} of each scenario"


def _shown(counted: Iterable[Evidence]) -> str:
    """Which runs count, by which model, and how often each scenario was played."""
    runs = [item.run for item in counted]
    return "; ".join(f"run {run.number}, {_samples(run.samples)} on {run.model}" for run in runs)


def _approvals(requirement: Requirement, facts: Facts) -> Line:
    names = [voice.decision.by.shown_name for voice in facts.voices if voice.approves]
    if len(names) >= requirement.count:
        return Line("approvals", "yes", f"{requirement.sentence}: {', '.join(names)}", requirement.because)
    stale = [voice.decision.by.shown_name for voice in facts.voices if voice.is_stale and not voice.refused]
    there = f"{len(names)} of {requirement.count} so far; " if names else ""
    again = f"what {', '.join(stale)} approved has changed; " if stale else ""
    return Line("approvals", "open", requirement.sentence, f"{there}{again}{requirement.because}")


def _role(requirement: Requirement, facts: Facts) -> Line:
    names = [
        voice.decision.by.shown_name
        for voice in facts.voices
        if voice.approves and current_name(requirement.role) in voice.specialties
    ]
    sentence = f"{requirement.sentence}: {', '.join(names)}" if names else requirement.sentence
    return Line("role", "yes" if names else "open", sentence, requirement.because)


def _threads(requirement: Requirement, facts: Facts) -> Line:
    left = sum(not thread.resolved for thread in facts.threads)
    because = f"{left} {'is' if left == 1 else 'are'} open" if left else requirement.because
    return Line("threads", "no" if left else "yes", requirement.sentence, because)


def _objections(facts: Facts) -> Iterator[Line]:
    """A request for changes stands until the same person says something else."""
    for voice in facts.voices:
        if voice.decision.word == Decision.Word.CHANGES and not voice.refused:
            name = voice.decision.by.shown_name
            yield Line("changes", "no", f"The changes that {name} asks for", voice.decision.reason)


def _explanations(facts: Facts) -> Iterator[Line]:
    """What went badly in the evidence has to be explained, to somebody who did not write the revision."""
    for item in facts.evidence:
        if item.counts and (bad := what_went_badly(item, facts.pack)):
            explained = any(
                thread.anchor == f"run-{item.run.number}"
                and thread.resolved
                and thread.resolved_by_id not in facts.authors
                for thread in facts.threads
            )
            because = "" if explained else "; comment on the run, and a reviewer resolves the thread"
            yield Line(
                "explanation",
                "yes" if explained else "no",
                f"What went badly in run {item.run.number} is explained",
                f"{bad}{because}",
            )


def what_went_badly(item: Evidence, pack: Pack) -> str:
    """Limits that were broken and a verdict of worse, as one sentence; empty when nothing went badly."""
    parts = [f"{pack.title_of(limit.id)}: broken in {', '.join(limit.broken_in)}" for limit in item.broken]
    return "; ".join([*parts, *([item.worse.rstrip(".")] if item.worse else [])])


_LOOKED_UP = {
    "findings": _findings,
    "acknowledge": _acknowledge,
    "evidence": _evidence,
    "approvals": _approvals,
    "role": _role,
    "threads": _threads,
}
