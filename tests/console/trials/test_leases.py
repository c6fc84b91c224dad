"""Leases and their fence, with real threads and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from console.embedded.processes import wait_until
from console.provider import client
from console.provider.gate import Gate
from console.trials import conversation, leases, sweeps, worker
from console.trials.leases import Lease, LeaseLost
from console.trials.ledger import Outcome, StepRow, write
from console.trials.models import Conversation, Month, Run, Step, Tick
from console.trials.pulse import Pulse
from tests.console.trials.workers import POOL, finished, work, workers
from tests.environment import database_name
from tests.factories import make_run, make_scenario, make_workspace
from tests.messages_api import MessagesAPI, messages_api
from tests.services import SERVER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api() -> Iterator[MessagesAPI]:
    with messages_api(key=None) as server:
        yield server


def make_cells(api: MessagesAPI, count: int, **fields: Any) -> Run:
    return make_run(None, *(make_scenario(f"s{n:03}") for n in range(count)), base_url=api.url, **fields)


def take() -> Lease:
    lease = leases.take(POOL)
    assert lease is not None
    return lease


def run_out(*held: Lease) -> None:
    Conversation.objects.filter(pk__in=[lease.id for lease in held]).update(lease_until="2020-01-01T00:00Z")


def done(lease: Lease) -> Outcome:
    return Outcome("finished", lease.messages, turns=1, step=2, verdict="pass")


def booked(run: Run) -> tuple[int, int]:
    """What run and month hold reserved: always what the leases hold."""
    run.refresh_from_db()
    held = Conversation.objects.filter(status="running")
    month = Month.objects.get(workspace=run.workspace_id)
    assert run.in_flight == month.in_flight == held.count()
    assert run.reserved_tokens == month.reserved_tokens == sum(held.values_list("reserved_tokens", flat=True))
    return run.in_flight, run.reserved_tokens


def test_a_claim_sorts_nothing_however_many_wait(api: MessagesAPI) -> None:
    """It can be answered by the index of what waits; of three rows alone the planner might rather read all."""
    make_cells(api, 3)
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {leases.TAKE}", {"pool": POOL, "seconds": 30, "holder": ""})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert plan.count("Index Scan using conversations_to_take") == 2 and "Sort Key: w" not in plan


def test_claims_are_planned_once_whatever_their_numbers(api: MessagesAPI) -> None:
    make_cells(api, 6)
    planned = []
    for tokens in (1, 40_000, 3_000_000, 1, 40_000, 1):
        write(take(), StepRow(ok=True, input_tokens=tokens), Outcome("finished", [], turns=1, step=2))
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM pg_prepared_statements")
            planned.append(cursor.fetchall())
    assert planned[0] and planned == planned[:1] * 6


def test_a_database_that_goes_away_between_claim_and_call_is_no_fault_of_the_conversation(
    api: MessagesAPI,
) -> None:
    """A thread keeps its connection until the call: PostgreSQL dies under it."""
    run = make_cells(api, 1)
    lease = take()
    with psycopg.connect(SERVER.replace("/remit?", f"/{database_name()}?"), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    after = worker._turn(lease, client.create)
    assert after is not None and after.status == "waiting" and not api.calls
    work()
    assert finished(run).calls == 1 and run.conversations.get().status == "finished"


def test_a_conversation_is_held_by_one_and_each_token_is_new(api: MessagesAPI) -> None:
    run = make_cells(api, 2)
    first, second = take(), take()
    assert first.id != second.id and second.token > first.token
    assert leases.take(POOL) is None
    assert booked(run)[0] == 2


def test_no_number_of_takers_exceeds_the_runs_concurrency(api: MessagesAPI) -> None:
    run = make_cells(api, 40, concurrency=3)
    taken: list[Lease] = []
    barrier = threading.Barrier(12)

    def take_all() -> None:
        barrier.wait(10)
        for _ in range(4):
            if lease := leases.take(POOL):
                taken.append(lease)
        connection.close()

    threads = [threading.Thread(target=take_all) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(taken) == 3 == len({lease.id for lease in taken}) == booked(run)[0]


def test_who_lost_the_lease_writes_nothing(api: MessagesAPI) -> None:
    run = make_cells(api, 1)
    late = take()
    run_out(late)
    leases.reclaim()
    other = take()
    with pytest.raises(LeaseLost):
        write(late, StepRow(ok=True, input_tokens=99), done(late))
    with pytest.raises(LeaseLost):
        leases.give_back(late)
    assert list(Step.objects.values_list("attempt", "error_kind")) == [(1, "lost")]
    write(other, StepRow(ok=True, input_tokens=7), done(other))
    run.refresh_from_db()
    assert (run.input_tokens, run.calls) == (7, 2)
    assert booked(run) == (0, 0)


def test_a_finished_conversation_is_not_written_twice(api: MessagesAPI) -> None:
    make_cells(api, 1)
    lease = take()
    write(lease, StepRow(ok=True), done(lease))
    with pytest.raises(LeaseLost):
        write(lease, StepRow(ok=True), done(lease))
    assert Step.objects.count() == 1


def test_a_dead_workers_conversations_are_taken_back_and_the_lost_call_shows(api: MessagesAPI) -> None:
    run = make_cells(api, 3)
    run_out(take(), take())
    alive = take()
    assert leases.reclaim() == 2
    assert booked(run)[0] == 1
    assert Conversation.objects.get(pk=alive.id).status == "running"
    back = Conversation.objects.filter(status="waiting")
    assert {(cell.attempt, cell.claims, cell.calls) for cell in back} == {(2, 1, 1)}
    assert list(Step.objects.values_list("ok", "error_kind").distinct()) == [(False, "lost")]


def test_leases_of_a_process_known_to_be_dead_are_taken_back_at_once(api: MessagesAPI) -> None:
    make_cells(api, 1)
    take()
    assert leases.reclaim(lease_holder=leases.holder_of(1)) == 0
    assert leases.reclaim(lease_holder=leases.holder()) == 1


def test_of_what_a_dead_worker_held_no_more_calls_are_lost_than_were_under_way(api: MessagesAPI) -> None:
    """A command's workers claim a few conversations ahead; their requests wait at the gate (console/provider/gate.py)."""
    run = make_cells(api, 4, concurrency=2, ahead=1)
    first, second, ready = take(), take(), take()
    assert leases.take(POOL) is None
    run_out(ready, first, second)
    assert leases.reclaim() == 3
    assert booked(run) == (0, 0)
    lost = Step.objects.filter(error_kind="lost").values_list("conversation_id", flat=True)
    assert set(lost) == {first.id, second.id}
    untouched = Conversation.objects.get(pk=ready.id)
    assert (untouched.status, untouched.attempt, untouched.claims, untouched.calls) == ("waiting", 1, 0, 0)
    assert run.calls == 2


