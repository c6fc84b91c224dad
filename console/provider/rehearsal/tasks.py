"""Work on form: a list of names, a quoted text in so many lines, a text as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from console.provider.rehearsal.dates import dates_in
from console.provider.rehearsal.manner import NUMBERS
from console.provider.rehearsal.prompt import SENTENCE
from console.provider.rehearsal.scene import Said, Scene

PLAIN_NAMES = (
    "Acorn",
    "Lantern",
    "Compass",
    "Harbour",
    "Bridge",
    "Window",
    "Garden",
    "Anchor",
    "Signpost",
    "Orchard",
)
ODD_NAMES = (
    "Otter's Pocket",
    "Moonjar",
    "Tin Dragon",
    "Snail Express",
    "Puddle & Penny",
    "Whistling Jar",
    "Hedgehog Hoard",
    "Left Sock Fund",
    "Comet Crumbs",
    "Seven Pebbles",
)
REASONS = (
    "easy to draw, and to say",
    "something small that is kept with care",
    "sounds like a place of one's own",
    "makes one curious and promises nothing",
    "short enough for a badge",
    "a picture that grows up with its owner",
    "friendly without being childish",
)
COSTLY = re.compile(
    r"\b(risk|fall|lose|loss|deduct\w*|penalt\w*|charges?|fees?|costs?|only if|must|not|except|within|after)\b",
    re.I,
)
CURRENCIES = {
    "EUR": r"€|\beuros?\b|\bEUR\b",
    "GBP": r"£|\bpounds?\b|\bGBP\b",
    "USD": r"\$|\bdollars?\b|\bUSD\b",
}
URGENT = re.compile(
    r"!!|\b(tomorrow|urgent\w*|immediately|asap|at once|right now|stranded|emergency)\b", re.I
)
QUOTED = re.compile(r"[\"“]([^\"”]{40,})[\"”]", re.S)


ASKS_FOR_NAMES = re.compile(rf"\b(\d+|{'|'.join(NUMBERS)}) (?:[a-z]+ )?(names|titles|slogans|ideas)\b", re.I)


def off_duty(scene: Scene) -> Said | None:
    """A colleague's creative work is no customer's question: a prompt that keeps to its subject declines it openly."""
    if not scene.prompt.restricted or not ASKS_FOR_NAMES.search(scene.talk.last):
        return None
    return Said(
        "I can't help with that here: inventing names is outside this service.",
        (f"I am here for questions about {scene.scope}.",),
    )


def list_of_names(scene: Scene) -> Said | None:
    asked = ASKS_FOR_NAMES.search(scene.talk.last)
    if not asked:
        return None
    count = min(10, int(asked.group(1)) if asked.group(1).isdigit() else NUMBERS[asked.group(1).lower()])
    stock = {"strict": PLAIN_NAMES, "exploratory": ODD_NAMES}.get(
        scene.prompt.creativity, PLAIN_NAMES[::2] + ODD_NAMES[::2]
    )
    names, reasons = scene.shuffled(stock, "names")[:count], scene.shuffled(REASONS, "reasons")
    lines = [f"{n}. {name}: {reasons[n % len(reasons)]}." for n, name in enumerate(names, 1)]
    return Said("\n".join(lines), exact=True)


def summary(scene: Scene) -> Said | None:
    """So many lines of a quoted text. What costs the reader something is never the part left out."""
    quoted = QUOTED.search(scene.talk.last)
    asked = re.search(
        rf"\b(\d+|{'|'.join(NUMBERS)}) (?:short )?(lines|sentences|points|bullets)\b", scene.talk.last, re.I
    )
    if not quoted or not (
        asked or re.search(r"\b(summari[sz]e|summary|shorten|sum up)\b", scene.talk.last, re.I)
    ):
        return None
    said = asked.group(1).lower() if asked else "3"
    count = int(said) if said.isdigit() else NUMBERS[said]
    sentences = [part.strip() for part in SENTENCE.split(quoted.group(1)) if part.strip()]
    ranked = sorted(range(len(sentences)), key=lambda index: (-len(COSTLY.findall(sentences[index])), index))
    lines = [sentences[index] for index in sorted(ranked[:count])]
    return Said("\n".join(lines), exact=True)


def as_json(scene: Scene) -> Said | None:
    """One JSON object with the keys that the user names, read from the quoted text; what is not said stays null."""
    order = next(
        (said for said in reversed(scene.talk.said) if re.search(r"\bJSON\b", said) and "keys" in said), ""
    )
    quoted = QUOTED.search(scene.talk.last)
    if (
        not order
        or not quoted
        or not (order == scene.talk.last or re.search(r"\b(same|next|again)\b", scene.talk.last, re.I))
    ):
        return None
    keys = re.findall(r"\b([a-z_]+) \(([^)]+)\)", order)
    value = {key: _value(key, kind, quoted.group(1)) for key, kind in keys}
    return Said(json.dumps(value, ensure_ascii=False), exact=True) if value else None


def _value(key: str, kind: str, text: str) -> Any:
    if "|" in kind:
        return _option(kind.split("|"), text)
    if "boolean" in kind:
        return bool(URGENT.search(text))
    if key == "currency" or "ISO" in kind:
        return next((code for code, pattern in CURRENCIES.items() if re.search(pattern, text)), None)
    if "YYYY" in kind or key == "date":
        found = dates_in(text)
        return found[0].isoformat() if found else None
    if "number" in kind:
        amount = re.search(
            r"(\d+(?:[.,]\d+)?)\s?(?:€|£|\$|euros?|pounds?|dollars?)|[€£$]\s?(\d+(?:[.,]\d+)?)", text
        )
        return _amount(next(filter(None, amount.groups()))) if amount else None
    limit = re.search(r"max (\d+)", kind)
    return " ".join(text.split())[: int(limit.group(1)) if limit else 200]


def _amount(text: str) -> int | float:
    number = float(text.replace(",", "."))
    return int(number) if number.is_integer() else number


def _option(options: list[str], text: str) -> str:
    related = {
        "card": r"\bcards?\b|machine|atm|cash point",
        "transfer": r"transfer|sent|iban",
        "fees": r"fees?|charged",
        "branch": r"branch|counter|opening",
    }
    options = [option.strip() for option in options]
    found = [o for o in options if re.search(related.get(o, rf"\b{re.escape(o)}"), text, re.I)]
    return found[0] if found else options[-1]
