"""How far an operator may go: the policy's bounds, met with the domain's, the audiences' and the organisation's.

Every layer can only narrow (``bounds.meet``). A value that is closed names the first layer that closed it and what
would open it. Behaviours may carry ``unlocks``: values that are closed unless the domain and every audience is one of
those named; of these some open only under a condition, hence two bounds, ``permitted`` within ``conditional``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from policies.bounds import (
    Bound,
    Choice,
    Level,
    Range,
    Text,
    Toggle,
    contains,
    excluded,
    explain,
    meet,
    meet_all,
)
from policies.organisation import Organisation
from policies.pack import Behavior, Context, Pack, Unlock, read_only


class Layer(StrEnum):
    """The principal layers, from the top."""

    POLICY = "policy"
    DOMAIN = "domain"
    AUDIENCE = "audience"
    ORGANISATION = "organisation"
    OPERATOR = "operator"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Step:
    """What one layer stated, and what was left after it; ``closed`` are the named values that it took away."""

    layer: Layer
    name: str
    bound: Bound
    result: Bound
    closed: tuple[str, ...]

    @property
    def sentence(self) -> str:
        if self.layer is Layer.POLICY:
            return f"The policy permits {explain(self.result)}."
        who = _by(self.layer, self.name)
        if self.closed:
            return f"{who[0].upper()}{who[1:]} closes {_joined(self.closed)}; {explain(self.result)} is left."
        return f"{who[0].upper()}{who[1:]} narrows it: {explain(self.result)} is left."


@dataclass(frozen=True, slots=True)
class Closure:
    """A value that is closed: by whom, since when, and what would open it."""

    value: str
    layer: Layer
    name: str
    opens: str
    since: str = ""

    @property
    def why(self) -> str:
        """``Closed by the policy for finance``."""
        day = f" on {self.since}" if self.since else ""
        return f"Closed by {_by(self.layer, self.name)}{day}"


@dataclass(frozen=True, slots=True)
class Reach:
    """What an operator may set one behaviour to in a context; ``conditional`` adds what needs a condition."""

    id: str
    policy: Bound
    permitted: Bound
    conditional: Bound
    steps: tuple[Step, ...]
    closures: tuple[Closure, ...]
    reviews: Mapping[str, str]

    def closure(self, value: str) -> Closure | None:
        return next((closure for closure in self.closures if closure.value == value), None)


def reach(
    pack: Pack,
    *,
    domain: str = "general",
    audience: Iterable[str] = ("public",),
    organisation: Organisation | None = None,
) -> Mapping[str, Reach]:
    """The reach of every behaviour and parameter, by id. Total: an unknown domain or audience opens nothing."""
    wide = _context_reach(pack, domain, tuple(sorted(set(audience))) or ("public",))
    if not organisation or not organisation.bounds:
        return wide
    return read_only({id: _narrowed(one, pack, organisation, domain) for id, one in wide.items()})


def conditional_in(behavior: Behavior, domain: Context, audience: Context) -> Bound:
    """``Reach.conditional`` in one domain for one audience, and nothing of the why: what it says costs most of a reach."""
    contexts = ((domain, None), (audience, audience))
    stated = [_statement(behavior, one, domain, who, with_condition=True) for one, who in contexts]
    return meet_all(behavior.bound, stated)


def permitted_in(behavior: Behavior, domain: Context, audience: Context) -> Bound:
    """What is open without a condition in one domain for one audience, and nothing of the why."""
    return meet(
        _statement(behavior, domain, domain, None, with_condition=False),
        _statement(behavior, audience, domain, audience, with_condition=False),
    )


def _narrowed(one: Reach, pack: Pack, organisation: Organisation, domain: str) -> Reach:
    stated = organisation.bounds.get(one.id)
    if stated is None:
        return one
    permitted, conditional = meet(one.permitted, stated), meet(one.conditional, stated)
    known = {closure.value for closure in one.closures}
    taken = [name for name in _taken(one.conditional, conditional) if name not in known]
    since = organisation.since.get(one.id, "")
    closures = tuple(
        Closure(name, Layer.ORGANISATION, organisation.name, _by_an_admin(one, name, pack, domain), since)
        for name in taken
    )
    doubled = tuple(_also_closed(one.id, closure, stated, organisation) for closure in one.closures)
    step = Step(Layer.ORGANISATION, organisation.name, stated, conditional, tuple(taken))
    moved = conditional != one.conditional or permitted != one.permitted
    return replace(
        one,
        permitted=permitted,
        conditional=conditional,
        steps=one.steps + ((step,) if moved else ()),
        closures=doubled + closures,
    )


def _by_an_admin(one: Reach, value: str, pack: Pack, domain: str) -> str:
    """What would open a value that the organisation closed: and what the policy itself would still ask for it."""
    specialty = pack.specialty(one.reviews.get(value, ""))
    named = pack.behavior(one.id)
    under_condition = bool(named and value in named.names) and not contains(one.permitted, value)
    if not specialty and not under_condition:
        return "an admin can open it"
    asked = " under a condition" if under_condition else ""
    asked += f" with the approval of a {specialty.title.lower()} reviewer" if specialty else ""
    return f"an admin can open it, and the policy would allow it in {domain.replace('_', ' ')}{asked}"


def _also_closed(id: str, closure: Closure, stated: Bound, organisation: Organisation) -> Closure:
    if isinstance(stated, Range | Text) or contains(stated, closure.value):
        return closure
    since = organisation.since.get(id, "")
    day = f" since {since}" if since else ""
    return replace(closure, opens=f"{closure.opens}; {organisation.name} closes it too{day}")


@lru_cache(maxsize=256)
def _context_reach(pack: Pack, domain: str, audiences: tuple[str, ...]) -> Mapping[str, Reach]:
    contexts = [(Layer.DOMAIN, _context(pack.domains, domain))]
    contexts += [(Layer.AUDIENCE, _context(pack.audiences, name)) for name in audiences]
    return read_only(
        {id: _within(pack, behavior, contexts) for id, behavior in pack.adjustables.items()},
    )


def _context(known: Sequence[Context], id: str) -> Context:
    """The context of that id; an unknown one has every restriction that any of the known ones has."""
    found = next((context for context in known if context.id == id), None)
    if found:
        return found
    bounds: dict[str, Bound] = {}
    for context in known:
        for behavior, bound in context.bounds.items():
            bounds[behavior] = meet(bounds.get(behavior, bound), bound)
    return Context(id, id, "unknown", 0, 3, bounds=bounds)


def _within(pack: Pack, behavior: Behavior, contexts: list[tuple[Layer, Context]]) -> Reach:
    permitted = conditional = behavior.bound
    steps = [Step(Layer.POLICY, pack.ref, behavior.bound, behavior.bound, ())]
    closures: list[Closure] = []
    domain = contexts[0][1]
    for layer, context in contexts:
        audience = context if layer is Layer.AUDIENCE else None
        stated = _statement(behavior, context, domain, audience, with_condition=True)
        after = meet(conditional, stated)
        taken = _taken(conditional, after)
        closures += [Closure(name, layer, context.id, "") for name in taken]
        if after != conditional:
            steps.append(Step(layer, context.id, stated, after, taken))
        conditional = after
        permitted = meet(permitted, _statement(behavior, context, domain, audience, with_condition=False))
    closures = [replace(c, opens=_opening(pack, behavior, c, contexts)) for c in closures]
    reviews = {name: _review(behavior, name, contexts) for name in behavior.names}
    return Reach(
        behavior.id, behavior.bound, permitted, conditional, tuple(steps), tuple(closures), read_only(reviews)
    )


def _statement(
    behavior: Behavior, context: Context, domain: Context, audience: Context | None, *, with_condition: bool
) -> Bound:
    """What one context states about one behaviour: its own bound, and the unlocks that it does not satisfy."""
    locked = {name for unlock in behavior.unlocks for name in unlock.values}
    open_here = {
        name
        for unlock in behavior.unlocks
        if (with_condition or not unlock.conditional) and _fits(unlock, domain, audience)
        for name in unlock.values
    }
    stated = _without(behavior, locked - open_here)
    return meet_all(stated, [context.bounds[behavior.id]] if behavior.id in context.bounds else [])


def _fits(unlock: Unlock, domain: Context, audience: Context | None) -> bool:
    here = not unlock.domains or domain.id in unlock.domains
    return here and (audience is None or not unlock.audiences or audience.id in unlock.audiences)


def _without(behavior: Behavior, closed: set[str]) -> Bound:
    """The behaviour's bound without some values; of a scale, the stretch around the default that avoids them."""
    bound = behavior.bound
    match bound:
        case Toggle():
            return Toggle(bound.permitted - closed)
        case Choice():
            return Choice(bound.permitted - closed)
        case Level():
            at = bound.scale.index(str(behavior.default))
            low = high = at
            while low > 0 and bound.scale[low - 1] not in closed:
                low -= 1
            while high + 1 < len(bound.scale) and bound.scale[high + 1] not in closed:
                high += 1
            return Level(bound.scale, bound.scale[low], bound.scale[high])
        case _:
            return bound


