"""What names a run's revisions from outside: ``aria@14``, ``aria@production``, or a draft that came along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from console.accounts.models import Workspace
from console.problems import Invalid
from console.prompts.models import Prompt, Revision
from console.trials import subjects
from console.trials.subjects import SubjectForm
from policies import FormError, parse_draft

REFERENCE = re.compile(r"([a-z0-9-]{1,64})@([a-z0-9][a-z0-9-]{0,39})")


def revision_named(workspace: Workspace, slug: str, at: str) -> Revision:
    """A revision by its number, or the one that a label's release holds. Raises Invalid."""
    of_prompt = Revision.objects.select_related("prompt").filter(
        prompt__workspace=workspace, prompt__slug=slug
    )
    numbered = at.isdecimal() and len(at) < 10
    found = of_prompt.filter(number=int(at)) if numbered else of_prompt.filter(releases__labels__name=at)
    revision = found.first()
    if revision is None:
        raise Invalid(
            f"There is no {slug}@{at} in {workspace.name}.",
            "Give a file, or a prompt's slug with the number of a revision or a label, as in aria@14.",
        )
    return revision


def subject_of_draft(workspace: Workspace, content: Mapping[str, Any], label: str) -> SubjectForm:
    """A draft that is in no prompt, compiled under the workspace's policy and bounds. Raises Invalid."""
    try:
        draft = parse_draft(content)
    except FormError as error:
        raise Invalid(f"{label} is not a draft: {error}", "Correct it; /validate says everything.") from error
    return subjects.of_draft(draft, workspace, label=label)


def prompt_of(forms: list[SubjectForm]) -> Prompt | None:
    """The prompt that a run belongs to: that of all its revisions, if there is one."""
    prompts = {form.revision.prompt if form.revision else None for form in forms}
    return prompts.pop() if len(prompts) == 1 else None
