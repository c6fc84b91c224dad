"""Suites made of the policy's probes: those for what a prompt moves and must keep, and safe requests of its domain.

The same draft under the same policy and bounds gives the same scenarios in the same order, and so the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

import policies
from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.problems import DomainError, Invalid
from console.prompts.checking import Checked, check
from console.prompts.drafts import draft_of
from console.prompts.models import Prompt
from console.trials.models import Suite, SuiteVersion
from console.trials.scenarios import Scenario, parse_scenario, suite_digest
from console.trials.suites import add_version, create_suite
from policies import Effective, Pack, Probe

# What stands for a required variable without a default, so that a run can fill it.
_EXAMPLES: dict[str, Any] = {
    "string": "example", "number": 1.5, "integer": 1, "boolean": True, "date": "2026-01-31",
}  # fmt: skip


class MovedOn(DomainError):
    """The draft, the policy or the bounds changed since the preview was shown."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "What would be generated is no longer what was shown.", "Look at it again, then keep it."
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that the suite is about, why, and the probes for it."""

    id: str
    title: str
    because: str
    probes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generated:
    scenarios: tuple[Scenario, ...]
    reasons: tuple[Reason, ...]
    digest: str
    pack: str
    pack_digest: str
    draft: str  # its digest
    examples: tuple[str, ...]  # variables that got an example's value

    @property
    def without(self) -> tuple[Reason, ...]:
        """Rules that no probe of the policy covers in this prompt's settings."""
        return tuple(reason for reason in self.reasons if not reason.probes)

    @property
    def origin(self) -> dict[str, Any]:
        return {
            "pack": self.pack,
            "pack_digest": self.pack_digest,
            "draft": self.draft,
            "digest": self.digest,
            "ids": [scenario.id for scenario in self.scenarios],
        }


@dataclass(frozen=True, slots=True)
class Changes:
    """What keeping a generated suite would do to the one that is there."""

    version: SuiteVersion | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    same: int
    own: tuple[str, ...]  # of people, which stay

    @property
    def is_nothing(self) -> bool:
        return self.version is not None and not (self.added or self.removed or self.changed)


def slug_of(prompt: Prompt) -> str:
    return f"probes-{prompt.slug}"[:64].rstrip("-")


def generate(prompt: Prompt) -> Generated:
    """From the main draft as it stands. Raises Invalid while it cannot be read."""
    checked = check(prompt.workspace, draft_of(prompt).content)
    if checked.problems:
        raise Invalid(f"The draft can't be read yet: {checked.problems[0]}", "Correct it on the Compose tab.")
    pack = checked.governance.pack
    wanted = dict(_wanted(checked, pack))
    probes = list(_chosen(pack.probes, wanted, checked))
    values = _example_values(checked.draft)
    scenarios = tuple(_scenario(probe, values) for probe in probes)
    return Generated(
        scenarios=scenarios,
        reasons=tuple(
            Reason(id, pack.title_of(id), because, tuple(p.id for p in probes if id in p.covers))
            for id, because in wanted.items()
        ),
        digest=suite_digest(scenarios),
        pack=pack.ref,
        pack_digest=pack.digest,
        draft=checked.draft.digest,
        examples=tuple(values),
    )


def _wanted(checked: Checked, pack: Pack) -> Iterator[tuple[str, str]]:
    """Rules with the first reason for each: what is moved, what must stay where it is moved, what the context asks for."""
    found: dict[str, str] = {}
    for id, because in [
        *_moved(checked),
        *_by_text(checked, pack),
        *_kept(checked, pack),
        *_of_context(checked, pack),
    ]:
        found.setdefault(id, because)
    yield from found.items()


def _moved(checked: Checked) -> Iterator[tuple[str, str]]:
    for setting in checked.effective.settings:
        if setting.moved and not setting.id.startswith("parameter."):
            values = " or ".join(setting.behavior.label(value) for value in setting.reachable)
            yield setting.id, f"the prompt moves it: {values}"


def _by_text(checked: Checked, pack: Pack) -> Iterator[tuple[str, str]]:
    for finding in checked.verdict.findings:
        if pack.behavior(finding.rule) and not finding.rule.startswith("parameter."):
            yield finding.rule, "the text speaks of it"
        elif finding.limit and pack.rule(finding.rule):
            yield finding.rule, "a finding in the text bears on it"


def _kept(checked: Checked, pack: Pack) -> Iterator[tuple[str, str]]:
    for setting in checked.effective.settings:
        if setting.moved:
            for id in setting.behavior.keeps:
                yield id, f"it stays however “{setting.title}” is moved"
    if checked.draft.tools:
        for probe in pack.probes:
            if probe.purpose == "agentic":
                yield from ((id, "the prompt has tools") for id in probe.covers)


