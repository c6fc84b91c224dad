"""How far one prompt may go: each behaviour in one domain for some audiences, who closed what, and what opens it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import policies
from console.governance.services import Bounds
from policies.bounds import contains
from policies.wording import permitted_words


@dataclass(frozen=True, slots=True)
class Closed:
    """A value that is closed, and the sentence that says by whom, since when, and what would open it."""

    label: str
    why: str
    opens: str


@dataclass(frozen=True, slots=True)
class Line:
    """One behaviour: what is open, what is open under a condition only, what needs a reviewer, what is closed."""

    behavior: policies.Behavior
    open: str
    conditional: tuple[str, ...]
    reviewed: tuple[tuple[str, str], ...]
    closed: tuple[Closed, ...]


def lines(
    pack: policies.Pack, bounds: Bounds, domain: str, audience: Iterable[str], query: str = ""
) -> tuple[Line, ...]:
    """All behaviours and parameters, or those that have every word of ``query`` in their names or words."""
    reach = policies.reach(pack, domain=domain, audience=audience, organisation=bounds.organisation)
    return tuple(
        _line(pack, behavior, reach[id]) for id, behavior in pack.adjustables.items() if fits(query, behavior)
    )


def fits(query: str, subject: policies.Behavior | policies.Rule) -> bool:
    """Whether every word of a query is in what a rule or behaviour is called or says."""
    said = subject.statement if isinstance(subject, policies.Rule) else subject.summary
    text = f"{subject.id} {subject.title} {said} {subject.why}".lower().replace("_", " ")
    return all(word in text for word in query.lower().replace("_", " ").split())


def _line(pack: policies.Pack, behavior: policies.Behavior, reach: policies.Reach) -> Line:
    conditional = tuple(
        behavior.label(name)
        for name in behavior.names
        if contains(reach.conditional, name) and not contains(reach.permitted, name)
    )
    reviewed = tuple(
        (behavior.label(name), _reviewer(pack, role))
        for name, role in reach.reviews.items()
        if role and contains(reach.conditional, name)
    )
    closed = tuple(_closed(behavior, closure) for closure in reach.closures)
    return Line(behavior, permitted_words(behavior, reach.permitted), conditional, reviewed, closed)


def _closed(behavior: policies.Behavior, closure: policies.Closure) -> Closed:
    label = behavior.label(closure.value) if closure.value in behavior.names else closure.value
    return Closed(label, f"is {closure.why[0].lower()}{closure.why[1:]}", closure.opens)


def _reviewer(pack: policies.Pack, role: str) -> str:
    specialty = pack.specialty(role)
    return specialty.title.lower() if specialty else role
