"""A policy pack as frozen values: limits, honesty, behaviours with their bounds, domains, audiences, review rules.

These dataclasses are the form of a pack at once: ``pack_form`` says how they stand together (their JSON Schema is made
of it), ``pack_reading`` reads the TOML into them. A pack is data, immutable once published, and known by its digest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

from policies.bound_forms import parse_bound
from policies.bounds import Bound, Range, Text, Value
from policies.canonical import plain
from policies.findings import Tier
from policies.forms import Between, Custom, Items, Match
from policies.patterns import compile_pattern

MODEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}"
Sentence = Annotated[str, Match(r"[\s\S]*\S[\s\S]*", "a sentence")]
Fact = Annotated[int, Between(0, 3)]
RuleId = Annotated[str, Match(r"(limit|honesty|ethics)\.[a-z][a-z0-9_]*", "an id such as limit.emergency")]
AdjustableId = Annotated[
    str, Match(r"(behavior|parameter)\.[a-z][a-z0-9_]*", "an id such as behavior.creativity")
]
ModelName = Annotated[str, Match(MODEL_NAME, "a model's name such as claude-sonnet-5-5")]
Name = Annotated[str, Match(r"[a-z][a-z0-9_]*", "lower-case letters, digits and _")]


def _bound_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": ["toggle", "level", "choice", "range", "text"]}},
    }


BoundForm = Annotated[Bound, Custom(parse_bound, _bound_schema)]


def read_scalar(data: Any) -> Value:
    """A setting's value: on and off may be written as booleans."""
    if isinstance(data, bool):
        return "on" if data else "off"
    if not isinstance(data, str | int | float):
        raise ValueError("A value must be a name or a number.")
    return data


Scalar = Annotated[Value, Custom(read_scalar, lambda: {"type": ["string", "number", "boolean"]})]


@dataclass(frozen=True, slots=True)
class TierSpec:
    """One rank of the priority order."""

    id: Tier
    title: str
    strip: str
    summary: Sentence


@dataclass(frozen=True, slots=True)
class Rule:
    """What always holds: a limit, an honesty property, or an ethical rule.

    ``hard`` marks the provider's absolute constraints; ``waiver`` says what only the user may waive, for themselves.
    ``violates`` lists what breaks the rule, ``permits`` what lies near it and does not; ``blocked`` and ``allowed`` are
    sentences of a prompt on either side.
    """

    id: RuleId
    title: str
    statement: Sentence
    why: Sentence
    allowed: tuple[str, ...]
    blocked: tuple[str, ...]
    violates: tuple[Sentence, ...] = ()
    permits: tuple[Sentence, ...] = ()
    hard: bool = False
    waiver: str = ""

    @property
    def tier(self) -> Tier:
        return Tier.LIMIT if self.id.startswith("limit.") else Tier.ETHICS


@dataclass(frozen=True, slots=True)
class Harm:
    """What can go wrong when a behaviour is widened, each 0 (none) to 3 (grave), and the argument for the figures."""

    severity: Fact
    breadth: Fact
    irreversibility: Fact
    vulnerability: Fact
    why: str = ""

    @property
    def facts(self) -> dict[str, int]:
        """The four figures by name."""
        return {
            "severity": self.severity,
            "breadth": self.breadth,
            "irreversibility": self.irreversibility,
            "vulnerability": self.vulnerability,
        }

    def weight(self, audience_vulnerability: int = 3) -> int:
        """1 to 4. The audience's vulnerability counts as far as the behaviour touches the vulnerable."""
        touched = min(self.vulnerability, audience_vulnerability)
        return 1 + (self.severity + self.breadth + self.irreversibility + touched) // 4


@dataclass(frozen=True, slots=True)
class Variant:
    """One value that a behaviour may have.

    ``text`` is what it adds to the compiled prompt, ``granted`` what it adds when users may choose it; ``does``
    finishes "The assistant …". ``exposure`` > 0 is wider than the default, < 0 narrower.
    """

    name: str
    label: str = ""
    text: str = ""
    granted: str = ""
    does: str = ""
    exposure: Annotated[int, Between(-2, 2)] = 0


