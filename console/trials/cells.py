"""One cell of a run for reading: the transcripts of two subjects side by side, aligned by turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import zip_longest

from console.prompts.diff_rows import Part, visible
from console.prompts.diffs import word_diff
from console.trials import graders
from console.trials.grading import shown_value
from console.trials.models import Conversation, Preference, Rating, Subject, Verdict
from console.trials.ratings import Calibration
from console.trials.scenarios import Scenario
from console.trials.tool_findings import ToolFinding, tool_findings
from console.trials.transcript import ToolCall, Turn, turns
from console.trials.words import word_count

REWRITTEN = 0.4  # share of words in common below which marking words would mislead
SAID = {"pass": "holds", "fail": "fails", "error": "no verdict", "not_graded": "not graded"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict in words. ``how``: what the grader found; ``why``: why it is expected."""

    word: str
    what: str
    said: str
    how: str
    why: str
    expect: int | None = None
    rubric: str = ""
    quotes: tuple[str, ...] = ()  # of a judge
    calibration: Calibration | None = None  # of the judge that said it
    is_rehearsed: bool = False
    ratings: tuple[Rating, ...] = ()  # by people


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands beside the verdicts of a conversation: people's ratings, and how far its judges can be trusted."""

    ratings: tuple[Rating, ...] = ()
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    def of(self, expect: int | None) -> tuple[Rating, ...]:
        return tuple(rating for rating in self.ratings if rating.expect == expect)


NOTHING = Reading()


