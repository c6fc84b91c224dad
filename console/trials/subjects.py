"""What can be put to a test: a revision, a draft, or a draft file. Frozen here, so that nothing changes under a run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.accounts.models import Workspace
from console.governance.services import governance_of
from console.problems import Invalid
from console.prompts.models import Revision
from console.prompts.snippets import resolver
from console.trials.models import Subject
from policies import ComposeError, Draft, FormError, compose, digest, draft_from_text, parse_draft
from policies.canonical import plain
from policies.draft import SnippetResolver, looks_like_draft

LARGEST_FILE = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class SubjectForm:
    """A subject before it belongs to a run or a chat. ``params`` goes into messages.create once its variables are filled."""

    label: str
    digest: str
    params: dict[str, Any]
    variables: dict[str, Any]
    tools: list[dict[str, Any]]
    revision: Revision | None = None
    left_out: tuple[str, ...] = ()  # parameters that the model does not have, and why

    def row(self, position: int) -> Subject:
        return Subject(
            position=position,
            revision=self.revision,
            label=self.label[:200],
            digest=self.digest,
            params=self.params,
            variables=self.variables,
            tools=self.tools,
            left_out=list(self.left_out),
        )


def of_revision(revision: Revision, *, label: str = "") -> SubjectForm:
    """The revision as it was compiled; pages of its own prompt call it r14."""
    return _form(
        label or f"r{revision.number}",
        revision.digest,
        revision.params,
        parse_draft(revision.content),
        revision,
    )


def of_draft(
    draft: Draft, workspace: Workspace, *, label: str, snippets: SnippetResolver | None = None
) -> SubjectForm:
    """A draft compiled under the policy and bounds that hold now. Raises Invalid."""
    governance = governance_of(workspace)
    snippets = snippets or resolver(workspace)
    try:
        compiled = compose(draft, governance.pack, governance.bounds.organisation, snippets=snippets)
    except ComposeError as error:
        raise Invalid(f"{label}: {error}", "Put the snippet right, or take it out.") from None
    return _form(label, compiled.digest, dict(compiled.params), draft, None)


def of_file(path: Path, workspace: Workspace, *, label: str = "") -> SubjectForm:
    """A draft file (YAML or JSON), or any text as a prompt of one section. Raises Invalid."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Invalid(f"{path} is larger than {LARGEST_FILE:,} bytes.", "Give a draft or a plain prompt.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Invalid(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}.", "Check the path."
        ) from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8.", "Save it as UTF-8.") from None
    try:
        is_draft = path.suffix.lower() in {".yaml", ".yml", ".json"} or looks_like_draft(text)
        draft = parse_draft(text) if is_draft else draft_from_text(text)
    except FormError as error:
        raise Invalid(
            f"{path} is not a draft: {error}", "Correct it; `manage.py validate` says everything."
        ) from None
    return of_draft(draft, workspace, label=label or path.name)


def _form(
    label: str, compiled_digest: str, params: dict[str, Any], draft: Draft, revision: Revision | None
) -> SubjectForm:
    return SubjectForm(
        label=label,
        digest=compiled_digest or digest(params),
        params=plain(params),
        variables={name: dataclasses.asdict(variable) for name, variable in draft.variables.items()},
        tools=[
            plain({f.name: getattr(tool, f.name) for f in dataclasses.fields(tool)}) for tool in draft.tools
        ],
        revision=revision,
    )