def _taken(before: Bound, after: Bound) -> tuple[str, ...]:
    """What a layer took away, as names: values, or the ends of a range."""
    if isinstance(before, Range) and isinstance(after, Range) and not after.empty:
        ends = [f"below {after.lowest:,}"] * (after.lowest > before.lowest)
        return (*ends, *[f"above {after.highest:,}"] * (after.highest < before.highest))
    if isinstance(before, Text) and before != after:
        return ("other texts",)
    return excluded(before, after)


def _review(behavior: Behavior, value: str, contexts: list[tuple[Layer, Context]]) -> str:
    """The speciality that must approve a value here; empty where none must."""
    domain, audiences = contexts[0][1], [context for layer, context in contexts if layer is Layer.AUDIENCE]
    fitting = [
        unlock
        for unlock in behavior.unlocks
        if value in unlock.values and any(_fits(unlock, domain, audience) for audience in audiences)
    ]
    if not fitting or any(not unlock.review for unlock in fitting):
        return ""
    return fitting[0].review


def _opening(pack: Pack, behavior: Behavior, closure: Closure, contexts: list[tuple[Layer, Context]]) -> str:
    """What would open a closed value, as words that follow the dot after who closed it."""
    if isinstance(behavior.bound, Range | Text):
        return f"the policy permits {explain(behavior.bound)}"
    audiences = [context for layer, context in contexts if layer is Layer.AUDIENCE]
    domain = contexts[0][1]
    others = [d.id for d in pack.domains if _open(behavior, closure.value, d, audiences)]
    if others and closure.layer is Layer.DOMAIN:
        return f"open in {_short(others)}"
    people = [a.id for a in pack.audiences if _open(behavior, closure.value, domain, [a])]
    if people:
        return f"open for {_short(people)}{_approved(pack, behavior, closure.value)}"
    return _elsewhere(pack, behavior, closure.value)


