"""How long a check takes: unseen text, an edit, hostile text, the command's start. Printed, never asserted."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from policies.checks.unread import MOST_READ
from policies.pack_library import load_pack
from policies.validate import lexicon_of, validate
from tests.policies.text.test_hostile import DRAWN, PATTERNS, hostile

KILOBYTES_20, KILOBYTES_200 = 20_000, 200_000
_WORST = 6
_ROOT = Path(__file__).parent.parent.parent


def timings(prompts: Sequence[str]) -> None:
    """CPU time throughout. No text is measured twice, so that none of its sentences is known."""
    lexicon_of(load_pack()).everything()
    texts = _texts(prompts)
    _milliseconds(next(texts)[:KILOBYTES_20])
    small = [_milliseconds(next(texts)) for _ in range(6)]
    long = "\n\n".join(next(texts) for _ in range(KILOBYTES_200 // KILOBYTES_20))
    ratio = _milliseconds(long) * KILOBYTES_200 / len(long) / statistics.mean(small)
    print(
        f"\n20 kB unseen: {statistics.median(small):.1f} ms (goal 10), 200 kB: {ratio:.1f} times as long (goal 10.5)"
    )
    print(f"one sentence of 20 kB changed: {_edited(next(texts)):.1f} ms")
    kinds = sorted(
        ((_milliseconds(hostile(kind, MOST_READ)), kind) for kind in (*PATTERNS, *DRAWN)), reverse=True
    )
    print(
        f"{len(kinds)} kinds of hostile text, {MOST_READ:,} characters, all that is read (goal 2 s); the worst:"
    )
    for spent, kind in kinds[:_WORST]:
        print(f"  {spent / 1000:5.2f} s  {kind}")
    print(f"start of the command: {_start():.2f} s")


def _texts(prompts: Sequence[str]) -> Iterator[str]:
    """Texts of 20 kB, each of prompts that stand in no other."""
    shuffled = list(dict.fromkeys(prompts))
    random.Random(5).shuffle(shuffled)
    text = ""
    for prompt in shuffled:
        text += prompt + "\n\n"
        if len(text) >= KILOBYTES_20:
            yield text[:KILOBYTES_20]
            text = ""


def _milliseconds(text: str) -> float:
    begin = time.process_time()
    validate(text, load_pack())
    return (time.process_time() - begin) * 1000


def _edited(text: str) -> float:
    validate(text, load_pack())
    at = text.index(" ", len(text) // 2)
    return min(_milliseconds(f"{text[:at]} number {number}{text[at:]}") for number in range(5))


def _start() -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("You are a helpful assistant.")
        file.flush()
        begin = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "policies", "validate", file.name],
            cwd=_ROOT,
            check=True,
            capture_output=True,
        )
        return time.monotonic() - begin
