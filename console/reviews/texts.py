"""What people write in a review: never empty where it matters, never endless."""

from __future__ import annotations

from console.problems import Invalid

LONGEST = 10_000  # characters


def checked_text(text: str, *, missing: str = "") -> str:
    """The text without the space around it. ``missing`` is the sentence for an empty one; without it that is fine."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if missing and not text:
        raise Invalid(missing)
    if len(text) > LONGEST:
        raise Invalid(f"The text has {len(text):,} characters; {LONGEST:,} are the most.", "Shorten it.")
    return text
