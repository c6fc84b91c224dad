"""Entry points of the workers: each only makes somebody look."""

from __future__ import annotations

from console.celery import app
from console.releases import checkpoints, drift, impact, planning
from console.releases.webhooks import outbox
from console.trials.sweeps import take_tick

DRIFT_TICK = 20  # seconds
MODELS_TICK = 900


@app.task(name="releases.count")
def count(impact_id: int = 0) -> None:
    """Do the next piece of a count."""
    impact.count(impact_id)


@app.task(name="releases.sweep")
def sweep() -> None:
    """Wake somebody for the counts that nobody is at, and carry out the moves that are due."""
    impact.sweep()
    planning.sweep()
    checkpoints.sweep()


@app.task(name=outbox.FAN_OUT)
def fan_out(webhook_id: int = 0) -> None:
    """Make deliveries of what a webhook has not seen."""
    outbox.fan_out(webhook_id)


@app.task(name=outbox.DELIVER)
def deliver(delivery_id: int = 0) -> None:
    """Make the next attempt of a delivery, if it is due."""
    outbox.deliver(delivery_id)


@app.task(name="webhooks.sweep")
def sweep_webhooks() -> None:
    outbox.sweep()


@app.task(name="releases.drift")
def watch() -> None:
    """Of any number of beats one gets a tick; what is due twice is still done once (see drift.py)."""
    if take_tick("releases.drift", DRIFT_TICK):
        drift.sweep()
    if take_tick("releases.models", MODELS_TICK):
        drift.look_at_models()
