"""Celery only wakes workers: no result backend, no retries of its own, acknowledged when taken."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun, worker_init

from console import logs, telemetry

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
# Django's checks would load every page with its libraries, which no worker needs: a third of its start.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("remit")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,
    task_default_queue="remit",
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_connect_timeout": 2, "socket_keepalive": True},
    task_publish_retry=False,
    timezone="UTC",
)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _trace(**_details: Any) -> None:
    telemetry.start("remit-worker")


@task_prerun.connect
def _name_the_request(task: Any = None, **_details: Any) -> None:
    logs.begin(request=getattr(task.request, "remit_request", ""), task=task.name)
