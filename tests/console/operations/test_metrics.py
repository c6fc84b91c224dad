"""What Prometheus reads, and who may."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from console.trials.models import Conversation
from tests.factories import make_finished_run, make_member, make_revision, make_workspace

pytestmark = pytest.mark.django_db
TOKEN = {"Authorization": "Bearer open sesame"}


def test_it_is_closed_unless_configured(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.REMIT_METRICS_TOKEN = "open sesame"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers=TOKEN).status_code == 200
    settings.REMIT_METRICS_TOKEN = ""
    settings.REMIT_METRICS_ADDRESSES = ["10.0.0.0/8"]
    assert client.get("/metrics").status_code == 404
    assert (
        client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 404
    )  # no proxy is trusted
    settings.REMIT_METRICS_ADDRESSES = ["10.0.0.0/8", "127.0.0.1/32"]
    assert client.get("/metrics").status_code == 200


def test_it_counts_requests_by_page_and_work_by_state(client, settings, django_assert_max_num_queries):
    settings.REMIT_METRICS_TOKEN = "open sesame"
    revision = make_revision(make_member(make_workspace()))
    run = make_finished_run(revision)
    Conversation.objects.filter(run=run).update(status="waiting")
    for number in range(30):
        client.get(f"/no/such/page/{number}")
    with django_assert_max_num_queries(6):
        body = client.get("/metrics", headers=TOKEN).content.decode()
    families = {family.name: family for family in text_string_to_metric_families(body)}
    (waiting,) = families["remit_conversations_waiting"].samples
    assert waiting.value == 1
    for name in (
        "remit_leases",
        "remit_runs",
        "remit_calls",
        "remit_cost_usd",
        "remit_tokens",
        "remit_live_streams",
    ):
        assert name in families
    assert 'remit_http_requests_total{method="GET",page="none",status="404"}' in body
    assert "/no/such" not in body
    assert len(re.findall(r'remit_http_requests_total\{method="GET",page="none"', body)) <= 3
