"""What holds for a draft, and who decided it: policy, domain, audience, organisation, operator, user.

``resolve`` is total: whatever a draft asks for, every value that comes out is within the reach of its context, and a
request outside is answered with the layer that closed it and what would open it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policies.bounds import Bound, Range, Text, Value, contains, nearest
from policies.draft import Draft
from policies.organisation import Organisation
from policies.pack import Behavior, Pack, read_only
from policies.reach import Closure, Layer, Reach, Step, reach
from policies.wording import conditional_text, count_words, grant_text, permitted_words, setting_text


@dataclass(frozen=True, slots=True)
class Option:
    """One value as a control shows it. ``state`` is permitted, closed, or conditional (open under a condition)."""

    value: str
    label: str
    state: str
    selected: bool
    default: bool
    why: str
    opens: str
    words: int
    text: str
    review: str


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """One behaviour or parameter as it holds.

    ``value`` is always within bounds; under a condition (``when``) it holds while that is true, and ``otherwise``
    the rest of the time. ``requested`` is what the draft says, ``ok`` whether that was possible. ``default`` is the
    pack's default brought within bounds. ``stated`` and ``granted`` are the words that go into the compiled prompt.
    What only a page needs (``options``, ``sentence``, ``note``) is worked out when it is asked for.
    """

    behavior: Behavior
    reach: Reach
    requested: Value | None
    ok: bool
    default: Value
    value: Value
    when: str | None
    otherwise: Value
    grants: tuple[Value, ...]
    stated: str
    granted: str

    @property
    def id(self) -> str:
        return self.behavior.id

    @property
    def title(self) -> str:
        return self.behavior.title

    @property
    def summary(self) -> str:
        return self.behavior.summary

    @property
    def kind(self) -> str:
        return self.behavior.kind

    @property
    def who(self) -> str:
        return self.behavior.who

    @property
    def pack_default(self) -> Value:
        return self.behavior.default

    @property
    def policy(self) -> Bound:
        """What the policy permits anywhere."""
        return self.reach.policy

    @property
    def permitted(self) -> Bound:
        return self.reach.permitted

    @property
    def conditional(self) -> Bound:
        """What is permitted under a condition; never less than ``permitted``."""
        return self.reach.conditional

    @property
    def trace(self) -> tuple[Step, ...]:
        return self.reach.steps

    @property
    def moved(self) -> bool:
        return self.value != self.default or any(grant != self.value for grant in self.grants)

    @property
    def words(self) -> int:
        """How many words it adds to the compiled prompt."""
        return count_words(self.stated) + count_words(self.granted)

    @property
    def reachable(self) -> tuple[Value, ...]:
        """Every value that may be in force: always, under the condition, or by a user's choice."""
        return tuple(dict.fromkeys((self.value, self.otherwise, *self.grants)))

    @property
    def grantable(self) -> tuple[str, ...]:
        """The values that an operator may let users choose here."""
        if self.who != "user":
            return ()
        return tuple(name for name in self.behavior.names if contains(self.permitted, name))

    @property
    def reviews(self) -> tuple[str, ...]:
        """The specialities that must approve the values that may be in force."""
        found = (
            self.reach.reviews.get(str(value), "") for value in self.reachable if value != self.pack_default
        )
        return tuple(dict.fromkeys(filter(None, found)))

    @property
    def closure(self) -> Closure | None:
        """Who closed what the draft asks for or, where it asks for nothing, the pack's default."""
        return _closure(self.reach, self.pack_default if self.requested is None else self.requested)

    @property
    def decided_by(self) -> Layer:
        """The layer that settled the value: the operator, or the one that closed what would have held otherwise."""
        if self.requested is not None and self.ok:
            return Layer.OPERATOR
        return self.closure.layer if self.closure else Layer.POLICY

    @property
    def decided_name(self) -> str:
        if self.decided_by is Layer.OPERATOR:
            return "the prompt"
        return self.closure.name if self.closure else self.trace[0].name

    @property
    def options(self) -> tuple[Option, ...]:
        """All values in order; empty for ranges and texts."""
        return tuple(_option(self, name) for name in self.behavior.names)

    @property
    def sentence(self) -> str:
        """Why the value is what it is, as one sentence that names the layer."""
        return _sentence(self)

    @property
    def note(self) -> str:
        """One line below a control: the condition, who closed what and what opens it, what it adds to the prompt."""
        return _note(self)


