"""Webhooks: told once a change with both ends, signed, at least once, never into this network, never for ever."""

from __future__ import annotations

import json
import socket
import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from console.audit.acts import Act
from console.audit.models import Entry
from console.audit.services import record
from console.problems import DomainError, Invalid, NotAllowed
from console.releases.models import Attempt, Delivery, Webhook
from console.releases.retiring import retire_label
from console.releases.webhooks import endpoints, outbound, outbox
from console.releases.webhooks.outbound import Undelivered, post, target_of
from tests.console.api.program import team, two_releases  # noqa: F401 (a fixture)
from tests.factories import make_finished_run, make_member, make_workspace
from tests.receiver import receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(settings):
    with receiver() as kept:
        settings.REMIT_WEBHOOK_ORIGINS = [kept.url]
        yield kept


@pytest.fixture
def admin():
    return make_member(make_workspace("meridian"), "admin", name="tomas")


def make_webhook(member, url: str, *kinds: str):
    return endpoints.create_webhook(
        member=member, name="deployer", url=f"{url}/in?key=1", kinds=kinds or ["label.moved"]
    )


def deliver_all() -> list[Delivery]:
    outbox.sweep()
    for delivery in Delivery.objects.order_by("pk"):
        outbox.deliver(delivery.pk)
    return list(Delivery.objects.order_by("pk"))


def soon() -> None:
    """Let the waiting ones be due."""
    Delivery.objects.filter(status="waiting").update(run_after=timezone.now() - timedelta(seconds=1))


def test_a_move_is_told_once_with_both_ends_and_an_independent_verifier_agrees(there, team):  # noqa: F811
    _, secret = make_webhook(team["admin"], there.url)
    two_releases(team)
    [first, second] = deliver_all()
    deliver_all()
    assert [first.status, second.status] == ["delivered", "delivered"]
    assert len(there.requests) == 2
    headers, body = there.requests[1]
    event = Verifier(secret).verify(body, headers)
    assert event["type"] == "label.moved"
    told = event["data"]
    assert (told["prompt"], told["label"], told["from"]["release"], told["to"]["release"]) == (
        "aria",
        "production",
        1,
        2,
    )
    entry = Entry.objects.get(seq=told["seq"], act=Act.LABEL_MOVED)
    assert headers["webhook-id"] == second.event == f"evt_{entry.hash[:40]}"
    assert json.loads(there.requests[0][1])["data"]["from"] is None
    assert secret.encode() not in bytes(Webhook.objects.get().secret)
    with pytest.raises(Exception, match="signature"):
        Verifier(secret).verify(body + b" ", headers)


def test_a_retired_label_and_the_end_of_a_run_are_told(there, team):  # noqa: F811
    make_webhook(team["admin"], there.url, "label.retired", "run.finished")
    _, second = two_releases(team)
    retire_label(prompt=second.prompt, name="production", member=team["approver"], reason="Wrong limits.")
    run = make_finished_run(second.revision, failing=["hello"])
    assert [delivery.kind for delivery in deliver_all()] == ["label.retired", "run.finished"]
    gone, ended = (json.loads(body)["data"] for _, body in there.requests)
    assert (gone["prompt"], gone["label"], gone["from"]["release"], gone["to"]) == (
        "aria",
        "production",
        2,
        None,
    )
    assert (ended["run"], ended["status"], ended["prompt"]) == (run.number, "finished", "aria")
    assert ended["evidence"] == run.digest != ""
    assert ended["conversations"] | {"planned": 1, "finished": 1, "failed": 1} == ended["conversations"]


def test_what_was_before_a_webhook_is_not_told(there, team):  # noqa: F811
    two_releases(team)
    make_webhook(team["admin"], there.url, "label.moved", "release.created")
    assert deliver_all() == []


def test_an_act_that_is_rolled_back_is_not_told(there, admin):
    make_webhook(admin, there.url, "prompt.archived")
    with pytest.raises(KeyError), transaction.atomic():
        record(chain=admin.workspace.chain, actor=admin.actor, act=Act.PROMPT_ARCHIVED)
        raise KeyError
    assert deliver_all() == []