def test_what_was_claimed_ahead_is_put_back_when_its_call_may_not_begin(api: MessagesAPI) -> None:
    run = make_cells(api, 1, concurrency=1, ahead=1)
    gate = Gate(0)
    lease = take()
    with ThreadPoolExecutor(1) as thread:
        turn = thread.submit(worker._turn, lease, partial(client.create, gate=gate))
        assert wait_until(lambda: bool(gate._waiting), within=10)
        gate.send_back()
        after = turn.result(10)
        thread.submit(lambda: connection.close()).result(10)
    assert after is not None and after.status == "waiting"
    assert booked(run) == (0, 0)
    assert (len(api.calls), Step.objects.count()) == (0, 0)


def die_with(conversation: int) -> None:
    """A worker claims until it has the conversation too, and dies; nothing is held against the others."""
    while take().id != conversation:
        pass
    Conversation.objects.filter(status="running").update(lease_until="2020-01-01T00:00Z")
    leases.reclaim()
    Conversation.objects.exclude(pk=conversation).update(claims=0)


def test_a_row_that_kills_its_workers_is_set_aside_until_the_others_are_through(api: MessagesAPI) -> None:
    run = make_cells(api, 3, concurrency=3)
    poison = run.conversations.order_by("pk")[0].pk
    for _ in range(leases.ASIDE):
        die_with(poison)
    others = [take(), take()]
    assert poison not in {lease.id for lease in others} and leases.take(POOL) is None
    for lease in others:
        write(lease, StepRow(ok=True), done(lease))
    die_with(poison)
    cell = Conversation.objects.get(pk=poison)
    assert (cell.status, cell.verdict, cell.error_kind) == ("error", "error", "set_aside")
    assert "4 workers died" in cell.error
    finished(run)
    assert sorted(run.conversations.values_list("status", flat=True)) == ["error", "finished", "finished"]


def test_a_row_that_was_only_met_by_three_deaths_is_finished_at_the_end(api: MessagesAPI) -> None:
    run = make_cells(api, 3)
    run.conversations.filter(scenario="s000").update(claims=leases.ASIDE)
    work()
    finished(run)
    assert {*run.conversations.values_list("status", "claims")} == {("finished", 0)}
    assert api.calls[-1] and run.conversations.order_by("finished_at").last().scenario == "s000"


