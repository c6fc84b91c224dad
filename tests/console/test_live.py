"""Live updates against the real PostgreSQL: what is committed arrives, what is rolled back never does."""

from __future__ import annotations

import queue

import pytest
from django.db import connection, transaction

from console import live
from console.accounts.models import Membership
from console.notifications.services import bell

pytestmark = pytest.mark.django_db(transaction=True)


def until(events, wanted: bytes) -> list[bytes]:
    """Read the stream up to the first chunk that holds ``wanted``."""
    read = []
    for chunk in events:
        read.append(chunk)
        if wanted in chunk:
            return read
    raise AssertionError(f"{wanted!r} never came: {read}")


@pytest.fixture
def stream():
    opened = []

    def open_stream(*topics: str):
        response = live.stream(*topics)
        opened.append(response)
        return response

    yield open_stream
    for response in opened:
        response.close()


def settle(events, topic: str) -> None:
    """Wait until the hub listens: it then delivers the probe, or tells everybody to look again."""
    live.publish(topic, "probe")
    until(events, b"event: ")


def test_a_committed_change_reaches_its_topic(stream):
    events = iter(stream("run:1"))
    with transaction.atomic():
        live.publish("run:1", "poke")
        live.publish("run:2", "not-mine")
    # Either the hub already listened (poke), or it tells everybody to look again (resync).
    read = until(events, b"event: ")
    assert b"not-mine" not in b"".join(read)


def test_a_rolled_back_change_is_never_told(stream):
    events = iter(stream("run:7"))
    settle(events, "run:7")
    with pytest.raises(RuntimeError), transaction.atomic():
        live.publish("run:7", "undone")
        raise RuntimeError
    live.publish("run:7", "after")
    assert b"undone" not in b"".join(until(events, b"event: after"))


def test_one_stream_hears_of_a_page_and_of_whoever_reads_it(stream):
    response = stream("run:9", bell(Membership(pk=1)))
    events = iter(response)
    settle(events, "run:9")
    live.publish_all([bell(Membership(pk=2)), bell(Membership(pk=1))], "bell")
    live.publish("run:9", "after")
    read = b"".join(until(events, b"event: after"))
    assert read.count(b"event: bell") == 1
    response.close()
    assert not {"run:9", "bell:1"} & set(live._hub._topics)


def test_beyond_the_cap_a_page_is_told_to_poll(stream, settings):
    settings.REMIT_STREAMS = live._hub._open + 1
    first = stream("run:3")
    assert first.status_code == 200
    assert stream("run:3").status_code == 204
    first.close()
    assert stream("run:3").status_code == 200


def test_a_stream_holds_no_database_connection(stream):
    events = iter(stream("run:4"))
    next(events)
    assert connection.connection is None


def test_a_lost_connection_is_news_while_the_process_lives_and_none_when_it_ends(caplog):
    hub, told = live._Hub(), queue.SimpleQueue()
    hub.add("run:5", told.put)
    assert told.get(timeout=10) == "resync"
    _cut()
    assert told.get(timeout=10) == "resync", "listens again"
    hub.end()
    _cut()
    hub._thread.join(timeout=10)
    assert not hub._thread.is_alive()
    news = [record.getMessage() for record in caplog.records if record.thread == hub._thread.ident]
    assert len(news) == 1 and "The live connection was lost" in news[0]


def _cut() -> None:
    """End every connection that listens: others of this process connect anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
