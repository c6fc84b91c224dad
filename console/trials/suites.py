"""Suites: named sets of scenarios whose versions never change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import SYSTEM, Subject, record
from console.problems import DomainError, Invalid
from console.prompts.models import Prompt
from console.trials.models import Suite, SuiteVersion
from console.trials.scenarios import Scenario, played_problems, suite_digest

SLUG = re.compile(r"[a-z0-9-]{1,64}")


def newest_versions(workspace: Workspace) -> QuerySet[SuiteVersion]:
    """The version of each suite that new runs use."""
    newest = SuiteVersion.objects.filter(suite=OuterRef("suite")).order_by("-number").values("pk")[:1]
    found = SuiteVersion.objects.filter(suite__workspace=workspace, pk=Subquery(newest))
    return found.select_related("suite").order_by("suite__title")


def newest_version(workspace: Workspace, slug: str) -> SuiteVersion:
    """Raises Invalid, with the suites that there are."""
    found = newest_versions(workspace).filter(suite__slug=slug).first()
    if found is None:
        known = ", ".join(workspace.suites.order_by("slug").values_list("slug", flat=True)[:12]) or "none yet"
        raise Invalid(f'There is no suite "{slug}" in {workspace.name}.', f"Suites here: {known}.")
    return found


@transaction.atomic
def create_suite(
    *,
    workspace: Workspace,
    slug: str,
    title: str,
    scenarios: Sequence[Scenario],
    description: str = "",
    prompts: Iterable[Prompt] = (),
    origin: Mapping[str, Any] | None = None,
    by: Membership | None = None,
) -> SuiteVersion:
    """A suite with its first version. ``by``: None only for a command or the seed; ``origin``: of a generated one."""
    _may_edit(by)
    if not SLUG.fullmatch(slug):
        raise Invalid(
            f'"{slug}" is not a suite\'s name in addresses.', "Use small letters, digits and -, at most 64."
        )
    suite, created = Suite.objects.get_or_create(
        workspace=workspace, slug=slug, defaults={"title": title.strip() or slug, "description": description}
    )
    if not created:
        raise DomainError(
            f'There is a suite "{slug}" already.', "Choose another name, or make a new version of it."
        )
    suite.prompts.set(prompts)
    return _add_version(suite, scenarios, by, origin)


@transaction.atomic
def add_version(
    *,
    suite: Suite,
    scenarios: Sequence[Scenario],
    origin: Mapping[str, Any] | None = None,
    by: Membership | None = None,
) -> SuiteVersion:
    """The next version. The same content as the newest one makes none: that one is returned."""
    _may_edit(by, suite)
    Suite.objects.select_for_update(no_key=True).get(pk=suite.pk)
    newest = suite.versions.order_by("-number").first()
    if newest is not None and newest.digest == suite_digest(scenarios):
        return newest
    return _add_version(suite, scenarios, by, origin)


def version_of_scenarios(
    *,
    workspace: Workspace,
    slug: str,
    title: str,
    scenarios: Sequence[Scenario],
    by: Membership | None = None,
) -> SuiteVersion:
    """The version of suite ``slug`` that holds exactly these scenarios, made if it is not there."""
    suite = Suite.objects.filter(workspace=workspace, slug=slug).first()
    if suite is None:
        return create_suite(workspace=workspace, slug=slug, title=title, scenarios=scenarios, by=by)
    same = suite.versions.filter(digest=suite_digest(scenarios)).first()
    return same or add_version(suite=suite, scenarios=scenarios, by=by)


def _may_edit(by: Membership | None, suite: Suite | None = None) -> None:
    if by is not None:
        require(by, Action.EDIT_SUITE, suite)


def _add_version(
    suite: Suite, scenarios: Sequence[Scenario], by: Membership | None, origin: Mapping[str, Any] | None
) -> SuiteVersion:
    if not scenarios:
        raise Invalid("A suite needs at least one scenario.", "Add one, or import a file.")
    if problems := played_problems(scenarios):
        raise Invalid(problems[0], "Change the matrix or the id, then save again.")
    last = suite.versions.aggregate(last=Max("number"))["last"] or 0
    version = SuiteVersion.objects.create(
        suite=suite,
        number=last + 1,
        digest=suite_digest(scenarios),
        scenarios=[scenario.to_dict() for scenario in scenarios],
        origin=dict(origin) if origin else None,
        created_by=by.user if by else None,
    )
    record(
        chain=suite.workspace.chain,
        actor=by.actor if by else SYSTEM,
        act=Act.SUITE_CHANGED,
        subject=Subject("suite", str(suite.pk), str(version)),
        detail={"version": version.number, "digest": version.digest, "scenarios": len(scenarios)},
    )
    return version