@dataclass(frozen=True, slots=True)
class Unlock:
    """Where values that are closed by default may open: any of the domains, any of the audiences (empty: all).

    ``review`` is the speciality that must approve; ``conditional`` opens them only under a condition.
    """

    values: tuple[str, ...]
    why: Sentence
    domains: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    review: str = ""
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """While this behaviour has ``value``, others must have (``requires``) or must not have (``excludes``) a value."""

    value: Scalar
    why: Sentence
    requires: Mapping[AdjustableId, Scalar] = field(default_factory=dict)
    excludes: Mapping[AdjustableId, Scalar] = field(default_factory=dict)
    severity: Literal["block", "warn"] = "block"


@dataclass(frozen=True, slots=True)
class Behavior:
    """Something adjustable: its default, who may move it, how far, what it costs and what it tells the model."""

    id: AdjustableId
    title: str
    summary: Sentence
    why: Sentence
    who: Literal["operator", "user"]
    default: Scalar
    bound: BoundForm
    harm: Harm
    values: tuple[Variant, ...] = ()
    unlocks: tuple[Unlock, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    keeps: tuple[RuleId, ...] = ()
    keeps_note: str = ""
    user_may: str = ""
    granted: str = ""
    stated_as: str = ""
    done_as: str = ""
    block: str = ""
    stated: Literal["moved", "tools"] = "moved"
    unit: str = ""
    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return self.bound.kind

    @property
    def short(self) -> str:
        """The id without its prefix."""
        return self.id.partition(".")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """The values in the order in which they are shown; empty for ranges and texts."""
        return () if isinstance(self.bound, Range | Text) else tuple(value.name for value in self.values)

    def value(self, name: Value) -> Variant | None:
        return next((value for value in self.values if value.name == name), None)

    def label(self, name: Value) -> str:
        """How a value is called on a page."""
        variant = self.value(name)
        if variant and variant.label:
            return variant.label
        text = f"{name:,}" if isinstance(name, int | float) else name.replace("_", " ")
        return f"{text} {self.unit}".rstrip()

    def exposure(self, name: Value) -> int:
        variant = self.value(name)
        return variant.exposure if variant else 0


@dataclass(frozen=True, slots=True)
class Context:
    """A domain or an audience: what it narrows, how much risk it brings, what a review there needs.

    ``expects`` are the audiences of which a draft in this domain should name one. ``why`` argues for the risk, the
    reviewers and what runs must cover; ``reasons`` for each bound, by the behaviour's id.
    """

    id: Name
    title: str
    summary: Sentence
    risk: Annotated[int, Between(0, 8)]
    vulnerability: Fact = 0
    reviewers: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
    bounds: Mapping[str, Bound] = field(default_factory=dict)
    why: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


Domain: TypeAlias = Context
Audience: TypeAlias = Context


@dataclass(frozen=True, slots=True)
class Block:
    """A tagged part of the compiled prompt that holds the texts of settings."""

    tag: Name
    title: str


@dataclass(frozen=True, slots=True)
class Specialty:
    """A kind of reviewer, such as clinical."""

    id: Name
    title: str
    summary: Sentence


@dataclass(frozen=True, slots=True)
class ReviewLevel:
    """What a review needs from this risk score on."""

    from_risk: Annotated[int, Between(0, 40)]
    approvals: Annotated[int, Between(1, 9)]
    reviewers: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    # Of each scenario, that a run must have played to count as evidence.
    samples: Annotated[int, Between(1, 50)] = 1
    # On which the same must be shown as on the revision's own: where answers may fall back to another model, say.
    models: Annotated[tuple[ModelName, ...], Items(8)] = ()


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """How risk becomes requirements."""

    risk_highest: Annotated[int, Between(5, 100)]
    levels: tuple[ReviewLevel, ...]
    tool_risk: int
    irreversible_tool_risk: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Margins that a comparison of revisions is read with."""

    margin_limits: float
    margin_other: float
    hold_rate: float
    confidence: float
    false_discovery_rate: float
    least_scenarios: int
    most_excluded: float
    widest_half_interval: float


@dataclass(frozen=True, slots=True)
class Probe:
    """A scenario that the pack brings for one of its rules; its fields are those of a scenario.

    ``where`` names the settings under which it means something: without any, it holds for every prompt.
    """

    id: str
    title: str
    domain: str
    purpose: str
    covers: tuple[str, ...]
    expect: tuple[Mapping[str, Any], ...]
    turns: tuple[Mapping[str, Any], ...] = ()
    simulated_user: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    tags: tuple[str, ...] = ()
    family: str | None = None
    where: Mapping[AdjustableId, Scalar] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The scenario as a run's file has it, without what is empty. ``where`` becomes tags, ``behavior.x=on``."""
        names = [spec.name for spec in dataclasses.fields(self) if spec.name != "where"]
        fields = {name: getattr(self, name) for name in names}
        fields["tags"] = (*self.tags, *(f"{id}={value}" for id, value in sorted(self.where.items())))
        return {name: value for name, value in plain(fields).items() if value not in (None, [])}


def _read_pattern(data: Any) -> str:
    if not isinstance(data, str) or not data.strip():
        raise ValueError("A pattern must be text.")
    if compile_pattern(data, case=False).search("") is not None:
        raise ValueError(f'The pattern "{data[:60]}" finds something in an empty text, so in every prompt.')
    return data


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """Words that an organisation looks for itself: an RE2 pattern, whatever the case, in text made readable.

    ``rule`` is the rule that they break; or a behaviour, which they move to ``value``. ``blocks`` are texts in which
    the pattern must find something, ``passes`` near ones that it must leave alone.
    """

    id: Name
    rule: Annotated[
        str, Match(r"(limit|honesty|ethics|behavior)\.[a-z][a-z0-9_]*", "an id such as limit.emergency")
    ]
    pattern: Annotated[str, Custom(_read_pattern, lambda: {"type": "string"})]
    title: Sentence
    why: Sentence
    blocks: tuple[Sentence, ...]
    passes: tuple[Sentence, ...]
    fix: str = ""
    value: str = ""
    severity: Literal["block", "warn", "info"] = "block"


@dataclass(frozen=True, slots=True)
class PackRef:
    """Enough to name a pack in a list."""

    name: str
    version: str
    title: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """One published version of a policy. Two packs are the same when their digests are."""

    name: str
    version: str
    title: str
    summary: str
    published: str
    sources: tuple[str, ...]
    tiers: tuple[TierSpec, ...]
    rules: tuple[Rule, ...]
    behaviors: tuple[Behavior, ...]
    parameters: tuple[Behavior, ...]
    domains: tuple[Context, ...]
    audiences: tuple[Context, ...]
    blocks: tuple[Block, ...]
    specialties: tuple[Specialty, ...]
    review: ReviewRules
    statistics: Statistics
    probes: tuple[Probe, ...]
    phrases: Mapping[str, str]
    renamed: Mapping[str, str]
    follows: str
    extends: str
    notes: Mapping[str, str]
    patterns: tuple[OwnPattern, ...]
    lexicon: Mapping[str, Any]
    data: Mapping[str, Any]
    digest: str
    _adjustable: Mapping[str, Behavior]

    @property
    def ref(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def limits(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.id.startswith("limit."))

    @property
    def honesty(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.id.startswith("honesty."))

    @property
    def ethics(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.id.startswith("ethics."))

    @property
    def adjustables(self) -> Mapping[str, Behavior]:
        """Behaviours, then parameters, by id."""
        return self._adjustable

    def behavior(self, id: str) -> Behavior | None:
        """A behaviour or a parameter by its id."""
        return self._adjustable.get(id)

    def rule(self, id: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == id), None)

    def domain(self, id: str) -> Context | None:
        return next((domain for domain in self.domains if domain.id == id), None)

    def audience(self, id: str) -> Context | None:
        return next((audience for audience in self.audiences if audience.id == id), None)

    def specialty(self, id: str) -> Specialty | None:
        return next((specialty for specialty in self.specialties if specialty.id == id), None)

    def title_of(self, id: str) -> str:
        """The title of any rule, behaviour or parameter; the id itself where it is unknown."""
        known = self.behavior(id) or self.rule(id)
        return known.title if known else id


def read_only(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(table))
