"""Patterns that people write: RE2, so that matching is linear, within explicit bounds of length, size and memory.

RE2 never goes back in the text, but a counted repeat may still grow into a program of a million steps, or into an
automaton that is built anew at every character. The first is refused when a pattern is read; the second is found by
``seconds_for``, which measures and so belongs to the publication of a pack, not to its loading.
"""

from __future__ import annotations

import random
import re
import time
from functools import cache, lru_cache
from itertools import combinations
from typing import Any

import re2

MAX_LENGTH = 500  # code points of a pattern
MAX_PROGRAM = 512  # steps of a compiled one
MAX_MEMORY = 1 << 20  # bytes that RE2 may use for one
_TRIED = 1 << 16  # bytes of text that a pattern is measured on
_LETTERS = 6
_COUNTS = re.compile(r"\{[0-9,]*\}|\\.")
SLOWEST = 0.004  # seconds of processor time for that; an automaton that holds takes a thirtieth of it


class PatternError(ValueError):
    """The pattern cannot be used; says why and what to do."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, *, case: bool = True) -> Any:
    """The compiled pattern. Raises PatternError: no RE2, too long, too large."""
    if len(pattern) > MAX_LENGTH:
        raise PatternError(
            f'The pattern "{pattern[:40]}…" is {len(pattern):,} characters long; the most is {MAX_LENGTH}.'
        )
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    options.case_sensitive = case
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else error
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise PatternError(f'The pattern "{pattern[:60]}" is not one that RE2 reads: {said}.') from error
    if compiled.programsize > MAX_PROGRAM:
        raise PatternError(
            f'The pattern "{pattern[:60]}" grows to {compiled.programsize:,} steps; the most is {MAX_PROGRAM}: '
            "repeat less, or split it."
        )
    return compiled


def seconds_for(pattern: str, *, case: bool = True) -> float:
    """Processor time that a pattern takes at its worst for 64 kB of text made of two of its own letters.

    What lets an automaton grow without end is not to know which of the two a place began with.
    """
    compiled = compile_pattern(pattern, case=case)
    bare = _COUNTS.sub("", pattern)
    letters = sorted({letter for letter in bare if letter.isalnum() or letter == " "})[:_LETTERS]
    pairs = combinations([*letters, "~", "."][: max(2, len(letters))], 2)
    texts = [_coins().replace(b"0", one.encode()).replace(b"1", two.encode()) for one, two in pairs]
    return max(min(_seconds(compiled, text) for _ in range(2)) for text in texts)


@cache
def _coins() -> bytes:
    """The same throws each time."""
    return f"{random.Random(0).getrandbits(_TRIED):0{_TRIED}b}".encode()  # noqa: S311


def _seconds(compiled: Any, text: bytes) -> float:
    started = time.thread_time()
    compiled.search(text)
    return time.thread_time() - started