def _open(behavior: Behavior, value: str, domain: Context, audiences: list[Context]) -> bool:
    """Whether a value is open there; under a condition only where it opens in no other way."""
    only_conditional = all(unlock.conditional for unlock in behavior.unlocks if value in unlock.values)
    contexts = [(domain, None), *((audience, audience) for audience in audiences)]
    return all(
        contains(_statement(behavior, context, domain, audience, with_condition=only_conditional), value)
        for context, audience in contexts
    )


def _elsewhere(pack: Pack, behavior: Behavior, value: str) -> str:
    """Where domain and audience would both have to be others."""
    pairs = [(d.id, a.id) for d in pack.domains for a in pack.audiences if _open(behavior, value, d, [a])]
    for unlock in (one for one in behavior.unlocks if value in one.values):
        meant = [
            (domain, audience)
            for domain, audience in pairs  # an unlock opens nothing that the context's own bounds close
            if (not unlock.domains or domain in unlock.domains)
            and (not unlock.audiences or audience in unlock.audiences)
        ]
        if meant:
            people = f" for {_short(_each(a for _, a in meant))}" if unlock.audiences else ""
            return f"open in {_short(_each(d for d, _ in meant))}{people}{_approved(pack, behavior, value)}"
    if not pairs:
        return "nobody can open it here"
    return f"open in {_short(_each(d for d, _ in pairs))} for {_short(_each(a for _, a in pairs))}"


def _each(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))


def _approved(pack: Pack, behavior: Behavior, value: str) -> str:
    review = next(
        (unlock.review for unlock in behavior.unlocks if value in unlock.values and unlock.review), ""
    )
    specialty = pack.specialty(review)
    return f" with a {specialty.title.lower()} reviewer" if specialty else ""


def _short(ids: Sequence[str]) -> str:
    names = [id.replace("_", " ") for id in ids]
    return _joined(names, "or") if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _joined(names: Sequence[str], word: str = "and") -> str:
    words = [name.replace("_", " ") for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {word} {words[-1]}"


def _by(layer: Layer, name: str) -> str:
    if layer is Layer.ORGANISATION:
        return name
    words = name.replace("_", " ")
    return {
        Layer.POLICY: "the policy",
        Layer.DOMAIN: f"the policy for {words}",
        Layer.AUDIENCE: f"the policy for the audience {words}",
        Layer.OPERATOR: "the prompt",
        Layer.USER: "the user",
    }[layer]
