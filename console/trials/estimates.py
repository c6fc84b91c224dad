"""What a run will take, before it starts: calls, tokens, money. Rough in the tokens of the answers, exact in the calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from console.provider import pricing
from console.provider.requests import tokens_in
from console.trials import stats
from console.trials.judging.preference import ORDERS
from console.trials.judging.questions import may_ask
from console.trials.scenarios import Scenario
from console.trials.subjects import SubjectForm

REPLY = 300  # tokens of an answer, unless max_tokens is lower
FRAME = 6  # tokens around each message
USER = 80  # tokens of a simulated user's message
JUDGE, JUDGEMENT = 1_100, 350  # tokens of a judge's instructions with their controls, and of its answer
CALLS_WITH_TOOLS = 2  # a turn in which tools are offered, on average

PLAIN = SubjectForm("", "", {}, {}, [])  # to count the calls of a suite before anybody chose what answers


@dataclass(frozen=True, slots=True)
class Estimate:
    """``cost`` is None when no price of the model is known."""

    conversations: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    judge_calls: int = 0  # of the calls
    user_calls: int = 0
    detectable: float | None = None  # the least difference of two revisions that it is planned to show
    for_ten_points: int = 0  # scenarios that would show one of ten points

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Beside:
    """The models beside the one under test, by which a run is judged and its users are played; "": none."""

    judge: str = ""
    user: str = ""
    compares: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """What calls of one model take."""

    calls: int = 0
    given: int = 0
    taken: int = 0

    def __add__(self, other: Load) -> Load:
        return Load(self.calls + other.calls, self.given + other.given, self.taken + other.taken)

    def __mul__(self, times: int) -> Load:
        return Load(self.calls * times, self.given * times, self.taken * times)

    def cost(self, model: str, *, batch: bool = False) -> Decimal | None:
        if not self.calls:
            return Decimal(0)
        return pricing.estimate(
            model, input_tokens=self.given, output_tokens=self.taken, at=datetime.now(UTC), batch=batch
        )


NOTHING = Load()


def estimate_run(
    *,
    scenarios: Sequence[Scenario],
    subjects: Sequence[SubjectForm],
    model: str,
    samples: int,
    rehearsal: bool = False,
    beside: Beside = Beside(),
    economy: bool = False,
) -> Estimate:
    """All cells together; a tool loop is counted as two calls a turn, a simulated user as staying to the end."""
    tested = judged = played = NOTHING
    for position, subject in enumerate(subjects):
        system = tokens_in(str(subject.params.get("system", "")))
        reply = min(REPLY, int(subject.params.get("max_tokens", REPLY)))
        for scenario in scenarios:
            said, transcript = _conversation(scenario, system, reply, bool(subject.tools))
            tested += said
            judged += _judged(scenario, transcript, beside, is_candidate=position > 0)
            played += _played(scenario, reply, beside)
    tested, judged, played = tested * samples, judged * samples, played * samples
    whole = tested + judged + played
    costs = [tested.cost(model, batch=economy), judged.cost(beside.judge), played.cost(beside.user)]
    known = [cost for cost in costs if cost is not None]
    return Estimate(
        conversations=len(scenarios) * len(subjects) * samples,
        calls=whole.calls,
        input_tokens=whole.given,
        output_tokens=whole.taken,
        cost=Decimal(0) if rehearsal else sum(known, Decimal(0)) if len(known) == len(costs) else None,
        judge_calls=judged.calls,
        user_calls=played.calls,
        detectable=_detectable(scenarios, samples) if len(subjects) > 1 else None,
        for_ten_points=stats.scenarios_needed(0.10, samples),
    )


def _detectable(scenarios: Sequence[Scenario], samples: int) -> float | None:
    """Variants of one idea count once; None where so few show nothing at all."""
    clusters = len({scenario.cluster for scenario in scenarios})
    least = stats.detectable_with(clusters, samples) if clusters else 1.0
    return least if least < 1 else None


def _conversation(scenario: Scenario, system: int, reply: int, has_tools: bool) -> tuple[Load, int]:
    """What the subject's calls take, and the tokens of the whole transcript."""
    per_turn = CALLS_WITH_TOOLS if has_tools or scenario.tools else 1
    history = calls = given = 0
    for said in _said(scenario):
        history += said + FRAME
        for _ in range(per_turn):
            given += system + history
            history += reply + FRAME
            calls += 1
    return Load(calls, given, calls * reply), history


def _said(scenario: Scenario) -> list[int]:
    """Tokens of each user message."""
    if scenario.simulated_user is None:
        return [tokens_in(turn.user) for turn in scenario.turns]
    return [tokens_in(scenario.simulated_user.opening), *[USER] * (scenario.most_turns - 1)]


def _judged(scenario: Scenario, transcript: int, beside: Beside, *, is_candidate: bool) -> Load:
    if not beside.judge:
        return NOTHING
    questions = [e for e in scenario.expect if may_ask(e)]
    rubrics = sum(tokens_in(str(e.value)) for e in questions)
    asked = Load(len(questions), len(questions) * (JUDGE + transcript) + rubrics, len(questions) * JUDGEMENT)
    if not (beside.compares and is_candidate):
        return asked
    return asked + Load(ORDERS, ORDERS * (JUDGE + 2 * transcript + rubrics), ORDERS * JUDGEMENT)


def _played(scenario: Scenario, reply: int, beside: Beside) -> Load:
    """The user's later messages, each a call that reads the conversation so far."""
    if not beside.user or scenario.simulated_user is None:
        return NOTHING
    calls = scenario.most_turns - 1
    so_far = sum(turn * (USER + reply + 2 * FRAME) for turn in range(1, calls + 1))
    own = tokens_in(scenario.simulated_user.persona + scenario.simulated_user.goal)
    return Load(calls, calls * (JUDGE // 2 + own) + so_far, calls * USER)
