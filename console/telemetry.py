"""Traces for OpenTelemetry: only with the extra ``otel`` installed and an endpoint configured by OTEL_EXPORTER_OTLP_ENDPOINT."""

from __future__ import annotations

import importlib
import logging
import os

logger = logging.getLogger(__name__)
INSTRUMENTED = ("django.DjangoInstrumentor", "celery.CeleryInstrumentor", "psycopg.PsycopgInstrumentor")


def start(service: str) -> bool:
    """Send traces of requests, tasks and statements; whether they are sent. Never keeps a process from starting."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False
    os.environ.setdefault("OTEL_SERVICE_NAME", service)
    try:
        trace = importlib.import_module("opentelemetry.trace")
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        instruments = [_instrument(name) for name in INSTRUMENTED]
    except ImportError as error:
        logger.warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra “otel” is not installed (%s).", error
        )
        return False
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    for instrument in instruments:
        instrument().instrument()
    return True


def _instrument(name: str) -> type:
    module, kind = name.split(".")
    found: type = getattr(importlib.import_module(f"opentelemetry.instrumentation.{module}"), kind)
    return found
