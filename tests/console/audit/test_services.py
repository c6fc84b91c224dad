"""The chain: gapless under concurrency, append-only for everybody, and any alteration is found where it is."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.utils import DatabaseError

from console.audit.acts import Act
from console.audit.models import Chain, Entry
from console.audit.services import SYSTEM, Actor, Subject, entry_hash, record, verify


def write(chain: str, count: int) -> None:
    for number in range(count):
        with transaction.atomic():
            record(chain=chain, actor=SYSTEM, act=Act.EXPORTED, subject=Subject("release", str(number), "r"))


def chain(name: str) -> Chain:
    return Chain.objects.get(name=name)


@pytest.mark.django_db
def test_entries_are_numbered_and_linked():
    write("a", 3)
    first, second, third = Entry.objects.filter(chain__name="a").order_by("seq")
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert (second.prev, third.prev) == (first.hash, second.hash)
    assert verify(chain("a")) is None


@pytest.mark.django_db
def test_chains_are_apart():
    write("a", 2)
    write("b", 1)
    assert (chain("a").seq, chain("b").seq) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_an_act_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        record(chain="a", actor=SYSTEM, act=Act.EXPORTED)


@pytest.mark.django_db(transaction=True)
def test_many_writers_leave_no_gap_and_no_fork():
    def writer() -> None:
        try:
            write("busy", 25)
        finally:
            connection.close()

    threads = [threading.Thread(target=writer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(
        Entry.objects.filter(chain__name="busy").order_by("seq").values_list("seq", flat=True)
    ) == list(range(1, 201))
    assert verify(chain("busy")) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor_name = 'nobody'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry CASCADE",
    ],
)
def test_the_database_refuses_to_alter_an_entry(statement):
    write("a", 1)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def as_owner(statement: str) -> None:
    """What somebody who owns the tables could do: switch the triggers off first."""
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        owner.execute(statement)
        owner.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE audit_entry SET actor_name = 'Mallory' WHERE seq = 3", 3),
        ("UPDATE audit_entry SET detail = '{\"a\": 1}' WHERE seq = 2", 2),
        ("DELETE FROM audit_entry WHERE seq = 4", 4),
        ("DELETE FROM audit_entry WHERE seq = 5", 5),
        ("UPDATE audit_entry SET seq = 9 WHERE seq = 2", 2),
    ],
)
def test_an_alteration_is_found_at_its_place(statement, seq):
    write("a", 5)
    as_owner(statement)
    broken = verify(chain("a"))
    assert broken is not None
    assert broken.seq == seq


@pytest.mark.django_db
def test_length_prefixes_keep_neighbouring_fields_apart():
    with transaction.atomic():
        one = record(
            chain="a", actor=Actor("person", "1", "ab"), act=Act.EXPORTED, subject=Subject("c", "", "")
        )
        two = record(
            chain="b", actor=Actor("person", "1", "a"), act=Act.EXPORTED, subject=Subject("bc", "", "")
        )
    two.at, two.prev = one.at, one.prev
    assert entry_hash(one) != entry_hash(two)


@pytest.mark.django_db
def test_an_unwritable_record_fails_the_act():
    with pytest.raises((Error, ValueError)), transaction.atomic():
        record(chain="a", actor=SYSTEM, act=Act.EXPORTED, detail={"too big": 2**60})
    assert not Entry.objects.filter(chain__name="a").exists()


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_sixty_four_writers_of_two_hundred_entries_each():
    def writer() -> None:
        for _ in range(200):
            write("busy", 1)
            connection.close()  # the pool has fewer connections than there are writers

    threads = [threading.Thread(target=writer) for _ in range(64)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = 64 * 200 / (time.perf_counter() - began)
    print(f"\n64 writers x 200 entries: {rate:,.0f} entries a second (goal: 300)")
    assert chain("busy").seq == 64 * 200
    assert verify(chain("busy")) is None
    assert rate >= 300