@dataclass(frozen=True, slots=True)
class Effective:
    """All behaviours, then all parameters, as they hold for one draft."""

    pack_ref: str
    domain: str
    audience: tuple[str, ...]
    settings: tuple[EffectiveSetting, ...]
    _by_id: Mapping[str, EffectiveSetting]

    def __getitem__(self, id: str) -> EffectiveSetting:
        return self._by_id[id]

    def get(self, id: str) -> EffectiveSetting | None:
        return self._by_id.get(id)


def resolve(draft: Draft, pack: Pack, organisation: Organisation | None = None) -> Effective:
    """Meet all layers for a draft. Total: it answers for every behaviour, whatever the draft says."""
    within = reach(pack, domain=draft.domain, audience=draft.audience, organisation=organisation)
    asked = requested_values(draft)
    settings = []
    for id, behavior in pack.adjustables.items():
        value, condition = asked.get(id, (None, None))
        settings.append(_setting(behavior, within[id], value, condition, draft, pack.phrases))
    by_id = read_only({setting.id: setting for setting in settings})
    return Effective(pack.ref, draft.domain, draft.audience, tuple(settings), by_id)


def requested_values(draft: Draft) -> dict[str, tuple[Value, str | None]]:
    """What the draft asks for, parameters included: id → (value, condition).

    A parameter has one place in a draft; under "settings" it is a mistake that validation names.
    """
    asked: dict[str, tuple[Value, str | None]] = {
        id: (setting.value, setting.when)
        for id, setting in draft.settings.items()
        if id.startswith("behavior.")
    }
    parameters = draft.parameters
    stated: dict[str, Value | None] = {
        "parameter.model": draft.model or None,
        "parameter.max_tokens": parameters.max_tokens,
        "parameter.effort": parameters.effort,
        "parameter.thinking": parameters.thinking.type if parameters.thinking else None,
    }
    return asked | {id: (value, None) for id, value in stated.items() if value is not None}


def is_condition(draft: Draft, name: str) -> bool:
    """Whether a name is a declared boolean variable, and so can be a condition."""
    variable = draft.variables.get(name)
    return variable is not None and variable.type == "boolean"


def _setting(
    behavior: Behavior,
    within: Reach,
    requested: Value | None,
    condition: str | None,
    draft: Draft,
    phrases: Mapping[str, str],
) -> EffectiveSetting:
    default = _default(behavior, within)
    ok = requested is None or _possible(within, requested, condition, draft)
    explicit = requested is not None and ok
    value = requested if explicit and requested is not None else default
    when = condition if explicit else None
    grants = _grants(behavior, within, draft)
    acting = behavior.stated == "tools" and bool(draft.tools)
    stated = ""
    if when:
        stated = conditional_text(behavior, value, when, default, phrases)
    elif explicit or acting or value != behavior.default:
        stated = setting_text(behavior, value)
    return EffectiveSetting(
        behavior,
        within,
        requested,
        ok,
        default,
        value,
        when,
        default if when else value,
        grants,
        stated,
        grant_text(behavior, grants, None if when else value),
    )


def _possible(within: Reach, requested: Value, condition: str | None, draft: Draft) -> bool:
    if condition is None:
        return contains(within.permitted, requested)
    return contains(within.conditional, requested) and is_condition(draft, condition)


