"""The last part of a conversation: the judge's questions, one call each, and the preference over the baseline.

``judged`` in the conversation's row counts the questions that are answered, so that whoever takes it after a death goes
on with the next one. What the judge cannot say is an error of that one verdict, never of the conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from console.provider.calls import Reply
from console.provider.judging.answers import Unusable
from console.provider.judging.marks import NoMark
from console.provider.spending import Reservation, reservation_for
from console.trials import ledger
from console.trials.grading import grade, verdict_rows, word_of
from console.trials.judging import preference, rubric
from console.trials.judging.documents import Document, document
from console.trials.judging.questions import Question, questions_of
from console.trials.leases import Lease
from console.trials.ledger import Outcome, StepRow, persistently
from console.trials.models import Verdict
from console.trials.moves import After, Part, ask_again, go_on, write_with
from console.trials.plans import Plan
from console.trials.scenarios import Scenario
from console.trials.transcript import Turn, turns

ROLE = "judge"


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation whose talk is over, and what a judge is asked about it."""

    scenario: Scenario
    said: tuple[Turn, ...]
    questions: tuple[Question, ...]
    compares: bool

    @property
    def total(self) -> int:
        return len(self.questions) + preference.ORDERS * self.compares

    def document(self, question: Question) -> Document:
        return document(question.rubric, self.said, question.turn)


def begin(lease: Lease, plan: Plan, messages: list[dict[str, Any]], ended_turns: int) -> Outcome:
    """What becomes of a conversation whose last turn ended: finished, or left to the judge."""
    scenario = plan.scenario(lease.scenario)
    grades, case = grade(scenario, messages), _case(lease, plan, messages)
    asked = {question.expect for question in case.questions}
    rows = [row for row in verdict_rows(lease.id, scenario, grades) if row.expect not in asked]
    over = Outcome(
        "finished",
        messages,
        turns=ended_turns,
        step=lease.step + 1,
        verdict=grades.word,
        ungraded=grades.ungraded,
        verdicts=rows,
    )
    if not case.total:
        return over
    first = _reservation(plan, case, 0)
    return replace(over, status="waiting", verdict="", ungraded=0, judged=0, next=first)


def _case(lease: Lease, plan: Plan, messages: list[dict[str, Any]]) -> Case:
    scenario, said = plan.scenario(lease.scenario), turns(messages)
    questions = questions_of(scenario, grade(scenario, messages), len(said), judge=plan.judge)
    compares = plan.compares and bool(plan.judge) and lease.subject != plan.baseline
    return Case(scenario, said, questions, compares)


def _reservation(plan: Plan, case: Case, at: int) -> Reservation:
    """What the judge's next call may use; nothing for one that cannot be made, which is found out when it is taken."""
    try:
        if at >= len(case.questions):
            call = preference.roughly(case.scenario, case.said, plan.judge)
        else:
            call = rubric.ask(case.document(case.questions[at]), plan.judge).call
    except NoMark:
        return Reservation()
    return reservation_for(call, rehearsal=plan.endpoint.rehearsal)


def part_of(lease: Lease, plan: Plan) -> Part | After:
    """The next question, or what became of the conversation without a call."""
    case, at = _case(lease, plan, lease.messages), lease.judged or 0
    if at < len(case.questions):
        return _ask(lease, plan, case, case.questions[at])
    if at < case.total:
        return preference.part_of(
            lease,
            plan,
            preference.Pair(case.scenario, case.said, at - len(case.questions)),
            settled=partial(_move_on, lease, plan, case),
        )
    return _move_on(lease, plan, case, None, ())


def _ask(lease: Lease, plan: Plan, case: Case, question: Question) -> Part | After:
    settled = partial(_settled, lease, plan, case, question)

    def failed(step: StepRow | None, kind: str, words: str) -> After:
        details = {"kind": kind, "model": plan.judge}
        return settled(step, "error", f"the judge gave no verdict: {words}", details)

    def answered(reply: Reply) -> After:
        step = ledger.step_of(reply, role=ROLE, of_turn=lease.turns)
        try:
            said = rubric.read(reply, asked, rehearsal=plan.endpoint.rehearsal)
        except Unusable as error:
            return ask_again(lease, step, error, failed)
        return settled(step, said.verdict, said.why, details_of(said, reply))

    try:
        asked = rubric.ask(case.document(question), plan.judge)
    except NoMark:
        return failed(None, "mark", "the conversation holds the marks that were drawn to fence it in.")
    return Part(asked.call, answered, failed, role=ROLE, of_turn=lease.turns)


def details_of(said: rubric.Said, reply: Reply) -> dict[str, Any]:
    details: dict[str, Any] = {"model": reply.model[:120], "quotes": list(said.quotes)}
    if said.addressed:
        details["addressed"] = list(said.addressed)
    return details | {"rehearsal": True} if said.rehearsal else details


def _settled(
    lease: Lease,
    plan: Plan,
    case: Case,
    question: Question,
    step: StepRow | None,
    word: str,
    reason: str,
    details: dict[str, Any],
) -> After:
    expectation = case.scenario.expect[question.expect]
    row = Verdict(
        conversation_id=lease.id,
        expect=question.expect,
        kind=expectation.kind,
        verdict=word,
        turn=question.turn,
        reason=reason,
        limits=list(case.scenario.limits_of(expectation)),
        judge=rubric.version_of(plan.judge),
        details=details,
    )
    return _move_on(lease, plan, case, step, [row])


def _move_on(
    lease: Lease,
    plan: Plan,
    case: Case,
    step: StepRow | None,
    rows: Sequence[Verdict],
    alongside: Callable[[], None] = lambda: None,
) -> After:
    """To the next question, or to the end. ``step`` None: no call was made."""
    following, at = lease.step + (step is not None), (lease.judged or 0) + 1
    if at >= case.total:
        return _finish(lease, step, rows, Outcome("finished", turns=lease.turns, step=following), alongside)
    going = Outcome(
        "running",
        turns=lease.turns,
        step=following,
        judged=at,
        verdicts=rows,
        next=_reservation(plan, case, at),
    )
    return go_on(lease, step, going, alongside=alongside)


def _finish(
    lease: Lease,
    step: StepRow | None,
    rows: Sequence[Verdict],
    outcome: Outcome,
    alongside: Callable[[], None],
) -> After:
    earlier = Verdict.objects.filter(conversation=lease.id).values_list("verdict", flat=True)
    words = [*persistently(lambda: list(earlier)), *(row.verdict for row in rows)]
    done = replace(outcome, verdict=word_of(words), ungraded=words.count("not_graded"), verdicts=rows)
    return write_with(lease, step, done, alongside)