def test_failures_are_tried_again_then_given_up_and_a_success_ends_the_failing(there, admin):
    hook, _ = make_webhook(admin, there.url)
    there.status = 500
    endpoints.send_test(hook=hook, member=admin)
    waits = []
    for _ in range(len(outbox.WAITS)):
        soon()
        [row] = deliver_all()
        assert row.status == "waiting"
        waits.append(round((row.run_after - timezone.now()).total_seconds()))
        assert deliver_all()[0].attempts == row.attempts  # not due
    assert all(abs(got - meant) <= 2 for got, meant in zip(waits, outbox.WAITS, strict=True))
    soon()
    [row] = deliver_all()
    hook.refresh_from_db()
    assert (row.status, row.attempts, len(there.requests)) == ("failed", 9, 9)
    assert hook.failing_since is not None
    assert len({headers["webhook-id"] for headers, _ in there.requests}) == 1
    there.status = 200
    endpoints.replay(delivery=row, member=admin)
    with pytest.raises(DomainError, match="under way"):
        endpoints.replay(delivery=row, member=admin)
    [row] = deliver_all()
    hook.refresh_from_db()
    assert (row.status, hook.failing_since, row.log.count()) == ("delivered", None, 10)


def test_who_died_leaves_it_to_the_next_and_comes_back_to_nothing(there, admin):
    hook, _ = make_webhook(admin, there.url)
    delivery = endpoints.send_test(hook=hook, member=admin)
    lease = outbox._take(delivery.pk)
    assert lease is not None and outbox._take(delivery.pk) is None
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert deliver_all()[0].status == "delivered"
    outbox._write(lease, Attempt(delivery=lease.delivery, error="late", milliseconds=1), False)
    assert Delivery.objects.get().status == "delivered"
    Delivery.objects.update(status="sending", attempts=9, lease_until=timezone.now() - timedelta(seconds=1))
    assert deliver_all()[0].status == "failed"  # it killed whoever sent it


def test_a_paused_one_waits_and_a_410_pauses(there, team):  # noqa: F811
    hook, _ = make_webhook(team["admin"], there.url)
    endpoints.pause(hook=hook, member=team["admin"], paused=True)
    two_releases(team)
    assert {row.status for row in deliver_all()} == {"waiting"} and not there.requests
    endpoints.pause(hook=hook, member=team["admin"], paused=False)
    there.status = 410
    rows = deliver_all()
    hook.refresh_from_db()
    assert rows[0].status == "failed" and hook.paused_at is not None
    assert len(there.requests) == 1


def test_after_a_rotation_both_secrets_verify_for_a_day(there, admin):
    hook, old = make_webhook(admin, there.url)
    new = endpoints.rotate_secret(hook=hook, member=admin)
    endpoints.send_test(hook=hook, member=admin)
    deliver_all()
    headers, body = there.requests[0]
    for secret in (old, new):
        Verifier(secret).verify(body, headers)
    Webhook.objects.update(former_until=F("former_until") - timedelta(days=2))
    endpoints.send_test(hook=hook, member=admin)
    deliver_all()
    headers, body = there.requests[1]
    Verifier(new).verify(body, headers)
    with pytest.raises(Exception, match="signature"):
        Verifier(old).verify(body, headers)


def test_only_an_admin_of_the_workspace(there, admin):
    hook, _ = make_webhook(admin, there.url)
    for other in (make_member(admin.workspace, "author", "approver"), make_member(make_workspace(), "admin")):
        with pytest.raises(NotAllowed):
            endpoints.pause(hook=hook, member=other, paused=True)
    with pytest.raises(Invalid, match="no event"):
        make_webhook(admin, there.url, "moon.rose")
    with pytest.raises(Invalid, match="No event"):
        endpoints.create_webhook(member=admin, name="x", url=there.url, kinds=[])