def test_suspects_are_tried_one_at_a_time(api: MessagesAPI) -> None:
    run = make_cells(api, 3)
    run.conversations.update(claims=leases.SUSPECT)
    take()
    assert leases.take(POOL) is None
    run.conversations.filter(status="waiting").update(claims=0)
    assert leases.take(POOL) is not None


def test_a_step_that_ended_clears_the_suspicion(api: MessagesAPI) -> None:
    run = make_cells(api, 1)
    run.conversations.update(claims=2)
    work()
    assert run.conversations.get().claims == 0


def test_a_heartbeat_keeps_a_lease_and_notices_its_loss(api: MessagesAPI, settings: Any) -> None:
    settings.REMIT_LEASE_SECONDS = 0.6
    make_cells(api, 1)
    lease = take()
    with Pulse().keeping(lease):
        began = Conversation.objects.get(pk=lease.id).lease_until
        assert began is not None
        assert wait_until(
            lambda: (Conversation.objects.get(pk=lease.id).lease_until or began) > began, within=5
        )
        assert leases.reclaim() == 0
        Conversation.objects.filter(pk=lease.id).update(lease_token=lease.token + 1000)
        assert wait_until(lambda: lease.lost, within=5)
    with pytest.raises(LeaseLost):
        write(lease, StepRow(ok=True), done(lease))


def test_an_answer_that_comes_after_the_lease_was_lost_is_discarded(api: MessagesAPI) -> None:
    """As when a worker is paused (SIGSTOP) for longer than its lease, and then goes on."""
    run = make_cells(api, 1)
    lease = take()
    plan = worker.plan_of_run(run.pk)

    def slow(*_: object) -> Any:
        run_out(lease)
        leases.reclaim()
        return worker.client.create(
            plan.endpoint, conversation.next_call(plan, lease.subject, lease.scenario, lease.messages)
        )

    with pytest.raises(LeaseLost):
        conversation.take_turn(lease, plan, slow)
    work()
    cell = finished(run).conversations.get()
    assert (cell.status, cell.turns, len(cell.messages)) == ("finished", 1, 2)
    assert list(cell.steps.values_list("attempt", "ok")) == [(1, False), (2, True)]


def test_workers_serve_the_workspace_with_the_fewest_calls_in_flight_first(api: MessagesAPI) -> None:
    busy, quiet = make_workspace(), make_workspace()
    many = make_run(busy, *(make_scenario(f"s{n}") for n in range(6)), base_url=api.url)
    for _ in range(3):
        assert take().run == many.pk
    other = make_run(quiet, *(make_scenario(f"s{n}") for n in range(6)), base_url=api.url)
    assert [take().run for _ in range(3)] == [other.pk] * 3


def test_a_pool_is_served_by_its_own_workers_only(api: MessagesAPI) -> None:
    make_run(base_url=api.url, pool="elsewhere")
    assert leases.take(POOL) is None
    assert leases.take("elsewhere") is not None


def test_what_waits_is_not_taken_before_its_time(api: MessagesAPI) -> None:
    run = make_cells(api, 2)
    leases.give_back(take(), seconds=60)
    assert take().id != run.conversations.get(status="waiting").pk
    assert leases.take(POOL) is None
    Run.objects.filter(pk=run.pk).update(paused_until="2099-01-01T00:00Z")
    run.conversations.filter(status="waiting").update(run_after=None)
    assert leases.take(POOL) is None
    assert sweeps.due(POOL, at_most=5) == 0


def test_of_many_beats_one_gets_the_tick() -> None:
    won: list[bool] = []

    def beat() -> None:
        won.append(sweeps.take_tick("test", every=1_000_000))
        connection.close()

    threads = [threading.Thread(target=beat) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert won.count(True) == 1 == Tick.objects.filter(schedule="test").count()
    assert not sweeps.take_tick("test", every=1_000_000)


def test_hundreds_of_turns_on_many_threads_are_each_made_once(api: MessagesAPI) -> None:
    run = make_run(
        None,
        *(make_scenario(f"s{n}", "One", "Two", "Three") for n in range(40)),
        base_url=api.url,
        samples=2,
        concurrency=16,
    )
    with workers(16):
        finished(run, within=60)
    assert len(api.calls) == run.calls == 240 == Step.objects.filter(ok=True).count()
    assert api.max_in_flight <= 16
    assert booked(run) == (0, 0)
    assert set(run.conversations.values_list("status", "turns")) == {("finished", 3)}
