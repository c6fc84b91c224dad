"""What does not change while a run or a chat goes on, read once a process: who answers, what is asked, where it goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from console.problems import DomainError
from console.provider.allowance import Allowance, allowance_of
from console.provider.calls import Block, Caching, Call
from console.provider.endpoints import Endpoint, deployed, endpoint_at, endpoint_for, endpoint_of
from console.provider.errors import ProviderError
from console.provider.models import ProviderAccount
from console.trials.models import Chat, Run, Subject
from console.trials.scenarios import Scenario, parse_scenario
from console.trials.tools import Offered, offered
from console.trials.transcript import Entry, api_messages
from policies import Variable, fill
from policies.forms import read

DEADLINE = 120.0  # seconds for one call; the lease is renewed meanwhile


@dataclass(frozen=True, slots=True)
class Answering:
    """A subject in one scenario: everything of a call but the messages."""

    model: str
    system: str
    max_tokens: int
    tools: Mapping[str, Offered]
    effort: str | None = None
    thinking: Block | None = None
    stop_sequences: tuple[str, ...] = ()

    def call(self, entries: Sequence[Entry], *, cache: Caching) -> Call:
        return Call(
            model=self.model,
            messages=api_messages(entries),
            system=self.system,
            max_tokens=self.max_tokens,
            tools=tuple(tool.for_api() for tool in self.tools.values()),
            effort=self.effort,
            thinking=self.thinking,
            stop_sequences=self.stop_sequences,
            cache=cache,
            deadline=DEADLINE,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A run, or a chat (no scenarios)."""

    endpoint: Endpoint
    model: str  # "" in a chat: each subject answers on its own
    subjects: Mapping[int, Subject]
    forms: Mapping[str, Mapping[str, Any]]  # the scenarios as they are stored
    limits: Allowance  # of each conversation
    values: Mapping[str, Any] = field(default_factory=dict)  # of variables, in a chat
    judge: str = ""  # the model that judges; "": none does
    user: str = ""  # the model that plays simulated users
    compares: bool = False
    baseline: int = 0  # the subject that the others are compared with
    read_at: float = field(default_factory=time.monotonic)
    _scenarios: dict[str, Scenario] = field(default_factory=dict)
    _answering: dict[tuple[int, str], Answering] = field(default_factory=dict)

    def scenario(self, name: str) -> Scenario:
        """Parsed when it is first needed: a suite may be large, and a process may meet little of it."""
        found = self._scenarios.get(name)
        if found is None:
            found = self._scenarios[name] = parse_scenario(self.forms[name])
        return found

    def answering(self, subject: int, scenario: str) -> Answering:
        """How ``subject`` answers in ``scenario`` ("" in a chat)."""
        found = self._answering.get((subject, scenario))
        if found is None:
            in_scenario = self.scenario(scenario) if scenario else None
            values = in_scenario.variables if in_scenario else self.values
            found = answering(self.subjects[subject], self.model, in_scenario, values)
            self._answering[subject, scenario] = found
        return found


def answering(
    subject: Subject, model: str, scenario: Scenario | None, values: Mapping[str, Any]
) -> Answering:
    """How ``subject`` answers. Raises policies.FillError when a variable of its prompt has no value."""
    params = subject.params
    return Answering(
        model=model or params["model"],
        system=filled(subject, values),
        max_tokens=params.get("max_tokens", 1024),
        tools=offered(subject.tools, scenario),
        effort=params.get("output_config", {}).get("effort"),
        thinking=params.get("thinking"),
        stop_sequences=tuple(params.get("stop_sequences", ())),
    )


def filled(subject: Subject, values: Mapping[str, Any]) -> str:
    """The system prompt with its variables filled in; values for other prompts' variables are left aside."""
    variables = {name: read(Variable, declared) for name, declared in subject.variables.items()}
    known = {name: value for name, value in values.items() if name in variables}
    return fill(subject.params.get("system", ""), known, variables)


_KEPT = 64
_FRESH = 5.0  # seconds for which an account's key and address are taken to be what they were
_plans: dict[int, Plan] = {}
_reading = threading.Lock()


def plan_of_run(run_id: int) -> Plan:
    """The plan of a run, kept for the threads that serve it."""
    plan = _plans.get(run_id)
    if plan is None or _is_stale(plan):
        with _reading:
            plan = _renewed(run_id, _plans.get(run_id))
            while len(_plans) >= _KEPT:
                _plans.pop(next(iter(_plans)))
            _plans[run_id] = plan
    return plan


def _is_stale(plan: Plan) -> bool:
    return plan.endpoint.account is not None and time.monotonic() > plan.read_at + _FRESH


def _renewed(run_id: int, plan: Plan | None) -> Plan:
    """The plan with its account as it is now: its key may have been changed, or it may have been closed."""
    if plan is None:
        return _read_plan(run_id)
    if not _is_stale(plan):
        return plan
    run = Run.objects.select_related("account").get(pk=run_id)
    return replace(plan, endpoint=run_endpoint(run), read_at=time.monotonic())


def forgiven(plan: Plan, error: ProviderError) -> ProviderError:
    """A refused key may be tried again where the account has another one by now; the next turn reads it."""
    if error.kind != "refused_key" or plan.endpoint.account is None:
        return error
    account = ProviderAccount.objects.get(pk=plan.endpoint.account)
    if account.closed_at is not None or endpoint_of(account).api_key == plan.endpoint.api_key:
        return error
    with _reading:
        for run_id in [run_id for run_id, known in _plans.items() if known.endpoint == plan.endpoint]:
            del _plans[run_id]
    return ProviderError("refused_key", detail=error.detail, retryable=True, http_status=error.http_status)


def _read_plan(run_id: int) -> Plan:
    run = Run.objects.select_related("workspace", "suite_version", "account").get(pk=run_id)
    return Plan(
        endpoint=run_endpoint(run),
        limits=allowance_of(run.workspace_id),
        model=run.model,
        subjects={subject.pk: subject for subject in run.subjects.all()},
        forms={form["id"]: form for form in run.suite_version.played},
        judge=run.judge_model,
        user=run.user_model,
        compares=run.compares,
        baseline=next(iter(run.subjects.filter(position=0).values_list("pk", flat=True)), 0),
    )


def plan_of_chat(chat: Chat, subjects: Iterable[Subject]) -> Plan:
    return Plan(
        endpoint=endpoint_for(chat.workspace, chat.account),
        limits=allowance_of(chat.workspace_id),
        model=chat.model,
        subjects={subject.pk: subject for subject in subjects},
        forms={},
        values=chat.values,
    )


class AccountGone(DomainError):
    """The run's account was closed or leads elsewhere: no call of the run can be made any more."""


def run_endpoint(run: Run) -> Endpoint:
    """Where the run's calls go. An address of a command's own never gets the configured key.

    Raises AccountGone where the account leads elsewhere by now: half of the answers would be another server's.
    """
    if run.base_url:
        return endpoint_at(run.base_url)
    if run.account is None:
        return deployed()
    try:
        endpoint = endpoint_of(run.account)
    except DomainError as error:
        raise AccountGone(error.message, error.what_to_do) from error
    if endpoint.name != run.endpoint:
        raise AccountGone(
            f"The run began at {run.endpoint}, and the account {run.account.name} leads elsewhere now.",
            "Start another run.",
        )
    return endpoint
