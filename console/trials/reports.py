"""A run for other programs: JSON, JUnit, text."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from django.db.models import Max, Min

from console.trials import results, tool_findings
from console.trials.models import Conversation, Preference, Run, Subject, Verdict
from console.trials.scenarios import Expectation, parse_scenario

CONVERSATION_STATUS = {"waiting": "cancelled", "running": "cancelled"}


@dataclass(frozen=True, slots=True)
class Reported:
    """One conversation with its verdicts."""

    conversation: Conversation
    subject: Subject
    verdicts: tuple[Verdict, ...]
    preference: Preference | None = None


def as_json(run: Run) -> dict[str, Any]:
    """The form of design.md section 8, with why the run ended as it did and what it amounts to."""
    return {
        "run": run.number,
        "status": run.status,
        "reason": run.reason,
        "rehearsal": run.rehearsal,
        "economy": run.economy,
        "digest": run.digest or None,
        "judge": run.judge_model or None,
        "users": _users(run),
        "totals": {
            "calls": run.calls,
            "input_tokens": run.input_tokens,
            "output_tokens": run.output_tokens,
            "cost": float(run.cost),
            "seconds": _seconds(run),
        },
        "result": run.result,
        "regressions": results.regressions(run),
        "conversations": [
            conversation_data(reported)
            | {"tool_findings": list(tool_findings.as_data(reported.conversation.messages))}
            for reported in conversations_of(run, transcripts=True)
        ],
    }


def as_junit(run: Run) -> str:
    """One suite a revision, one case a conversation: failed expectations fail, errors are errors, ungraded is skipped."""
    root = ElementTree.Element("testsuites", name=f"run {run.number}")
    suites: dict[int, ElementTree.Element] = {}
    forms = {form["id"]: parse_scenario(form) for form in run.suite_version.played}
    for reported in conversations_of(run):
        subject = reported.subject
        if subject.pk not in suites:
            suites[subject.pk] = ElementTree.SubElement(root, "testsuite", name=subject.label)
        conversation = reported.conversation
        case = ElementTree.SubElement(
            suites[subject.pk],
            "testcase",
            classname=f"{subject.label}.{conversation.scenario}",
            name=f"{forms[conversation.scenario].title}, sample {conversation.sample}",
            time=f"{conversation.milliseconds / 1000:.3f}",
        )
        _add_outcome(case, reported, forms[conversation.scenario].expect)
    for suite in suites.values():
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
        suite.set("tests", str(len(suite)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def as_text(run: Run) -> str:
    return "\n".join(_lines(run)) + "\n"


def _lines(run: Run) -> Iterator[str]:
    ended = run.get_status_display().lower() + (f": {run.reason}" if run.reason else "")
    yield f"Run {run.number} of {run.suite_version} on {run.model} at {run.endpoint}: {ended}"
    if run.rehearsal:
        yield "Rehearsal, not a model: what it shows is no evidence about one."
    yield (
        f"{run.calls:,} calls, {run.input_tokens:,} tokens in, {run.output_tokens:,} out,"
        f" ${run.cost:.4f}, {_seconds(run):.1f} s"
    )
    rows = results.rows_of(run)
    for subject in run.subjects.all():
        rate = results.rates_of(rows, subject.position)[""]
        counts: dict[str, int] = defaultdict(int)
        for row in rows:
            for word in row.sides[subject.position].words:
                counts[word] += 1
        said = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in sorted(counts.items()))
        shown = (
            "nothing judged"
            if rate.value is None
            else f"{rate.value:.0%} ({rate.low:.0%} to {rate.high:.0%})"
        )
        yield f"  {subject.label}: {shown}; {said}"
    for comparison in run.result["comparisons"] if run.result else ():
        yield comparison["sentence"]
        if preference := comparison.get("preference"):
            yield preference["sentence"]
    yield from results.regressions(run)
    for reported in conversations_of(run):
        yield from _complaints(reported)


def _complaints(reported: Reported) -> Iterator[str]:
    conversation = reported.conversation
    where = f"  {reported.subject.label}, {conversation.scenario}, sample {conversation.sample}"
    if conversation.status == Conversation.Status.ERROR:
        yield f"{where}: error: {conversation.error}"
    for verdict in reported.verdicts:
        if verdict.verdict in ("fail", "error"):
            turn = f", turn {verdict.turn}" if verdict.turn else ""
            yield _printable(f"{where}: {verdict.kind} {verdict.verdict}{turn}: {verdict.reason}")


def _printable(line: str) -> str:
    """What a model said goes to a terminal: control characters, escapes and invisible ones are left out."""
    return "".join(char if unicodedata.category(char)[0] != "C" else "�" for char in line)


def conversation_data(reported: Reported) -> dict[str, Any]:
    conversation = reported.conversation
    return {
        "revision": reported.subject.label,
        "scenario": conversation.scenario,
        "sample": conversation.sample,
        "status": CONVERSATION_STATUS.get(conversation.status, conversation.status),
        "verdict": conversation.verdict or None,
        "error": conversation.error if conversation.status == Conversation.Status.ERROR else None,
        "verdicts": [_verdict(verdict) for verdict in reported.verdicts],
        "preference": _preference(reported),
        "turns": conversation.turns,
        "calls": conversation.calls,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    """The form of forms.md; what a judge said also names the judge and the words that it quotes."""
    said = {
        "expect": verdict.expect,
        "kind": verdict.kind,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
    }
    if not verdict.judge:
        return said
    shown = ("quotes", "addressed", "rehearsal")
    details = {name: verdict.details[name] for name in shown if name in verdict.details}
    return {**said, "judge": verdict.judge, **details}


def _preference(reported: Reported) -> dict[str, Any] | None:
    """Of the judge, over the baseline's conversation of the same sample: better, worse, tie or error."""
    found = reported.preference
    if found is None:
        return None
    return {"word": found.word, "reason": found.reason, "orders": [said["word"] for said in found.said]}


