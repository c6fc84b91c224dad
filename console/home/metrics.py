"""The page that Prometheus reads: closed unless a token or addresses are configured for it."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Iterator

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from console import live
from console.metrics import STREAMS
from console.provider.models import Month
from console.trials.models import Conversation, Run

OPEN = (Conversation.Status.WAITING, Conversation.Status.RUNNING)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        raise Http404
    STREAMS.set(live.open_streams())
    return HttpResponse(_counts(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _counts() -> bytes:
    """Of all processes where they share a folder, else of this one; and of the database, which all share."""
    of_requests: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        of_requests = CollectorRegistry()
        MultiProcessCollector(of_requests)  # type: ignore[no-untyped-call]
    of_work = CollectorRegistry()
    of_work.register(Work())
    return generate_latest(of_requests) + generate_latest(of_work)


def _may_read(request: HttpRequest) -> bool:
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.REMIT_METRICS_TOKEN
    if wanted and word.lower() == "bearer" and hmac.compare_digest(token.encode(), wanted.encode()):
        return True
    if not settings.REMIT_METRICS_ADDRESSES:
        return False
    address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    return any(address in ipaddress.ip_network(net) for net in settings.REMIT_METRICS_ADDRESSES)


class Work:
    """What workers have before them and behind them."""

    def collect(self) -> Iterator[Metric]:
        leased = Q(status=Conversation.Status.RUNNING, lease_until__gt=timezone.now())
        found = Conversation.objects.filter(status__in=OPEN).aggregate(
            leased=Count("pk", filter=leased), due=Count("pk", filter=~leased)
        )
        yield GaugeMetricFamily(
            "remit_conversations_waiting", "Conversations that no worker has.", found["due"]
        )
        yield GaugeMetricFamily("remit_leases", "Conversations that a worker has now.", found["leased"])
        runs = Run.objects.filter(status__in=Run.OPEN).count()
        yield GaugeMetricFamily("remit_runs", "Runs that are not over.", runs)
        yield from _spent()


def _spent() -> Iterator[Metric]:
    """From the months' accounts: a row a workspace and month, however many calls there were."""
    spent = Month.objects.aggregate(
        *(Sum(name) for name in ("calls", "input_tokens", "output_tokens", "cost"))
    )
    now = Month.objects.aggregate(Sum("in_flight"))["in_flight__sum"]
    yield GaugeMetricFamily("remit_calls_in_flight", "Calls to the model in flight.", now or 0)
    yield CounterMetricFamily("remit_calls", "Calls to the model.", spent["calls__sum"] or 0)
    yield CounterMetricFamily(
        "remit_cost_usd", "What calls cost, in US dollars.", float(spent["cost__sum"] or 0)
    )
    tokens = CounterMetricFamily("remit_tokens", "Tokens of calls.", labels=["direction"])
    for direction in ("input", "output"):
        tokens.add_metric([direction], spent[f"{direction}_tokens__sum"] or 0)
    yield tokens
