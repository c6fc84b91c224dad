"""What open tabs cost those who work: the time of ordinary pages, with and without streams (``make bench``).

Rounds take turns and are compared one by one, so that whatever else the machine does meets all of them alike.
"""

from __future__ import annotations

import statistics
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from console import live as events
from tests.factories import make_finished_run, make_member, make_prompt, make_revision, make_workspace
from tests.live import Site
from tests.open_tabs import fetch, tabs

ROUNDS = 10
PAGES = 30  # a round, two at a time
CAP = 32


@dataclass(frozen=True, slots=True)
class Kind:
    tabs: int
    events: int = 0  # a second, for all of them


NONE = Kind(0)
KINDS = (NONE, Kind(24), Kind(24, events=4), Kind(CAP + 8))


@dataclass(frozen=True, slots=True)
class Watched:
    """A run whose events tabs listen to, by somebody who is logged in."""

    site: Site
    cookie: str
    stream: str
    topic: str
    pages: Sequence[str]

    def fetch(self) -> list[float]:
        answers = fetch(self.site.url, self.pages, self.cookie, at_a_time=2)
        assert {status for status, _ in answers} == {200}
        return [seconds for _, seconds in answers]


@pytest.fixture
def watched(live_site: Site, transactional_db: None) -> Watched:
    member = make_member(make_workspace("meridian"), "author")
    run = make_finished_run(make_revision(member, make_prompt(member, "aria")))
    client = Client()
    client.force_login(member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    pages = [
        reverse("home:index", args=["meridian"]),
        reverse("prompts:list", args=["meridian"]),
        reverse("trials:run", args=["meridian", run.number]),
    ]
    return Watched(
        site=live_site,
        cookie=f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}",
        stream=reverse("trials:events", args=["meridian", run.number]),
        topic=f"run:{run.pk}",
        pages=pages * (PAGES // len(pages)),
    )


@pytest.mark.bench
def test_page_times_with_open_tabs(watched: Watched) -> None:
    watched.fetch()  # warm
    took: dict[Kind, list[list[float]]] = defaultdict(list)
    for _ in range(ROUNDS):
        for kind in KINDS:
            with open_tabs(watched, kind), told(watched.topic, kind.events):
                took[kind].append(watched.fetch())
    show(took)


def show(took: Mapping[Kind, list[list[float]]]) -> None:
    print(f"\n{'tabs':>5} {'stream':>7} {'events/s':>9} {'median ms':>10} {'95 % ms':>8} {'of none':>8}")
    alone = [statistics.median(seconds) for seconds in took[NONE]]
    for kind, rounds in took.items():
        every = [seconds * 1000 for one in rounds for seconds in one]
        ratio = statistics.median(
            statistics.median(one) / none for one, none in zip(rounds, alone, strict=True)
        )
        high = statistics.quantiles(every, n=20)[-1]
        streaming = min(kind.tabs, CAP)
        print(
            f"{kind.tabs:>5} {streaming:>7} {kind.events:>9} {statistics.median(every):>10.1f} {high:>8.1f} {ratio:>8.2f}"
        )


@contextmanager
def open_tabs(watched: Watched, kind: Kind) -> Iterator[None]:
    """So many open tabs, of which all stream that may: those of an earlier round have to be gone for that."""
    for _ in range(100):
        events.publish(watched.topic)  # what is written finds the closed ones
        with tabs(kind.tabs, watched.site.url, watched.stream, watched.cookie) as opened:
            if Counter(tab.status for tab in opened)[200] == min(kind.tabs, CAP):
                yield
                return
    raise AssertionError(f"never more than some of {kind.tabs} tabs stream")


@contextmanager
def told(topic: str, a_second: int) -> Iterator[None]:
    """So many events a second, as a run under way sends them."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(1 / a_second):
            events.publish(topic)
        connection.close()

    telling = threading.Thread(target=tell) if a_second else None
    if telling:
        telling.start()
    try:
        yield
    finally:
        ended.set()
        if telling:
            telling.join()
