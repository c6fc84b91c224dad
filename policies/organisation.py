"""What an organisation narrowed: bounds of its own, below the policy's and above every prompt's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from policies import forms
from policies.bound_forms import parse_bound
from policies.bounds import Bound, BoundError, Text, contains, excluded, leq, meet, nearest
from policies.forms import FormError, Length, Match, Problem, did_you_mean
from policies.pack import Behavior, Pack, read_only

Day = Annotated[str, Match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day such as 2026-01-31")]


@dataclass(frozen=True, slots=True)
class Organisation:
    """A name for sentences, and a bound for each behaviour or parameter that was narrowed, with the day of it."""

    name: str
    bounds: Mapping[str, Bound] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data that ``parse_organisation`` reads back."""
        bounds = {id: bound.as_dict() for id, bound in self.bounds.items()}
        return {"name": self.name, "bounds": bounds, "since": dict(self.since)}


@dataclass(frozen=True, slots=True)
class _Form:
    name: Annotated[str, Length(1, 200)]
    bounds: Mapping[str, Any] = field(default_factory=dict)
    since: Mapping[str, Day] = field(default_factory=dict)


def parse_organisation(data: Any, pack: Pack) -> Organisation:
    """Read an organisation's bounds. Raises FormError with every problem found.

    A bound may leave out its kind and its scale, which the pack knows. One that would permit more than the policy
    is refused: an organisation can only narrow. (Resolving meets the layers all the same, so that even a forged
    bound would open nothing.)
    """
    form = forms.read(_Form, data)
    problems: list[Problem] = []
    bounds = {}
    for id, written in form.bounds.items():
        try:
            bounds[id] = _narrower(written, id, pack)
        except BoundError as error:
            problems.append(Problem(f"bounds.{id}", str(error)))
    problems += [
        Problem(f"since.{id}", "names a day for a bound that is not given.")
        for id in form.since
        if id not in form.bounds
    ]
    if problems:
        raise FormError(problems)
    return Organisation(form.name, read_only(bounds), form.since)


def _narrower(written: Any, id: str, pack: Pack) -> Bound:
    behavior = pack.behavior(id)
    if not behavior:
        raise BoundError(f"is no behaviour or parameter of {pack.ref}.{did_you_mean(id, pack.adjustables)}")
    bound = parse_bound(written, like=behavior.bound)
    if isinstance(bound, Text) and isinstance(behavior.bound, Text):
        # Patterns add up: an organisation writes its own, the policy's hold beside them.
        bound = Text(bound.max_length, bound.patterns | behavior.bound.patterns)
    if not leq(bound, behavior.bound):
        raise BoundError("permits more than the policy does; an organisation can only narrow.")
    if bound.empty:
        raise BoundError("permits nothing at all; leave at least one value.")
    left = nearest(bound, behavior.default, behavior.names)
    if left is not None and behavior.exposure(left) > behavior.exposure(behavior.default):
        label, default = behavior.label(left), behavior.label(behavior.default)
        raise BoundError(f"closes {default} and so forces {label}, which is wider; leave {default} open.")
    return bound


def carry_over(bounds: Mapping[str, Any], pack: Pack) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Bounds that were made under another version of the policy, as ``pack`` can take them, and what was lost.

    Renamed ids are followed. A bound that would now permit more than the policy becomes the meeting of the two, so that
    nothing is open that either had closed; one that the policy has no place for is left out, with a sentence.
    """
    kept: dict[str, Any] = {}
    lost: list[str] = []
    for id, written in bounds.items():
        name = pack.renamed.get(id, id)
        behavior = pack.behavior(name)
        if behavior is None:
            lost.append(f"{id} is not in {pack.ref}; the bound on it ends.")
            continue
        try:
            kept[name] = _met(written, behavior)
            _narrower(kept[name], name, pack)
        except BoundError as error:
            kept.pop(name, None)
            lost.append(f"{behavior.title}: the bound can't be kept; it {error}")
    return kept, tuple(lost)


def _met(written: Any, behavior: Behavior) -> Any:
    bound = parse_bound(written, like=behavior.bound)
    if isinstance(bound, Text) or leq(bound, behavior.bound):
        return written
    return meet(bound, behavior.bound).as_dict()


@dataclass(frozen=True, slots=True)
class BoundNote:
    """Something that an admin should know of a bound before it is in force."""

    id: str
    sentence: str


def notes_on(organisation: Organisation, pack: Pack) -> tuple[BoundNote, ...]:
    """Static checks of an organisation's bounds: those that do nothing, and those that leave one value only."""
    return tuple(note for id, bound in organisation.bounds.items() for note in _notes(id, bound, pack))


def _notes(id: str, bound: Bound, pack: Pack) -> Iterator[BoundNote]:
    behavior = pack.behavior(id)
    if behavior is None:
        return
    closed = excluded(behavior.bound, bound)
    if bound == behavior.bound:
        yield BoundNote(id, f"{behavior.title} is not narrowed: the bound permits all that the policy does.")
    left = [name for name in behavior.names if contains(bound, name)]
    if behavior.names and len(left) == 1 and closed:
        yield BoundNote(
            id, f"{behavior.title} is {behavior.label(left[0])} everywhere: no other value is left."
        )
    if left and not contains(bound, behavior.default):
        label = behavior.label(behavior.default)
        yield BoundNote(
            id,
            f"{behavior.title}: the default {label} is closed, so every prompt that states nothing changes.",
        )
