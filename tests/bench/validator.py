"""Figures of the instant layer: recall, false blocks, right limit, survival of evasions, time.

``python -m tests.bench.validator`` prints all; ``make bench`` runs it too. Held-out prompts are counted, never shown.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from policies.pack_library import load_pack
from tests.bench.timings import timings
from tests.policies.evasions import EVASIONS, holds
from tests.policies.text.lexicons import scanned

CORPUS = Path(__file__).parent.parent / "policies" / "corpus"
SETS = ("development", "independent", "near_misses", "heldout", "neighbours", "plain", "passages")


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
    if name == "passages":
        return list(_passages())
    rows = (json.loads(line) for line in (CORPUS / f"{name}.jsonl").read_text("utf-8").splitlines())
    return [
        Row(
            row["text"], row["label"], frozenset(row["limits"]), row["kind"], row.get("language", ""), row["offending"],
            row.get("split", ""),
        )
        for row in rows
    ]  # fmt: skip


def _passages() -> Iterator[Row]:
    """Pairs of single passages, one pair a line: block, allow. Their kind is the rule that the pair is about."""
    for line in (CORPUS / "passages.tsv").read_text("utf-8").splitlines():
        _, split, rule, language, block, allow = line.split("\t")
        for label, text in (("block", block), ("allow", allow)):
            limits = frozenset([rule]) if label == "block" else frozenset()
            yield Row(text.replace("\\n", "\n"), label, limits, rule, language, "", split)


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


def evasions(rows: Iterable[Row]) -> None:
    """How many prompts stay blocked when what violates in them is disguised."""
    caught = [
        row
        for row in rows
        if row.label == "block" and row.offending.isascii() and row.offending and blocked_by(row.text)
    ]
    print(f"\nsurvival of evasions, {len(caught)} blocked prompts in English")
    pack, total = load_pack(), 0
    for name in EVASIONS:
        held = sum(holds(row.text, row.offending, name, pack) for row in caught)
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
