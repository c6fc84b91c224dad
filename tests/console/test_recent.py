"""What is kept for a second is dropped when it changes, here and in other processes."""

from __future__ import annotations

import pytest
from django.db import transaction

from console import live
from console.embedded.processes import wait_until
from console.recent import Recent

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_value_is_read_once_until_it_changes(monkeypatch):
    now, reads = [0.0], []
    monkeypatch.setattr("console.recent.time.monotonic", lambda: now[0])
    recent: Recent[int] = Recent("tests-once", most=2)

    def read() -> int:
        reads.append(1)
        return len(reads)

    assert [recent.get("a", read) for _ in range(3)] == [1, 1, 1]
    now[0] = 1.1
    assert recent.get("a", read) == 2
    recent.changed()
    assert recent.get("a", read) == 3
    assert [recent.get(key, read) for key in "bc"] == [4, 5]  # the third clears the two
    assert recent.get("none", lambda: None) is None and recent.get("none", read) == 6


def test_what_was_read_before_a_change_is_not_kept_after_it():
    recent: Recent[str] = Recent("tests-race")

    def read() -> str:
        recent.forget()  # somebody changes it while it is read
        return "old"

    assert recent.get("a", read) == "old"
    assert recent.get("a", lambda: "new") == "new"


def test_another_process_is_told_when_the_change_commits():
    recent: Recent[str] = Recent("tests-told", seconds=1e9)
    assert recent.get("a", lambda: "old") == "old"

    def told() -> bool:
        live.publish("tests-told")  # as another process does; again until this one listens
        return recent.get("a", lambda: "new") == "new"

    assert wait_until(told, within=10)


def test_a_change_that_is_rolled_back_only_costs_a_read():
    recent: Recent[str] = Recent("tests-rollback", seconds=1e9)
    recent.get("a", lambda: "one")
    with pytest.raises(KeyError), transaction.atomic():
        recent.changed()
        raise KeyError
    assert recent.get("a", lambda: "one") == "one"