def _of_context(checked: Checked, pack: Pack) -> Iterator[tuple[str, str]]:
    draft = checked.draft
    domain = pack.domain(draft.domain)
    for id in domain.covers if domain else ():
        yield id, f"the domain is {domain.title.lower() if domain else ''}"
    for name in draft.audience:
        audience = pack.audience(name)
        for id in audience.covers if audience else ():
            yield id, f"the audience is {name.replace('_', ' ')}"
    effect = policies.effect(
        None,
        draft,
        pack,
        checked.governance.bounds.organisation,
        new_verdict=checked.verdict,
    )
    for requirement in policies.requirements(effect, draft, pack):
        for id in requirement.covers:
            yield id, "a review of this prompt needs evidence of it"


def _chosen(probes: Iterable[Probe], wanted: Mapping[str, str], checked: Checked) -> Iterator[Probe]:
    """In the policy's order. A safe request counts where its domain is the prompt's, or what it is the twin of is wanted."""
    for probe in probes:
        if not _applies(probe, checked.effective):
            continue
        of_domain = probe.purpose == "over_refusal" and probe.domain == checked.draft.domain
        if of_domain or (set(probe.covers) & wanted.keys() and _fits(probe, checked)):
            yield probe


def _applies(probe: Probe, effective: Effective) -> bool:
    """Whether the settings under which it means something may be in force."""
    for id, value in probe.where.items():
        setting = effective.get(id)
        if setting is None or value not in setting.reachable:
            return False
    return True


def _fits(probe: Probe, checked: Checked) -> bool:
    """A safe request of another domain may be out of this one's scope: turning it down would be no over-refusal."""
    return probe.purpose != "over_refusal" or probe.domain in ("general", checked.draft.domain)


def _example_values(draft: policies.Draft) -> dict[str, Any]:
    return {
        name: _EXAMPLES.get(variable.type, "example")
        for name, variable in draft.variables.items()
        if variable.required and variable.default in (None, "")
    }


def _scenario(probe: Probe, values: Mapping[str, Any]) -> Scenario:
    form = probe.as_dict()
    return parse_scenario(form | {"variables": dict(values)} if values else form)


# --- what is there, and keeping


def changes(prompt: Prompt, made: Generated) -> Changes:
    """Against the newest version of the prompt's generated suite."""
    suite = Suite.objects.filter(workspace=prompt.workspace, slug=slug_of(prompt)).first()
    newest = suite.versions.order_by("-number").first() if suite else None
    if suite is None or newest is None:
        return Changes(None, tuple(s.id for s in made.scenarios), (), (), 0, ())
    newest.suite = suite
    before = {form["id"]: form for form in newest.scenarios}
    after = {scenario.id: scenario.to_dict() for scenario in made.scenarios}
    ours = _generated_ids(suite)
    return Changes(
        version=newest,
        added=tuple(id for id in after if id not in before),
        removed=tuple(id for id in before if id not in after and id in ours),
        changed=tuple(id for id, form in after.items() if id in before and before[id] != form),
        same=sum(before.get(id) == form for id, form in after.items()),
        own=tuple(id for id in before if id not in after and id not in ours),
    )


def _generated_ids(suite: Suite) -> set[str]:
    """Of all that was ever generated into it: the rest was added by people."""
    origins = suite.versions.exclude(origin=None).values_list("origin", flat=True)
    return {id for origin in origins if origin for id in origin["ids"]}


@transaction.atomic
def keep(*, prompt: Prompt, digest: str, by: Membership) -> SuiteVersion:
    """Make the next version of the prompt's generated suite; scenarios that people added to it stay.

    ``digest``: of what was shown. Raises NotAllowed, MovedOn, Invalid.
    """
    require(by, Action.EDIT_SUITE, prompt)
    made = generate(prompt)
    if made.digest != digest:
        raise MovedOn
    if not made.scenarios:
        raise Invalid("The policy has no probe for what this prompt does.", "Write scenarios of your own.")
    difference = changes(prompt, made)
    if difference.version is None:
        return create_suite(
            workspace=prompt.workspace,
            slug=slug_of(prompt),
            title=f"{prompt.title}, from the policy’s probes"[:200],
            description=f"Generated for what {prompt.title} moves and must keep, and safe requests of its domain.",
            scenarios=made.scenarios,
            prompts=[prompt],
            origin=made.origin,
            by=by,
        )
    own = [form for form in difference.version.scenarios if form["id"] in difference.own]
    return add_version(
        suite=difference.version.suite,
        scenarios=[*made.scenarios, *map(parse_scenario, own)],
        origin=made.origin,
        by=by,
    )


def titles(scenarios: Sequence[Scenario], ids: Iterable[str]) -> list[tuple[str, str]]:
    """(id, title) of those that are known; an id stands for itself."""
    known = {scenario.id: scenario.title for scenario in scenarios}
    return [(id, known.get(id, id)) for id in ids]