def _users(run: Run) -> dict[str, Any] | None:
    """How simulated users came to their words."""
    if run.repeats is not None:
        return {"repeated_from": run.repeats.number}
    return {"played_by": run.user_model} if run.user_model else None


def conversations_of(run: Run, *, transcripts: bool = False) -> Iterator[Reported]:
    subjects = {subject.pk: subject for subject in run.subjects.all()}
    verdicts: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in Verdict.objects.filter(conversation__run=run).order_by("conversation", "expect"):
        verdicts[verdict.conversation_id].append(verdict)
    preferences = {found.conversation_id: found for found in Preference.objects.filter(conversation__run=run)}
    order = {form["id"]: index for index, form in enumerate(run.suite_version.played)}
    found = run.conversations.order_by("subject__position", "pk")
    found = found if transcripts else found.defer("messages")
    for conversation in sorted(
        found, key=lambda c: (order[c.scenario], subjects[c.subject_id].position, c.sample)
    ):
        yield Reported(
            conversation,
            subjects[conversation.subject_id],
            tuple(verdicts[conversation.pk]),
            preferences.get(conversation.pk),
        )


def _seconds(run: Run) -> float:
    """From the first conversation's start to the last one's end; what answers waited in batches is counted in."""
    span = run.conversations.aggregate(first=Min("started_at"), last=Max("finished_at"))
    if not span["first"] or not span["last"]:
        return 0.0
    began = run.created_at if run.economy else span["first"]
    return max(0.0, round((span["last"] - began).total_seconds(), 3))


def _add_outcome(
    case: ElementTree.Element, reported: Reported, expectations: tuple[Expectation, ...]
) -> None:
    conversation = reported.conversation
    if conversation.status != Conversation.Status.FINISHED:
        words = conversation.error or conversation.get_status_display()
        ElementTree.SubElement(
            case, "error", message=_xml(words), type=conversation.error_kind or "cancelled"
        )
        return
    wrong = [verdict for verdict in reported.verdicts if verdict.verdict in ("fail", "error")]
    if wrong:
        tag = "failure" if any(verdict.verdict == "fail" for verdict in wrong) else "error"
        lines = [
            f"{verdict.kind}: {verdict.reason} ({expectations[verdict.expect].why})" for verdict in wrong
        ]
        element = ElementTree.SubElement(case, tag, message=_xml(lines[0])[:300], type=wrong[0].kind)
        element.text = _xml("\n".join(lines))
    elif conversation.verdict == "not_graded":
        ElementTree.SubElement(
            case, "skipped", message=_xml(conversation.error or "nothing of it could be graded")
        )


def _xml(text: str) -> str:
    """XML 1.0 has no way to write most control characters."""
    return "".join(char if char in "\t\n\r" or (char >= " " and char not in "￾￿") else "�" for char in text)
