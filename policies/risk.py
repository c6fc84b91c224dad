"""How much a draft could do harm, as a score that reviewers can add up themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.bounds import Value
from policies.draft import Draft
from policies.layers import Effective, EffectiveSetting, resolve
from policies.organisation import Organisation
from policies.pack import Behavior, Context, Pack


@dataclass(frozen=True, slots=True)
class RiskPart:
    """What one thing adds, and why."""

    id: str
    points: int
    why: str


@dataclass(frozen=True, slots=True)
class Risk:
    """The sum of the parts, held within 0 and ``highest``."""

    total: int
    highest: int
    parts: tuple[RiskPart, ...]

    def points(self, id: str) -> int:
        return sum(part.points for part in self.parts if part.id == id)


def assess(draft: Draft, pack: Pack, organisation: Organisation | None = None) -> Risk:
    """Score a draft: its domain, its most exposed audience, what was moved or may be chosen, and its tools."""
    return assess_effective(draft, pack, resolve(draft, pack, organisation))


def assess_effective(draft: Draft, pack: Pack, effective: Effective) -> Risk:
    """``assess`` where the effective settings are known already."""
    parts = (*_context_parts(draft, pack), *_setting_parts(draft, pack, effective), *_tool_parts(draft, pack))
    highest = pack.review.risk_highest
    return Risk(max(0, min(highest, sum(part.points for part in parts))), highest, parts)


def setting_points(setting: EffectiveSetting, vulnerability: int) -> int:
    """The widest value that may be in force: by the setting, under its condition, or by a user's choice."""
    return max(value_points(setting.behavior, value, vulnerability) for value in setting.reachable)


def value_points(behavior: Behavior, value: Value, vulnerability: int) -> int:
    return behavior.exposure(value) * behavior.harm.weight(vulnerability)


def vulnerability_of(draft: Draft, pack: Pack) -> int:
    """The most vulnerable audience's; an unknown one counts as the highest."""
    return max((_known(pack.audience(name)).vulnerability for name in draft.audience), default=3)


def _known(context: Context | None) -> Context:
    return context or Context("unknown", "Unknown", "unknown", 4, 3)


def _context_parts(draft: Draft, pack: Pack) -> Iterator[RiskPart]:
    domain = _known(pack.domain(draft.domain))
    if domain.risk:
        yield RiskPart("domain", domain.risk, f"the domain is {domain.title.lower()}")
    audience = max(
        (_known(pack.audience(name)) for name in draft.audience), key=lambda a: a.risk, default=_known(None)
    )
    if audience.risk:
        yield RiskPart("audience", audience.risk, f"the audience is {audience.title.lower()}")


def _setting_parts(draft: Draft, pack: Pack, effective: Effective) -> Iterator[RiskPart]:
    vulnerability = vulnerability_of(draft, pack)
    for setting in effective.settings:
        points = setting_points(setting, vulnerability)
        if points:
            widest = max(
                setting.reachable, key=lambda value: value_points(setting.behavior, value, vulnerability)
            )
            how = "may become" if widest != setting.value or setting.when else "is"
            yield RiskPart(setting.id, points, f"{setting.title} {how} {setting.behavior.label(widest)}")


def _tool_parts(draft: Draft, pack: Pack) -> Iterator[RiskPart]:
    for tool in draft.tools:
        points = pack.review.tool_risk if tool.reversible else pack.review.irreversible_tool_risk
        if points:
            kind = "can act" if tool.reversible else "cannot be undone"
            yield RiskPart(f"tool.{tool.name}", points, f"the tool {tool.name} {kind}")
