"""What a form of the whole draft says, read against the version that it was rendered from."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from console.governance.services import Governance
from console.prompts.checking import check
from console.prompts.draft_form import read_form
from console.prompts.models import Draft


def typed(data: QueryDict, draft: Draft, governance: Governance) -> tuple[int, dict[str, Any]]:
    """The version that the form was rendered from, and the content that it says."""
    stated = data.get("version", "")
    version = int(stated) if stated.isdecimal() else 0
    shown = draft.content
    if version != draft.version:
        earlier = draft.versions.filter(version=version).first()
        shown = earlier.content if earlier else draft.content
    checked = check(draft.prompt.workspace, shown, governance=governance)
    return version, read_form(data, shown=shown, effective=checked.effective)
