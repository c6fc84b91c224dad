"""Entry points of the workers: each only makes somebody look."""

from __future__ import annotations

from console.celery import app
from console.reviews import looking
from console.reviews.services import LOOK


@app.task(name=LOOK)
def look(review_id: int = 0) -> None:
    """Look at a review of which somebody said something."""
    looking.look(review_id)


@app.task(name="reviews.look_at_prompt")
def look_at_prompt(prompt_id: int = 0) -> None:
    """Look at the reviews of a prompt, since something that they rest on changed."""
    looking.look_at_prompt(prompt_id)


@app.task(name="reviews.sweep")
def sweep() -> None:
    """Look at those that changed without anybody saying anything."""
    looking.sweep()
