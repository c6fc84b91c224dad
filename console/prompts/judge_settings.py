"""Whether a workspace is judged, and by which model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from console.accounts.models import Membership, User, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import Invalid
from console.prompts.judge_models import JudgeSettings
from console.provider.catalogue import Model, list_models
from console.provider.endpoints import deployed, endpoint_for, with_provider
from console.provider.errors import ProviderError
from console.repeated import Repeated


@dataclass(frozen=True, slots=True)
class JudgeForm:
    """What holds in a workspace. ``by`` and ``at``: who settled it, None while the defaults hold."""

    on: bool
    model: str
    by: User | None = None
    at: datetime | None = None


_SETTINGS = Repeated(
    lambda workspace: (
        Workspace.objects.filter(pk=workspace)
        .select_related("judge_settings__by")
        .annotate(with_provider=with_provider())
    )
)


def settled(workspace: Workspace) -> JudgeForm:
    return settled_and_provided(workspace)[0]


def settled_and_provided(workspace: Workspace) -> tuple[JudgeForm, bool]:
    """What holds, and whether a real provider is configured, in one statement."""
    found: Any = _SETTINGS.first(workspace.pk)
    provided = bool(found and found.with_provider) or not deployed().rehearsal
    row: JudgeSettings | None = getattr(found, "judge_settings", None)
    if row is None:
        return JudgeForm(True, settings.REMIT_JUDGE_MODEL), provided
    return JudgeForm(row.on, row.model or settings.REMIT_JUDGE_MODEL, row.by, row.at), provided


def settle(*, on: bool, model: str, member: Membership) -> JudgeForm:
    """Switch the judge on or off, or choose its model. Raises NotAllowed, Invalid (the model cannot judge)."""
    require(member, Action.SET_JUDGE)
    before, model = settled(member.workspace), model.strip()
    if model != before.model:
        _refuse_unable(model, member.workspace)
    if (on, model) == (before.on, before.model):
        return before
    with transaction.atomic():
        # A review that is asked for, decided or released looks at it under the same lock.
        Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
        JudgeSettings.objects.update_or_create(
            workspace=member.workspace, defaults={"on": on, "model": model, "by": member.user}
        )
        record(
            chain=member.workspace.chain,
            actor=member.actor,
            act=Act.JUDGE_SETTLED,
            subject=Subject("workspace", str(member.workspace_id), member.workspace.name),
            detail={
                "before": {"on": before.on, "model": before.model},
                "after": {"on": on, "model": model},
            },
        )
    return settled(member.workspace)


def models_that_judge(workspace: Workspace) -> tuple[Model, ...]:
    """The provider's models that can be the judge. Raises ProviderError."""
    endpoint = endpoint_for(workspace)
    return () if endpoint.rehearsal else tuple(model for model in list_models(endpoint) if _able(model))


def _able(model: Model) -> bool:
    return model.structured_outputs is not False and model.lifecycle != "retired"


def _refuse_unable(model: str, workspace: Workspace) -> None:
    """Invalid where the provider's list says that the model will not do; a list that cannot be had says nothing."""
    if not model or len(model) > 120:
        raise Invalid("The judge needs a model.", "Name one as the provider lists it.")
    endpoint = endpoint_for(workspace)
    try:
        listed = {known.id: known for known in list_models(endpoint)} if not endpoint.rehearsal else {}
    except ProviderError:
        return
    if listed and model not in listed:
        raise Invalid(f"{endpoint.name} lists no model {model[:60]!r}.", "Choose one of its list.")
    if listed and not _able(listed[model]):
        raise Invalid(
            f"{model} cannot be the judge: it gives no structured output, or is retired.", "Choose another."
        )
