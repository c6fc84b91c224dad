"""On what ground a review stands at this moment. A decision keeps the ground that the page showed; any difference
makes it stale, and that is computed whenever it is read, never pushed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields

from console.problems import Invalid
from console.reviews.models import Decision


@dataclass(frozen=True, slots=True)
class Ground:
    """What an approval binds. Digests are 64 hexadecimal digits; empty where there is nothing yet.

    ``revision`` is the digest of what would be released: a snippet or a policy that changes what the revision compiles
    to changes it too. ``against`` is what would be replaced.
    """

    revision: str
    against: str
    pack: str
    bounds: int
    evidence: str

    def as_form(self) -> dict[str, str]:
        """The hidden fields by which a form says what it showed."""
        return {f"ground.{name}": str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Drift:
    """One part of the ground that is not as it was: ``name`` is a field of Ground, ``sentence`` says it."""

    name: str
    was: str
    now: str
    sentence: str


_SENTENCES = {
    "revision": "What the revision compiles to changed: a snippet or the policy did.",
    "against": "What it would replace changed.",
    "pack": "Another policy is in force.",
    "bounds": "The organisation's bounds changed.",
    "evidence": "The evidence changed.",
}


def drift(before: Ground, now: Ground) -> tuple[Drift, ...]:
    """Every part that differs."""
    return tuple(_drift(before, now))


def _drift(before: Ground, now: Ground) -> Iterator[Drift]:
    for field in fields(Ground):
        was, is_now = getattr(before, field.name), getattr(now, field.name)
        if was != is_now:
            yield Drift(field.name, str(was), str(is_now), _SENTENCES[field.name])


def ground_of(decision: Decision) -> Ground:
    """The ground on which it was decided."""
    return Ground(
        revision=decision.revision_digest,
        against=decision.against_digest,
        pack=decision.pack_digest,
        bounds=decision.bounds_version,
        evidence=decision.evidence_digest,
    )


def read_ground(form: Mapping[str, str]) -> Ground:
    """The ground that a form says it showed. Raises Invalid when it says none."""
    try:
        given = {field.name: form[f"ground.{field.name}"] for field in fields(Ground)}
        return Ground(**{**given, "bounds": int(given["bounds"])})  # type: ignore[arg-type]
    except (KeyError, ValueError):
        raise Invalid(
            "The form does not say which revision, policy and evidence it showed.",
            "Open the review again and decide there.",
        ) from None
