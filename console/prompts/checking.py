"""What holds for a draft as it stands: the one validation that editor, command, API, review and release call."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import policies
from console.accounts.models import Workspace
from console.governance.services import Governance, governance_of
from console.prompts.snippets import resolver
from policies import Compiled, Draft, Effective, Finding, Problem, Severity, Tier, Verdict
from policies.validate import lexicon_of

# A draft that lacks everything is still a draft: pages show bounds and settings while somebody types.
_NOTHING: dict[str, Any] = {"sections": []}
FORM_CODE = "DRF100"


@dataclass(frozen=True, slots=True)
class Checked:
    """A content under a pack and bounds.

    ``draft`` is what could be read of it; ``problems`` what could not, which ``verdict`` holds too and which block.
    ``compiled`` is None when a snippet cannot be put in place.
    """

    governance: Governance
    draft: Draft
    problems: tuple[Problem, ...]
    verdict: Verdict
    effective: Effective
    compiled: Compiled | None
    milliseconds: float

    @property
    def blocks(self) -> int:
        return sum(finding.severity is Severity.BLOCK for finding in self.verdict.findings)

    @property
    def rules(self) -> list[str]:
        """The rules and behaviours that findings speak for."""
        return sorted({finding.rule[:100] for finding in self.verdict.findings if finding.rule})


def check(
    workspace: Workspace,
    content: Mapping[str, Any],
    *,
    governance: Governance | None = None,
    draft: Draft | None = None,
) -> Checked:
    """Validate, resolve and compose without writing anything. Never raises on content.

    ``draft`` is what was read of the content already, where nothing was wrong with its form.
    """
    governance = governance or governance_of(workspace)
    if any("include" in section for section in content.get("sections", ()) if isinstance(section, Mapping)):
        return _check(workspace, content, governance, draft)
    return _remembered(_Key(workspace, content, governance, draft))


def under(governance: Governance) -> str:
    """A name for a pack and bounds together: where it differs, a count made earlier is stale."""
    return f"{governance.pack.digest[:40]}:{governance.bounds.version}"


class _Key:
    """A content with what it is checked under, equal where the outcome is: a page asks several times for one."""

    def __init__(
        self,
        workspace: Workspace,
        content: Mapping[str, Any],
        governance: Governance,
        draft: Draft | None,
    ) -> None:
        self.workspace, self.content, self.governance, self.draft = workspace, content, governance, draft
        self._key = (workspace.pk, workspace.name, under(governance), json.dumps(content, sort_keys=True))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._key == other._key


@lru_cache(maxsize=32)
def _remembered(key: _Key) -> Checked:
    return _check(key.workspace, key.content, key.governance, key.draft)


def _check(
    workspace: Workspace, content: Mapping[str, Any], governance: Governance, draft: Draft | None
) -> Checked:
    lexicon_of(governance.pack)  # compiled once a process, and no part of what a check takes
    started = time.perf_counter()
    problems: tuple[Problem, ...] = ()
    if draft is None:
        draft, problems = readable(content)
    pack, organisation, snippets = governance.pack, governance.bounds.organisation, resolver(workspace)
    effective = policies.resolve(draft, pack, organisation)
    verdict = policies.validate(draft, pack, organisation, snippets=snippets, effective=effective)
    try:
        compiled = policies.compose(draft, pack, organisation, snippets=snippets, effective=effective)
    except policies.ComposeError:  # the verdict names it
        compiled = None
    return Checked(
        governance=governance,
        draft=draft,
        problems=problems,
        verdict=Verdict((*map(_finding, problems), *verdict.findings)),
        effective=effective,
        compiled=compiled,
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def _finding(problem: Problem) -> Finding:
    return Finding(
        code=FORM_CODE,
        rule="draft.form",
        severity=Severity.BLOCK,
        tier=Tier.DEFAULT,
        message=str(problem),
        path=problem.path,
    )


def readable(content: Mapping[str, Any]) -> tuple[Draft, tuple[Problem, ...]]:
    """The draft without the parts that have not the form, and what was wrong with them."""
    problems: dict[str, Problem] = {}
    for _ in range(8):  # each round removes something; what is left after so many is read as nothing
        try:
            return policies.parse_draft(content), tuple(problems.values())
        except policies.FormError as error:
            problems |= {problem.path: problem for problem in map(_of_page, error.problems)}
            content = _without(content, [problem.path for problem in error.problems])
    return policies.parse_draft(_NOTHING), tuple(problems.values())


_INCLUDE = re.compile(r"(sections\.\d+\.include)(\.|$)")


def _of_page(problem: Problem) -> Problem:
    """A problem in the words of the page, where a person chooses what a file spells out."""
    include = _INCLUDE.match(problem.path)
    if include is None:
        return problem
    return Problem(include[1], "names no snippet and revision yet, such as house-style@4.")


def _without(content: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """The content without the entries that the paths lead into; of its own fields, without the field."""
    left = {"sections": [], **content}
    gone: dict[str, set[Any]] = {}
    for path in paths:
        part, _, rest = path.partition(".")
        inside = left.get(part)
        if rest and isinstance(inside, list):
            gone.setdefault(part, set()).add(int(rest.split(".")[0]))
        elif rest and isinstance(inside, Mapping):
            gone.setdefault(part, set()).update(key for key in inside if f"{rest}.".startswith(f"{key}."))
        else:
            left = {**_NOTHING, **{key: value for key, value in left.items() if key != part}}
    for part, keys in gone.items():
        inside = left[part]
        left[part] = (
            [value for index, value in enumerate(inside) if index not in keys]
            if isinstance(inside, list)
            else {key: value for key, value in inside.items() if key not in keys}
        )
    return left
