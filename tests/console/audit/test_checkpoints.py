"""What was signed of a chain and kept outside finds what the chain alone cannot: cut tails, backups, recomputation."""

from __future__ import annotations

import json
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from console.audit.acts import Act
from console.audit.models import Chain, Entry
from console.audit.services import SYSTEM, Subject, entry_hash, record, verify
from console.releases import checkpoints, exporting
from console.releases.exports import FORMATS
from console.releases.keys import current_key, public_pem
from console.releases.models import Checkpoint
from console.releases.services import create_release
from console.reviews.models import Review
from tests.factories import make_approval, make_member, make_review, make_workspace


def write(count: int, chain: str = "a") -> None:
    for number in range(count):
        with transaction.atomic():
            record(chain=chain, actor=SYSTEM, act=Act.EXPORTED, subject=Subject("release", str(number), "r"))


def as_owner(*statements: str) -> None:
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        for statement in statements:
            owner.execute(statement)
        owner.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")


def recompute() -> None:
    """What somebody who owns the database would do after an edit: make every hash and the head right again."""
    prev = "0" * 64
    as_owner("UPDATE audit_entry SET prev = 'x' || id")
    for entry in Entry.objects.filter(chain__name="a").order_by("seq"):
        entry.prev = prev
        prev = entry_hash(entry)
        as_owner(f"UPDATE audit_entry SET prev = '{entry.prev}', hash = '{prev}' WHERE id = {entry.pk}")
    last = Entry.objects.filter(chain__name="a").order_by("-seq").first()
    Chain.objects.filter(name="a").update(seq=last.seq if last else 0, hash=prev)


@pytest.fixture
def outside(transactional_db, tmp_path, settings):
    """Twelve entries, with checkpoints after 4, 8 and 12 in a file outside, and the public key."""
    settings.REMIT_CHECKPOINT_FILE = str(tmp_path / "checkpoints.jsonl")
    key = tmp_path / "remit.pub"
    key.write_text(public_pem(current_key()))
    for _ in range(3):
        write(4)
        assert checkpoints.make("a") is not None
    return tmp_path / "checkpoints.jsonl", key


def audit(*files) -> str:
    out, err = StringIO(), StringIO()
    checkpoint, key = files
    try:
        call_command(
            "audit", "verify", "--checkpoint", str(checkpoint), "--key", str(key), stdout=out, stderr=err
        )
    except CommandError as error:
        assert error.returncode == 1, error
        return err.getvalue()
    return out.getvalue()


def test_what_was_signed_holds(outside):
    assert "a: 12 entries, unbroken, as signed up to 12." in audit(*outside)
    assert checkpoints.make("a") is None  # nothing is signed twice
    assert len(outside[0].read_text().splitlines()) == 3


SWAP = (
    "UPDATE audit_entry SET seq = 99 WHERE seq = 6",
    "UPDATE audit_entry SET seq = 6 WHERE seq = 7",
    "UPDATE audit_entry SET seq = 7 WHERE seq = 99",
)
ATTACKS = {
    "edit": (("UPDATE audit_entry SET actor_name = 'Mallory' WHERE seq = 6",), 5),
    "delete": (
        (
            "DELETE FROM audit_entry WHERE seq = 6",
            "UPDATE audit_entry SET seq = seq + 1000 WHERE seq > 6",
            "UPDATE audit_entry SET seq = seq - 1001 WHERE seq > 1000",
        ),
        5,
    ),
    "reorder": (SWAP, 5),
    "cut tail": (("DELETE FROM audit_entry WHERE seq > 10",), 11),
    "truncate": (("TRUNCATE audit_entry",), 1),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_everything_computed_anew_is_found_by_what_was_signed(outside, attack):
    statements, seq = ATTACKS[attack]
    as_owner(*statements)
    recompute()
    assert verify(Chain.objects.get(name="a")) is None  # the chain alone is deceived
    assert f"a: broken at entry {seq}:" in audit(*outside)


def test_an_inserted_entry_is_found(outside):
    as_owner(
        "UPDATE audit_entry SET seq = seq + 1000 WHERE seq > 5",
        "INSERT INTO audit_entry (chain_id, seq, at, actor_kind, actor_id, actor_name, act, subject_kind, subject_id,"
        " subject_name, detail, prev, hash) SELECT chain_id, 6, at, actor_kind, actor_id, 'Mallory', act, subject_kind,"
        " subject_id, subject_name, detail, repeat('1', 64), repeat('2', 64) FROM audit_entry WHERE seq = 5",
        "UPDATE audit_entry SET seq = seq - 999 WHERE seq > 1000",
    )
    recompute()
    assert "a: broken at entry 5:" in audit(*outside)


def test_a_forged_checkpoint_is_no_checkpoint(outside, tmp_path):
    form = json.loads(outside[0].read_text().splitlines()[0])
    forged = tmp_path / "forged"
    forged.write_text(json.dumps({**form, "count": 3}))
    for text in (forged.read_text(), "{", "[]", "", "\udcff"):
        forged.write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(CommandError) as refused:
            call_command("audit", "verify", "--checkpoint", str(forged), "--key", str(outside[1]))
        assert refused.value.returncode == 2


@pytest.mark.django_db
def test_the_sweep_signs_what_went_on(settings):
    settings.REMIT_CHECKPOINT_ROWS = 5
    current_key()
    write(2)
    assert (
        checkpoints.sweep() == 2
    )  # of the chain, and of the installation's, which says that the key was made
    write(4)
    assert checkpoints.sweep() == 0
    write(1)
    assert checkpoints.sweep() == 1
    assert list(Checkpoint.objects.filter(chain="a").values_list("count", flat=True)) == [7, 2]


@pytest.mark.django_db
def test_a_file_that_cannot_be_written_loses_nothing(settings, caplog):
    settings.REMIT_CHECKPOINT_FILE = "/nowhere/at/all"
    write(1)
    assert checkpoints.make("a") is not None
    assert "could not be written outside" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_bundle_is_a_checkpoint_too(tmp_path):
    workspace = make_workspace("bank")
    author, reviewer = make_member(workspace, "author"), make_member(workspace, "reviewer", "approver")
    review = make_review(author)
    make_approval(review, reviewer)
    release = create_release(review=Review.objects.get(pk=review.pk), member=reviewer)
    bundle, key = tmp_path / "bundle.json", tmp_path / "remit.pub"
    bundle.write_text(FORMATS["bundle"].render(exporting.exported(release, "production")))
    key.write_text(public_pem(current_key()))
    assert "as signed up to" in audit(bundle, key)
    as_owner(
        f"DELETE FROM audit_entry WHERE seq > 1 AND chain_id = (SELECT id FROM audit_chain WHERE name = '{workspace.chain}')"
    )
    last = Entry.objects.get(chain__name=workspace.chain)
    Chain.objects.filter(name=workspace.chain).update(seq=1, hash=last.hash)
    assert f"{workspace.chain}: broken at entry 2:" in audit(bundle, key)
