"""PostgreSQL and the broker start, stop, keep what they were given, and come back from a kill."""

from __future__ import annotations

import os
import pwd
import signal
import traceback
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from console.embedded import folders, processes
from console.embedded.broker import Broker
from console.embedded.layout import EmbeddedError, Places, may_enter, system_user
from console.embedded.postgres import Postgres
from console.embedded.rehearsal import Rehearsal


def connect(where: Places, role: str = "remit_app") -> psycopg.Connection:
    folder = where.postgres_socket.parent
    return psycopg.connect(host=str(folder), user=role, dbname="remit", autocommit=True)


def broker_of(where: Places) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(where.broker_socket))


def kill_all(folder: Path) -> None:
    found = processes.living_in(folder)
    assert found
    processes.end(found, by=signal.SIGKILL)
    assert not processes.living_in(folder)


def test_postgres_keeps_rows_over_a_stop_and_leaves_no_process(where: Places) -> None:
    for expected in (1, 2):
        Postgres(where).start()
        with connect(where, "remit_owner") as owner:
            owner.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        with connect(where) as application:
            application.execute("INSERT INTO kept VALUES (1)")
            assert application.execute("SELECT count(*) FROM kept").fetchone() == (expected,)
        Postgres(where).stop()
        assert not Postgres(where).running()


def test_postgres_listens_on_nothing_but_its_closed_socket(started_before: Places) -> None:
    Postgres(started_before).start()
    main = Postgres(started_before).main_process()
    assert main is not None
    assert [found.laddr for found in main.net_connections("inet")] == []
    assert started_before.postgres_socket.parent.stat().st_mode & 0o777 == 0o700
    assert main.uids().effective != 0


def test_the_application_may_not_alter_or_truncate_what_the_owner_made(started_before: Places) -> None:
    Postgres(started_before).start()
    with connect(started_before, "remit_owner") as owner:
        owner.execute("CREATE TABLE kept (n int)")
    with connect(started_before) as application:
        for statement in ("TRUNCATE kept", "DROP TABLE kept", "CREATE TABLE own (n int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(statement)


def test_postgres_recovers_committed_rows_after_a_kill(
    started_before: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REMIT_EMBEDDED_FAST")  # as outside tests: what is committed is on the disk
    Postgres(started_before).start()
    with connect(started_before, "remit_owner") as owner:
        owner.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        kill_all(started_before.postgres)
    Postgres(started_before).start()
    with connect(started_before) as application:
        assert application.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_noted_process_that_is_now_another_does_not_stop_the_start(started_before: Places) -> None:
    Postgres(started_before).start()
    kill_all(started_before.postgres)
    stranger = psutil.Process()
    note = started_before.postgres / "postmaster.pid"
    lines = note.read_text().splitlines()
    note.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
    lock = started_before.postgres_socket.with_name(".s.PGSQL.5432.lock")
    lock.write_text(lock.read_text().replace(lines[0], str(stranger.pid), 1))
    Postgres(started_before).start()
    assert Postgres(started_before).ready()


def test_a_first_start_that_was_killed_half_way_begins_anew(where: Places) -> None:
    half = where.home / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    Postgres(where).start()
    assert Postgres(where).ready()
    assert not half.exists()


def test_data_of_another_version_are_left_alone_with_a_sentence(where: Places) -> None:
    where.postgres.mkdir()
    (where.postgres / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 12 and this is 18"):
        Postgres(where).start()
    assert (where.postgres / "PG_VERSION").read_text() == "12\n"


def test_a_start_that_fails_says_why(started_before: Places) -> None:
    Postgres(started_before).start()
    Postgres(started_before).stop()
    (started_before.postgres / "postgresql.auto.conf").write_text("shared_buffers = 'many'\n")
    with pytest.raises(EmbeddedError, match=r"postgres did not start: .*shared_buffers"):
        Postgres(started_before).start()


def test_the_broker_keeps_messages_over_a_stop_and_a_kill(where: Places) -> None:
    Broker(where).start()
    broker_of(where).lpush("remit", "one")
    Broker(where).stop()
    Broker(where).start()
    broker_of(where).lpush("remit", "two")
    assert processes.wait_until(lambda: _written(where), within=5)
    kill_all(where.broker)
    Broker(where).start()
    assert broker_of(where).llen("remit") == 2


def _written(where: Places) -> bool:
    return any(b"two" in file.read_bytes() for file in (where.broker / "appendonlydir").glob("*.aof"))


def test_the_broker_starts_with_a_message_cut_off_by_a_kill(where: Places) -> None:
    Broker(where).start()
    broker_of(where).lpush("remit", "one")
    Broker(where).stop()
    (last,) = (where.broker / "appendonlydir").glob("*.incr.aof")
    with last.open("ab") as file:
        file.write(b"*3\r\n$5\r\nLPUSH\r\n$5\r\nre")
    Broker(where).start()
    assert broker_of(where).llen("remit") == 1


def test_messages_that_cannot_be_read_are_set_aside(where: Places) -> None:
    Broker(where).start()
    broker_of(where).lpush("remit", "one")
    Broker(where).stop()
    (last,) = (where.broker / "appendonlydir").glob("*.incr.aof")
    last.write_bytes(b"this is no command\r\n" * 50)
    with pytest.raises(EmbeddedError, match="broker did not start"):
        Broker(where).start()
    Broker(where).start()  # as the supervisor does
    assert broker_of(where).llen("remit") == 0
    assert list(where.broker.glob("unreadable-*"))


def test_a_full_broker_refuses_rather_than_forgets(where: Places) -> None:
    Broker(where).start()
    client = broker_of(where)
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    client.config_set("maxmemory", "3mb")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        for _ in range(100):
            client.lpush("remit", os.urandom(100_000))
    assert client.llen("remit") > 0


def test_a_folder_that_is_no_folder_is_named(data: Path) -> None:
    (data / "run").write_text("in the way")
    with pytest.raises(EmbeddedError, match=r"run is in the way: a folder is needed there"):
        folders.prepare(Places(data=data, home=data, run=data / "run"), None)


def test_the_rehearsal_endpoint_answers_on_its_socket_and_comes_back_after_a_kill(where: Places) -> None:
    for _ in range(2):
        Rehearsal(where).start()
        assert Rehearsal(where).ready()
        processes.end(Rehearsal(where).processes(), by=signal.SIGKILL)
        assert not Rehearsal(where).running()


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests already run as an ordinary user")
def test_an_ordinary_user_starts_everything_in_folders_of_their_own(data: Path) -> None:
    user = pwd.getpwnam("nobody")
    if not may_enter(Path(psycopg.__file__).parent, user):
        pytest.skip("this checkout lies where no other user may look")
    os.chown(data, user.pw_uid, user.pw_gid)
    child = os.fork()
    if child == 0:
        os._exit(_as_ordinary_user(user, Places(data=data, home=data, run=data / "run")))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert (data / "postgres").stat().st_uid == user.pw_uid


def _as_ordinary_user(user: pwd.struct_passwd, where: Places) -> int:
    """0 when all went well. Every module is loaded before the change of user, who may not find Python itself."""
    try:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        folders.prepare(where, system_user())
        for service in (Postgres(where), Broker(where)):
            service.start()
        with connect(where) as application:
            application.execute("SELECT 1")
        broker_of(where).ping()
        assert {process.uids().effective for process in Postgres(where).processes()} == {user.pw_uid}
        for service in (Postgres(where), Broker(where)):
            service.stop()
            assert not service.running()
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
