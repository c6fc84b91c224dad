"""Editing a suite: every edit states the version that it was made in, so that nobody overwrites silently."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.problems import DomainError, Invalid
from console.trials.models import Suite, SuiteVersion
from console.trials.scenarios import MOST_SCENARIOS, Scenario, parse_scenario
from console.trials.suites import add_version, create_suite


class StaleSuite(DomainError):
    """Somebody made a version in between that touches the same scenarios. ``newest``: its number."""

    def __init__(self, version: SuiteVersion, what: str) -> None:
        who = version.created_by.shown_name if version.created_by else "Somebody"
        super().__init__(
            f"{who} saved version {version.number} while you were editing, and it changes {what}.",
            "What you typed is still here: compare it with that version, then save again to put yours in its place.",
        )
        self.newest = version.number


def put_scenario(
    *, suite: Suite, version: int, scenario: Scenario, replaces: str = "", by: Membership
) -> SuiteVersion:
    """A version with ``scenario`` in place of the one with the id ``replaces``, or at the end.

    ``version`` is the one that was read. Edits of other scenarios in between are kept. Raises NotAllowed, StaleSuite,
    Invalid (the id is taken, the suite is full).
    """

    def put(forms: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = [form["id"] for form in forms]
        if scenario.id != replaces and scenario.id in ids:
            raise Invalid(f"The id “{scenario.id}” is taken in this suite.", "Choose another.")
        if replaces not in ids:
            return [*forms, scenario.to_dict()]
        return [scenario.to_dict() if form["id"] == replaces else form for form in forms]

    return _edit(suite, version, put, by, touches=replaces)


def remove_scenario(*, suite: Suite, version: int, scenario: str, by: Membership) -> SuiteVersion:
    """A version without it. Raises NotAllowed, StaleSuite, Invalid (it is the last one)."""
    return _edit(
        suite, version, lambda forms: [f for f in forms if f["id"] != scenario], by, touches=scenario
    )


def import_scenarios(
    *, suite: Suite, version: int, scenarios: Sequence[Scenario], keeps: bool, by: Membership
) -> SuiteVersion:
    """A version of these scenarios alone, or (``keeps``) with those of the same id replaced and the others added.

    Raises NotAllowed, StaleSuite (only when the others would go), Invalid.
    """
    if not keeps:
        return _edit(suite, version, lambda _: [s.to_dict() for s in scenarios], by, touches="*")
    new = {scenario.id: scenario.to_dict() for scenario in scenarios}

    def put(forms: list[dict[str, Any]]) -> list[dict[str, Any]]:
        known = {form["id"] for form in forms}
        return [new.get(f["id"], f) for f in forms] + [f for id, f in new.items() if id not in known]

    return _edit(suite, version, put, by)


@transaction.atomic
def _edit(
    suite: Suite,
    version: int,
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    by: Membership,
    *,
    touches: str = "",
) -> SuiteVersion:
    """``touches``: the scenario that must be as it was in ``version``; "*" for all of them, "" for none."""
    require(by, Action.EDIT_SUITE, suite)
    Suite.objects.select_for_update(no_key=True).get(pk=suite.pk)
    newest = suite.versions.select_related("created_by").order_by("-number").first()
    assert newest is not None  # a suite is made with its first version
    if touches and newest.number != version:
        read = suite.versions.filter(number=version).first()
        if read is None or _part(read, touches) != _part(newest, touches):
            raise StaleSuite(newest, "its scenarios" if touches == "*" else "this scenario")
    forms = change(list(newest.scenarios))
    if len(forms) > MOST_SCENARIOS:
        raise Invalid(
            f"The suite would have {len(forms):,} scenarios; the most is {MOST_SCENARIOS:,}.",
            "Make a second suite.",
        )
    return add_version(suite=suite, scenarios=[parse_scenario(form) for form in forms], by=by)


def _part(version: SuiteVersion, touches: str) -> list[dict[str, Any]]:
    return [form for form in version.scenarios if touches in ("*", form["id"])]


def suite_with(*, title: str, scenario: Scenario, prompts: Sequence[Any], by: Membership) -> SuiteVersion:
    """A new suite that begins with ``scenario``; its name in addresses is made of its title."""
    if not title.strip():
        raise Invalid("The new suite has no title.", "Give it one, or choose a suite that is there.")
    slug = free_slug(by, title)
    return create_suite(
        workspace=by.workspace,
        slug=slug,
        title=title.strip()[:200],
        scenarios=[scenario],
        prompts=prompts,
        by=by,
    )


def free_slug(by: Membership, title: str) -> str:
    base = slugify(title)[:58].strip("-_").replace("_", "-") or "suite"
    return _free(base, set(by.workspace.suites.values_list("slug", flat=True)))


def free_id(title: str, version: SuiteVersion | None) -> str:
    """An id for a scenario of this title that the version has not."""
    base = re.sub(r"[^a-z0-9]+", "-", slugify(title))[:60].strip("-") or "scenario"
    return _free(base, {form["id"] for form in version.scenarios} if version else set())


def _free(base: str, taken: set[str]) -> str:
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (base, *numbered) if name not in taken)
