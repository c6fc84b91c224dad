"""The lattice of bounds: what a layer permits a setting to be, and how two layers combine.

A bound is a set of permitted values in one of five kinds. ``meet`` is the greatest bound below both, ``leq`` the
order ("permits no more than"); meet is commutative, associative, idempotent and monotone, so that layers can
only narrow. Values are texts and numbers; a toggle's are ``on`` and ``off``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from policies.patterns import PatternError, compile_pattern

Value: TypeAlias = str | int | float
MAX_PATTERNS = 64  # of one text, all layers together
NOTHING = ""  # a Level's end when no step of its scale is left


class BoundError(ValueError):
    """Two bounds that cannot be compared, or a form that is no bound; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Toggle:
    """On, off, either, or neither."""

    permitted: frozenset[str] = frozenset({"off", "on"})
    kind: ClassVar[str] = "toggle"

    def __post_init__(self) -> None:
        if not self.permitted <= {"off", "on"}:
            raise BoundError("A toggle permits on and off, nothing else.")

    @property
    def empty(self) -> bool:
        return not self.permitted

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "permitted": sorted(self.permitted)}


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of a set of names."""

    permitted: frozenset[str]
    kind: ClassVar[str] = "choice"

    @property
    def empty(self) -> bool:
        return not self.permitted

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "permitted": sorted(self.permitted)}


@dataclass(frozen=True, slots=True)
class Level:
    """A stretch of an ordered scale, both ends included; the empty stretch has ``NOTHING`` at both ends."""

    scale: tuple[str, ...]
    lowest: str
    highest: str
    kind: ClassVar[str] = "level"

    def __post_init__(self) -> None:
        if len(set(self.scale)) != len(self.scale) or not self.scale or NOTHING in self.scale:
            raise BoundError("The scale of a level must name at least one step, and each step once.")
        for end in (self.lowest, self.highest):
            if end not in self.scale and end != NOTHING:
                raise BoundError(f'"{end}" is not a step of the scale {" < ".join(self.scale)}.')
        if self.empty and (self.lowest, self.highest) != (NOTHING, NOTHING):
            # One form for the empty stretch, so that equal bounds compare equal.
            object.__setattr__(self, "lowest", NOTHING)
            object.__setattr__(self, "highest", NOTHING)

    @property
    def empty(self) -> bool:
        if NOTHING in (self.lowest, self.highest):
            return True
        return self.scale.index(self.lowest) > self.scale.index(self.highest)

    @property
    def steps(self) -> tuple[str, ...]:
        """The permitted steps in the scale's order."""
        if self.empty:
            return ()
        return self.scale[self.scale.index(self.lowest) : self.scale.index(self.highest) + 1]

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "scale": list(self.scale), "lowest": self.lowest, "highest": self.highest}


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``lowest`` to ``highest``; ``whole`` numbers only, unless said otherwise. Empty is 1 to 0."""

    lowest: float
    highest: float
    whole: bool = True
    kind: ClassVar[str] = "range"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lowest) and math.isfinite(self.highest)):
            raise BoundError("The ends of a range must be numbers.")
        lowest, highest, whole = self.lowest, self.highest, self.whole
        if whole and lowest <= highest:
            lowest, highest = math.ceil(lowest), math.floor(highest)
        if lowest > highest:
            lowest, highest, whole = 1, 0, True
        # One form for what permits the same numbers, so that equal bounds compare equal.
        for name, value in (("lowest", lowest), ("highest", highest), ("whole", whole)):
            object.__setattr__(self, name, value)

    @property
    def empty(self) -> bool:
        return self.lowest > self.highest

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "lowest": self.lowest, "highest": self.highest, "whole": self.whole}


@dataclass(frozen=True, slots=True)
class Text:
    """A text of at most ``max_length`` code points that every pattern (RE2, whole text) fits.

    Writing nothing is always permitted: such a bound says what may be written, not that something must be.
    """

    max_length: int
    patterns: frozenset[str] = frozenset()
    kind: ClassVar[str] = "text"

    def __post_init__(self) -> None:
        if self.max_length < 0:
            object.__setattr__(self, "max_length", 0)
        if len(self.patterns) > MAX_PATTERNS:
            raise BoundError(f"A text has {len(self.patterns)} patterns; the most is {MAX_PATTERNS}.")
        for pattern in self.patterns:
            _pattern(pattern)

    @property
    def empty(self) -> bool:
        return False

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "max_length": self.max_length, "patterns": sorted(self.patterns)}


Bound: TypeAlias = Toggle | Level | Choice | Range | Text


def _pattern(pattern: str) -> Any:
    try:
        return compile_pattern(pattern)
    except PatternError as error:
        raise BoundError(str(error)) from error


def meet(a: Bound, b: Bound) -> Bound:
    """The widest bound that permits no more than either. Raises BoundError for different kinds or scales."""
    if isinstance(a, Toggle) and isinstance(b, Toggle):
        return Toggle(a.permitted & b.permitted)
    if isinstance(a, Choice) and isinstance(b, Choice):
        return Choice(a.permitted & b.permitted)
    if isinstance(a, Level) and isinstance(b, Level) and a.scale == b.scale:
        return _stretch(a.scale, set(a.steps) & set(b.steps))
    if isinstance(a, Range) and isinstance(b, Range):
        return Range(max(a.lowest, b.lowest), min(a.highest, b.highest), a.whole or b.whole)
    if isinstance(a, Text) and isinstance(b, Text):
        return Text(min(a.max_length, b.max_length), a.patterns | b.patterns)
    raise BoundError(f"{article(a)} and {article(b)} have nothing to compare.")


def _stretch(scale: tuple[str, ...], steps: set[str]) -> Level:
    kept = [step for step in scale if step in steps] or [NOTHING]
    return Level(scale, kept[0], kept[-1])


def meet_all(first: Bound, rest: Iterable[Bound]) -> Bound:
    """``meet`` over any number of bounds."""
    for bound in rest:
        first = meet(first, bound)
    return first


def leq(a: Bound, b: Bound) -> bool:
    """Whether ``a`` permits no more than ``b``; defined by ``meet``, so that the two cannot disagree."""
    return meet(a, b) == a


def contains(bound: Bound, value: Value) -> bool:
    """Whether the bound permits this very value."""
    match bound:
        case Toggle() | Choice():
            return value in bound.permitted
        case Level():
            return value in bound.steps
        case Range():
            number = isinstance(value, int if bound.whole else int | float) and not isinstance(value, bool)
            return number and bound.lowest <= value <= bound.highest  # type: ignore[operator]  # a number
        case Text():
            return isinstance(value, str) and (value == "" or _fits(bound, value))


def _fits(bound: Text, value: str) -> bool:
    return len(value) <= bound.max_length and all(_pattern(p).fullmatch(value) for p in bound.patterns)


def nearest(bound: Bound, value: Value, order: Sequence[Value] = ()) -> Value | None:
    """The value itself where it is permitted, else the permitted one closest to it; None where nothing is.

    ``order`` ranks the names of a choice, which has no order of its own.
    """
    if contains(bound, value):
        return value
    match bound:
        case Toggle() | Choice():
            ranked = [name for name in order if name in bound.permitted] or sorted(bound.permitted)
            return ranked[0] if ranked else None
        case Level():
            return _clamp_step(bound, value)
        case Range():
            return _clamp(bound, value)
        case Text():
            return ""


def _clamp_step(bound: Level, value: Value) -> Value | None:
    if bound.empty:
        return None
    below = value in bound.scale and bound.scale.index(str(value)) < bound.scale.index(bound.lowest)
    # A word that is not on the scale is met with the cautious end, which comes first.
    return bound.lowest if below or value not in bound.scale else bound.highest


def _clamp(bound: Range, value: Value) -> Value | None:
    if bound.empty:
        return None
    number = value if isinstance(value, int | float) and value == value else bound.lowest  # not NaN
    clamped = min(max(number, bound.lowest), bound.highest)
    return math.floor(clamped) if bound.whole else clamped


def excluded(wide: Bound, narrow: Bound) -> tuple[str, ...]:
    """The named values that ``wide`` permits and ``narrow`` does not, in the scale's order where there is one."""
    if isinstance(wide, Level) and isinstance(narrow, Level):
        return tuple(step for step in wide.steps if step not in narrow.steps)
    if isinstance(wide, Toggle | Choice) and isinstance(narrow, Toggle | Choice):
        return tuple(sorted(wide.permitted - narrow.permitted))
    return ()


def explain(bound: Bound) -> str:
    """The bound as words that finish "permitted: …"."""
    match bound:
        case Toggle() | Choice():
            return _listed(sorted(bound.permitted))
        case Level():
            return (
                f"{_words(bound.lowest)} to {_words(bound.highest)}"
                if len(bound.steps) > 2
                else _listed(bound.steps)
            )
        case Range():
            return "nothing" if bound.empty else f"from {_number(bound.lowest)} to {_number(bound.highest)}"
        case Text():
            fitting = "".join(f", fitting {pattern}" for pattern in sorted(bound.patterns))
            return f"at most {bound.max_length:,} characters{fitting}"


def _listed(names: Sequence[str]) -> str:
    names = [_words(name) for name in names]
    if len(names) < 2:
        return f"only {names[0]}" if names else "nothing"
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def article(bound: Bound) -> str:
    name = f"a {bound.kind}"
    return f"{name} of {' < '.join(bound.scale)}" if isinstance(bound, Level) else name
