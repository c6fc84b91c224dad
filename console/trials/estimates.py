"""What a run will take, before it starts: calls, tokens, money. Rough in the tokens of the answers, exact in the calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from console.provider import pricing
from console.provider.requests import tokens_in
from console.trials.scenarios import Scenario
from console.trials.subjects import SubjectForm

REPLY = 300  # tokens of an answer, unless max_tokens is lower
FRAME = 6  # tokens around each message
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
    left_out: int = 0  # conversations that need a simulated user

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


def estimate_run(
    *,
    scenarios: Sequence[Scenario],
    subjects: Sequence[SubjectForm],
    model: str,
    samples: int,
    rehearsal: bool = False,
) -> Estimate:
    """All cells together; a tool loop is counted as two calls a turn."""
    fixed = [scenario for scenario in scenarios if scenario.turns]
    calls = given = taken = 0
    for subject in subjects:
        system = tokens_in(str(subject.params.get("system", "")))
        reply = min(REPLY, int(subject.params.get("max_tokens", REPLY)))
        for scenario in fixed:
            one_calls, one_given, one_taken = _conversation(scenario, system, reply, bool(subject.tools))
            calls, given, taken = calls + one_calls, given + one_given, taken + one_taken
    calls, given, taken = calls * samples, given * samples, taken * samples
    cost = (
        Decimal(0)
        if rehearsal
        else pricing.estimate(model, input_tokens=given, output_tokens=taken, at=datetime.now(UTC))
    )
    return Estimate(
        conversations=len(fixed) * len(subjects) * samples,
        calls=calls,
        input_tokens=given,
        output_tokens=taken,
        cost=cost,
        left_out=(len(scenarios) - len(fixed)) * len(subjects) * samples,
    )


def _conversation(scenario: Scenario, system: int, reply: int, has_tools: bool) -> tuple[int, int, int]:
    per_turn = CALLS_WITH_TOOLS if has_tools or scenario.tools else 1
    history = calls = given = 0
    for turn in scenario.turns:
        history += tokens_in(turn.user) + FRAME
        for _ in range(per_turn):
            given += system + history
            history += reply + FRAME
            calls += 1
    return calls, given, calls * reply
