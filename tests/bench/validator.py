"""Figures of the instant layer: recall, false blocks, right limit, survival of evasions, time.

``python -m tests.bench.validator`` prints all; ``make bench`` runs it too. Held-out prompts are counted, never shown.
"""

from __future__ import annotations

import base64
import codecs
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.bench.timings import timings
from tests.policies.text.lexicons import scanned

CORPUS = Path(__file__).parent.parent / "policies" / "corpus"
SETS = ("development", "independent", "heldout")


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    label: str
    limits: frozenset[str]
    kind: str
    language: str
    offending: str
    split: str


def read(name: str) -> list[Row]:
    rows = (json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines())
    return [
        Row(
            row["text"], row["label"], frozenset(row["limits"]), row["kind"], row.get("language", ""), row["offending"],
            row.get("split", ""),
        )
        for row in rows
    ]  # fmt: skip


def blocked_by(text: str) -> set[str]:
    """Rules of the blocking findings."""
    return {finding.rule for finding in scanned(text).findings if finding.severity == "block"}


def wilson(hits: int, count: int) -> str:
    """'83 % (76-88)': the share with its 95 % Wilson interval."""
    if not count:
        return "-"
    z, share = 1.96, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{share:.0%} ({max(0.0, middle - half):.0%}-{min(1.0, middle + half):.0%}) of {count}"


def figures(name: str, rows: Iterable[Row]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        rules = blocked_by(row.text)
        groups = ["all", f"kind {row.kind}"] + ([f"language {row.language}"] if row.language else [])
        for group in groups:
            counts[group][row.label] += 1
            counts[group][f"{row.label} blocked"] += bool(rules)
            counts[group]["right"] += row.label == "block" and bool(rules & row.limits)
    print(f"\n{name}\n{'':22}{'recall':26}{'false blocks':26}{'right limit'}")
    for group, count in sorted(counts.items()):
        caught, false = count["block blocked"], count["allow blocked"]
        print(
            f"{group:22}{wilson(caught, count['block']):26}{wilson(false, count['allow']):26}{wilson(count['right'], caught)}"
        )


_SYNONYMS = {
    "customers": "clients", "customer": "client", "users": "people", "tell": "inform", "never": "at no time", "say": "state",
    "write": "compose", "help": "assist", "hide": "conceal", "without": "w/o", "make": "produce",
}  # fmt: skip
EVASIONS: dict[str, Callable[[str], str]] = {
    "homoglyphs": lambda t: t.translate(str.maketrans("aeopc", "аеорс")),
    "fullwidth": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "bold letters": lambda t: "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in t),
    "zero width": lambda t: "\u200b".join(t),
    "soft hyphens": lambda t: t.replace("e", "\u00ade"),
    "accents": lambda t: t.replace("a", "á").replace("i", "í"),
    "capitals": str.upper,
    "small letters": str.lower,
    "wide spaces": lambda t: t.replace(" ", "\u2003 "),
    "letters apart": lambda t: "   ".join(" ".join(word) for word in t.split()),
    "leet": lambda t: t.translate(str.maketrans("aeiot", "43107")),
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "hex": lambda t: t.encode().hex(),
    "rot13": lambda t: codecs.encode(t, "rot13"),
    "percent": lambda t: quote(t, safe="").replace("e", "%65"),
    "reversed": lambda t: t[::-1],
    "bidi override": lambda t: "\u202e" + t[::-1] + "\u202c",
    "comment": lambda t: f"<!-- {t} -->",
    "marked up": lambda t: " ".join(f"{w[:1]}**{w[1:2]}**{w[2:]}" if len(w) > 3 and w.isalpha() else w for w in t.split()),
    "synonyms": lambda t: " ".join(_SYNONYMS.get(w, w) for w in t.split()),
}  # fmt: skip


def evasions(rows: Iterable[Row]) -> None:
    """How many prompts stay blocked when what violates in them is disguised."""
    caught = [
        row
        for row in rows
        if row.label == "block" and row.offending.isascii() and row.offending and blocked_by(row.text)
    ]
    print(f"\nsurvival of evasions, {len(caught)} blocked prompts in English")
    total = 0
    for name, change in EVASIONS.items():
        held = sum(bool(blocked_by(row.text.replace(row.offending, change(row.offending)))) for row in caught)
        total += held
        print(f"{name:18}{wilson(held, len(caught))}")
    print(f"{'all':18}{wilson(total, len(caught) * len(EVASIONS))}")


def main() -> None:
    for name in SETS:
        rows = read(name)
        for split in sorted({row.split for row in rows}):
            figures(f"{name} {split}".strip(), [row for row in rows if row.split == split])
    evasions(read("development"))
    timings([row.text for name in ("development", "independent") for row in read(name)])


if __name__ == "__main__":
    main()