@dataclass(frozen=True, slots=True)
class Saying:
    """What was said and called in one step. ``rewritten``: "" or how the whole is marked instead of its words."""

    parts: tuple[Part, ...]
    rewritten: str = ""
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one subject said in a turn."""

    subject: Subject
    sayings: tuple[Saying, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    note: str = ""  # how the reply ended, when it did not simply end
    is_missing: bool = False
    conversation: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn: what the user said, and the answers side by side."""

    number: int
    said: tuple[Part, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a conversation's calls took, apart for whom they were made."""

    tokens: int = 0  # of the assistant's answers
    judge_calls: int = 0
    judge_cost: Decimal = Decimal(0)
    user_calls: int = 0


NOBODY = Spent()


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column, and the verdicts on the whole conversation."""

    subject: Subject
    conversation: Conversation | None
    holds: int
    fails: int
    of: int
    judgements: tuple[Judgement, ...]
    samples: tuple[str, ...] = ()
    findings: tuple[ToolFinding, ...] = ()  # about the use of simulated tools
    ratings: tuple[Rating, ...] = ()  # of the whole, by people
    preference: Preference | None = None
    spent: Spent = NOBODY

    @property
    def passed(self) -> int:
        return sum(word == "pass" for word in self.samples)

    @property
    def judged(self) -> int:
        return sum(word in ("pass", "fail") for word in self.samples)

    @property
    def seconds(self) -> float:
        return self.conversation.milliseconds / 1000 if self.conversation else 0.0

    @property
    def cost(self) -> Decimal:
        """Of everything: the answers, the judge and the simulated user."""
        return self.conversation.cost if self.conversation else Decimal(0)


def exchanges(
    scenario: Scenario,
    columns: Sequence[tuple[Subject, Conversation | None]],
    verdicts: Sequence[Sequence[Verdict]],
    readings: Sequence[Reading],
    *,
    by_word: bool,
) -> list[Exchange]:
    """The turns of all columns, aligned by their number; with two columns the replies are compared."""
    said = [turns(conversation.messages) if conversation else () for _, conversation in columns]
    numbers = sorted({turn.number for each in said for turn in each})
    return [
        _exchange(scenario, number, columns, said, verdicts, readings, by_word=by_word) for number in numbers
    ]


def _exchange(
    scenario: Scenario,
    number: int,
    columns: Sequence[tuple[Subject, Conversation | None]],
    said: Sequence[tuple[Turn, ...]],
    verdicts: Sequence[Sequence[Verdict]],
    readings: Sequence[Reading],
    *,
    by_word: bool,
) -> Exchange:
    found = [next((turn for turn in each if turn.number == number), None) for each in said]
    user = next(turn.said for turn in found if turn)
    sayings = _compared(found, by_word=by_word)
    return Exchange(
        number,
        visible(user),
        tuple(
            replace(
                _answer(
                    subject,
                    turn,
                    sayings[index],
                    judgements(scenario, verdicts[index], number, readings[index]),
                ),
                conversation=conversation.pk if conversation else None,
            )
            for index, ((subject, conversation), turn) in enumerate(zip(columns, found, strict=True))
        ),
    )


def _answer(
    subject: Subject, turn: Turn | None, sayings: tuple[Saying, ...], judged: tuple[Judgement, ...]
) -> Answer:
    if turn is None:
        return Answer(subject, judgements=judged, is_missing=True)
    return Answer(subject, sayings, judged, _ending(turn))


def _ending(turn: Turn) -> str:
    if turn.refused:
        category = f": {turn.refusal}" if turn.refusal and turn.refusal != "unspecified" else ""
        return f"refused by the provider{category}"
    if turn.cut_short:
        return "cut at its longest (max_tokens)"
    return "" if turn.stop else "not answered to the end"


def _compared(found: Sequence[Turn | None], *, by_word: bool) -> list[tuple[Saying, ...]]:
    """Each side's steps. Two sides are compared step by step, a step that one side lacks with nothing."""
    steps = [turn.steps if turn else () for turn in found]
    if not by_word or len(steps) != 2 or not all(steps):
        return [tuple(Saying(visible(text), "", calls) for text, calls in each) for each in steps]
    left, right = [], []
    for (old, old_calls), (new, new_calls) in zip_longest(*steps, fillvalue=("", ())):
        old_marked, new_marked = _marked(old, new)
        left.append(Saying(*old_marked, old_calls))
        right.append(Saying(*new_marked, new_calls))
    return [tuple(left[: len(steps[0])]), tuple(right[: len(steps[1])])]


_Marked = tuple[tuple[Part, ...], str]


def _marked(old: str, new: str) -> tuple[_Marked, _Marked]:
    """Both texts in parts, and how each is marked as a whole where marking words would mislead."""
    if old == new:
        return (visible(old), ""), (visible(new), "")
    changes = word_diff(old, new)
    same = sum(word_count(change.text) for change in changes if change.mark == "same")
    if old and new and same < REWRITTEN * min(word_count(old), word_count(new)):
        return (visible(old), "was"), (visible(new), "rewritten")
    left = [
        part for c in changes if c.mark != "ins" for part in visible(c.text, "del" if c.mark == "del" else "")
    ]
    right = [
        part for c in changes if c.mark != "del" for part in visible(c.text, "ins" if c.mark == "ins" else "")
    ]
    return (tuple(left), ""), (tuple(right), "")


def judgements(
    scenario: Scenario, verdicts: Iterable[Verdict], turn: int | None, reading: Reading = NOTHING
) -> tuple[Judgement, ...]:
    """The verdicts that belong under a turn; those on the whole conversation under None."""
    return tuple(_judgement(scenario, verdict, reading) for verdict in verdicts if verdict.turn == turn)


def _judgement(scenario: Scenario, verdict: Verdict, reading: Reading) -> Judgement:
    expectation = scenario.expect[verdict.expect]
    is_judge = expectation.kind == "judge"
    value = shown_value(expectation.value) if not is_judge else ""
    when = {"last": "at the end, ", "any": ""}.get(str(expectation.turn), "")
    what = f"{when}{graders.title(expectation.kind)} {value}".strip()
    return Judgement(
        verdict.verdict,
        what[:1].upper() + what[1:],
        SAID[verdict.verdict],
        verdict.reason,
        expectation.why,
        expect=verdict.expect,
        rubric=expectation.value if is_judge else "",
        quotes=tuple(verdict.details.get("quotes", ())),
        calibration=reading.calibrations.get(verdict.judge),
        is_rehearsed=bool(verdict.details.get("rehearsal")),
        ratings=reading.of(verdict.expect),
    )


def column(
    subject: Subject,
    conversation: Conversation | None,
    verdicts: Sequence[Verdict],
    scenario: Scenario,
    samples: Iterable[str],
    reading: Reading = NOTHING,
    preference: Preference | None = None,
    spent: Spent = NOBODY,
) -> Column:
    words = [verdict.verdict for verdict in verdicts]
    return Column(
        subject,
        conversation,
        holds=words.count("pass"),
        fails=words.count("fail"),
        of=len(words) - words.count("not_graded"),
        judgements=judgements(scenario, verdicts, None, reading),
        samples=tuple(samples),
        ratings=reading.of(None),
        preference=preference,
        spent=spent,
        findings=tool_findings(turns(conversation.messages)) if conversation else (),
    )