# --- where it may not go


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "https://", "https://user:word@example.com/", "//example.com",
        "https://example.com/#x", "https://exa mple.com/", "https://example.com:99999/", "https://example.com/\r\nX: y",
        "javascript:alert(1)", "https://[::1", "gopher://127.0.0.1/", "file:///etc/passwd", "https://example.com/é",
    ],
)  # fmt: skip
def test_an_address_has_a_form(url):
    with pytest.raises(Invalid, match="can't be called"):
        target_of(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
def test_no_spelling_of_this_machine_is_called(there, settings, host):
    settings.REMIT_WEBHOOK_ORIGINS = []
    port = there.url.rpartition(":")[2]
    with pytest.raises(Undelivered, match=r"inside this network|not known"):
        post(f"https://{host}:{port}/", b"{}", {})
    assert not there.requests


def test_the_connection_goes_to_the_address_that_was_checked(there, settings, monkeypatch):
    """A name that answers with a public address first and with this machine afterwards: there is no afterwards."""
    asked, connected = [], []

    def lookup(host, port, **_):
        asked.append(host)
        return [
            (
                socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                ("93.184.216.34" if len(asked) == 1 else "127.0.0.1", port),
            )
        ]

    def connect(address, timeout):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(outbound.socket, "getaddrinfo", lookup)
    monkeypatch.setattr(outbound.socket, "create_connection", connect)
    with pytest.raises(Undelivered, match="Nobody listens"):
        post("https://rebinding.example/", b"{}", {})
    assert (asked, connected) == (["rebinding.example"], [("93.184.216.34", 443)])


def test_one_address_inside_among_several_is_enough_to_refuse(monkeypatch):
    found = [(0, 0, 0, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Undelivered, match="inside this network"):
        post("https://both.example/", b"{}", {})


def test_no_redirect_is_followed(there, admin):
    hook, _ = make_webhook(admin, there.url)
    there.status, there.location = 302, f"{there.url}/elsewhere"
    endpoints.send_test(hook=hook, member=admin)
    [row] = deliver_all()
    assert row.status == "waiting" and len(there.requests) == 1
    assert "redirect" in row.log.get().error


@pytest.mark.parametrize("answers", [b"HTTP/1.1 200 OK\r\n", b"", b"\0" * 40 + b"\r\n\r\n"])
def test_a_peer_that_drips_or_babbles_holds_nobody(settings, monkeypatch, answers):
    monkeypatch.setattr(outbound, "DEADLINE", 0.4)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings.REMIT_WEBHOOK_ORIGINS = [f"http://127.0.0.1:{port}"]

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(answers)
                while answers.startswith(b"HTTP") and not over.wait(0.05):
                    try:
                        peer.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises(Undelivered):
            post(f"http://127.0.0.1:{port}/", b"{}", {})
        assert time.monotonic() - began < 20
        over.set()
        thread.join(2)


# --- pages


def test_the_pages(client, there, admin, django_assert_max_num_queries):
    client.force_login(admin.user)
    listing = reverse("releases:webhooks", args=["meridian"])
    form = {"name": "deployer", "url": f"{there.url}/in", "kinds": ["label.moved", "review.approved"]}
    refused = client.post(listing, {**form, "url": "http://example.com"})
    assert (
        refused.status_code == 422
        and b"must start with https" in refused.content
        and b"deployer" in refused.content
    )
    made = client.post(listing, form)
    assert b"whsec_" in made.content and made["Cache-Control"] == "no-store"
    hook = Webhook.objects.get()
    page = reverse("releases:webhook", args=["meridian", hook.pk])
    for act in ("test", "pause", "resume"):
        assert client.post(f"{page}/{act}").status_code == 302
    deliver_all()
    with django_assert_max_num_queries(12):
        shown = client.get(page).content.decode()
    assert "webhook.test" in shown and "Delivered" in shown and "whsec_" not in shown
    assert b"whsec_" in client.post(f"{page}/rotate").content
    replay = reverse("releases:webhook-replay", args=["meridian", hook.pk, Delivery.objects.get().pk])
    assert client.post(replay).status_code == 302
    assert client.post(f"{page}/moon").status_code == 404
    viewer = make_member(admin.workspace, "author", "approver")
    client.force_login(viewer.user)
    for url in (listing, page):
        assert client.get(url).status_code == 403
    assert client.post(f"{page}/remove").status_code == 403
    client.force_login(admin.user)
    assert client.post(f"{page}/remove").status_code == 302
    assert not Webhook.objects.exists()
    acts = Entry.objects.filter(act__startswith="webhook:").values_list("act", flat=True)
    assert set(acts) == {
        "webhook:created", "webhook:changed", "webhook:secret:rotated", "webhook:delivery:replayed", "webhook:removed",
    }  # fmt: skip