def _default(behavior: Behavior, within: Reach) -> Value:
    """The pack's default brought within bounds; where the layers leave nothing, within the context's alone."""
    closest = nearest(within.permitted, behavior.default, behavior.names)
    if closest is None:
        before = [step.result for step in within.steps if step.layer is not Layer.ORGANISATION]
        closest = nearest(before[-1], behavior.default, behavior.names)
    return behavior.default if closest is None else closest


def _grants(behavior: Behavior, within: Reach, draft: Draft) -> tuple[Value, ...]:
    """What a user may choose: granted, movable by users at all, and within the operator's own reach."""
    if behavior.who != "user":
        return ()
    asked = dict.fromkeys(draft.grants.get(behavior.id, ()))
    return tuple(value for value in asked if contains(within.permitted, value))


def _closure(within: Reach, value: Value) -> Closure | None:
    """Who closed a value; None where it is open, or no value of this behaviour at all."""
    if contains(within.permitted, value):
        return None
    if isinstance(within.policy, Range | Text):
        return _first_to_close(within, value)
    return within.closure(str(value))


def _first_to_close(within: Reach, value: Value) -> Closure | None:
    """Numbers and texts have no names to look up: the first step whose own bound leaves the value out."""
    step = next((step for step in within.steps if not contains(step.bound, value)), None)
    if step is None:
        return None
    if step.layer is Layer.POLICY:
        return Closure(str(value), step.layer, step.name, "nobody can open it")
    known = next((closure for closure in within.closures if closure.layer is step.layer), None)
    return Closure(
        str(value), step.layer, step.name, known.opens if known else "", known.since if known else ""
    )


def _option(setting: EffectiveSetting, name: str) -> Option:
    behavior, closure = setting.behavior, setting.reach.closure(name)
    selected = name == (setting.value if setting.ok else setting.requested)
    state, why = "permitted", ""
    if closure:
        state, why = "closed", closure.why
    elif setting.when and selected:
        state, why = "conditional", f"only if {setting.when} is true"
    elif not contains(setting.permitted, name):
        state, why = "conditional", "only under a condition"
    text = setting_text(behavior, name)
    return Option(
        value=name,
        label=behavior.label(name),
        state=state,
        selected=selected,
        default=name == setting.default,
        why=why,
        opens=closure.opens if closure else "",
        words=0 if name == behavior.default else count_words(text),
        text=text,
        review=setting.reach.reviews.get(name, ""),
    )


def _sentence(setting: EffectiveSetting) -> str:
    behavior, requested, closure = setting.behavior, setting.requested, setting.closure
    label = behavior.label(setting.value) or "not stated"
    here = f"permitted here: {permitted_words(behavior, setting.conditional)}"
    if requested is None:
        if closure:
            return f"{label}, because {behavior.label(behavior.default)} is {_lower(closure.why)}; {closure.opens}."
        return f"{label}, the policy's default; {here}."
    if setting.ok:
        other = (
            f" while {setting.when} is true, else {behavior.label(setting.default)}" if setting.when else ""
        )
        return f"{label}{other}, set by the prompt; {here}."
    asked = behavior.label(requested)
    if closure:
        return f"{label}: {asked} is {_lower(closure.why)}; {closure.opens}."
    if contains(setting.conditional, requested):
        return f"{label}: {asked} is open only under a condition, which must be a declared boolean variable."
    return f"{label}: {asked} is not a value of {behavior.title}; {here}."


def _lower(why: str) -> str:
    return why[0].lower() + why[1:]


def _note(setting: EffectiveSetting) -> str:
    behavior = setting.behavior
    parts = [f"{behavior.label(setting.value)} only if {setting.when} is true"] if setting.when else []
    for closure in setting.reach.closures[-1:]:
        ends = isinstance(behavior.bound, Range)
        parts.append(f"{closure.value.capitalize()} {_lower(closure.why)}" if ends else closure.why)
        parts.append(closure.opens)
    if setting.stated and not setting.when:
        parts.append(f"Adds {count_words(setting.stated)} words to the compiled prompt")
        parts += [behavior.keeps_note] if behavior.keeps_note else []
    return " · ".join(parts)
