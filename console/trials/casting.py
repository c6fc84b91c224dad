"""Who judges a run and who plays its users: models beside the one under test, or the users of an earlier run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from console.accounts.models import Workspace
from console.problems import Invalid
from console.prompts.judge_settings import settled
from console.provider.catalogue import list_models
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from console.trials.judging.questions import may_ask
from console.trials.models import Conversation, Run
from console.trials.scenarios import Scenario
from console.trials.transcript import turns
from policies.forms import did_you_mean


@dataclass(frozen=True, slots=True)
class Cast:
    """``judge``, ``user``: models; None: the workspace's judge where the endpoint has it, else the model under test.

    ``judge`` "": nothing is judged. ``compares``: it also says which answers it prefers, the baseline's or the others'.
    ``repeats``: a run whose users are repeated word by word instead of being played anew.
    """

    judge: str | None = None
    user: str | None = None
    compares: bool = False
    repeats: Run | None = None


USUAL = Cast()


def needs_judge(scenarios: Iterable[Scenario]) -> bool:
    return any(may_ask(expectation) for scenario in scenarios for expectation in scenario.expect)


def needs_user(scenarios: Iterable[Scenario]) -> bool:
    return any(scenario.simulated_user for scenario in scenarios)


def judge_of(
    cast: Cast, workspace: Workspace, endpoint: Endpoint, model: str, scenarios: Sequence[Scenario]
) -> str:
    """The run's judge, or "" where nothing is judged. Raises Invalid, also for a wrong name that nothing needs."""
    if cast.judge == "":
        if cast.compares:
            raise Invalid(
                "Preferences need a judge, and this run has none.", "Choose one, or leave them out."
            )
        return ""
    is_needed = cast.compares or needs_judge(scenarios)
    if not is_needed and cast.judge is None:
        return ""
    offered = _offered(cast.judge, settled(workspace).model, endpoint, model, "judge")
    return offered if is_needed else ""


def user_of(
    cast: Cast, workspace: Workspace, endpoint: Endpoint, model: str, scenarios: Sequence[Scenario]
) -> str:
    """The model that plays the users, or "" where none is simulated or all are repeated. Raises Invalid."""
    is_needed = cast.repeats is None and needs_user(scenarios)
    if not is_needed and not cast.user:
        return ""
    offered = _offered(cast.user, settled(workspace).model, endpoint, model, "play the users")
    return offered if is_needed else ""


def _offered(chosen: str | None, default: str, endpoint: Endpoint, model: str, what: str) -> str:
    """The chosen model, which the endpoint must have; by default one that it has."""
    try:
        names = {known.id for known in list_models(endpoint)}
    except ProviderError:
        names = set()  # a server without a list is taken at the word given
    if chosen:
        if names and chosen not in names:
            raise Invalid(
                f'{endpoint.name} offers no model "{chosen}" to {what}.{did_you_mean(chosen, names)}',
                f"It offers {', '.join(sorted(names)[:8])}.",
            )
        return chosen
    return default if default in names else model


Scripts = dict[tuple[str, int], list[str]]  # by scenario and sample


def scripts_of(cast: Cast, scenarios: Sequence[Scenario], samples: int) -> Scripts:
    """What the users of the repeated run said to its baseline, for each scenario with a simulated user.

    Where it had fewer samples they are repeated in turn. Raises Invalid where it holds nothing to repeat.
    """
    simulated = [scenario for scenario in scenarios if scenario.simulated_user]
    if cast.repeats is None or not simulated:
        return {}
    known = _said_in(cast.repeats, simulated)
    for scenario in simulated:
        if not known[scenario.id]:
            raise Invalid(
                f"Run {cast.repeats.number} has no finished conversation of “{scenario.title}” to repeat.",
                "Choose another run, or let the users be played anew.",
            )
    return {
        (scenario.id, sample): known[scenario.id][(sample - 1) % len(known[scenario.id])]
        for scenario in simulated
        for sample in range(1, samples + 1)
    }


def _said_in(run: Run, scenarios: Sequence[Scenario]) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = defaultdict(list)
    cells = run.conversations.filter(
        status=Conversation.Status.FINISHED, subject__position=0, scenario__in=[s.id for s in scenarios]
    )
    for scenario, messages in cells.order_by("sample").values_list("scenario", "messages"):
        found[scenario].append([turn.said for turn in turns(messages)])
    return found
