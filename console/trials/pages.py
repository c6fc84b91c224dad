"""Looking a run, a suite or a chat up for somebody: the look-up is the access check."""

from __future__ import annotations

from django.http import Http404

from console.accounts.models import Membership
from console.prompts.models import Prompt
from console.repeated import Repeated
from console.trials.models import Chat, Run, Suite


def run_for(member: Membership, number: int) -> Run:
    """Run ``number`` of the member's workspace, or Http404."""
    found = Run.objects.select_related("suite_version__suite", "prompt", "created_by", "repeats")
    try:
        run = found.get(workspace=member.workspace_id, number=number)
    except Run.DoesNotExist:
        raise Http404 from None
    run.workspace = member.workspace
    return run


def suite_for(member: Membership, slug: str) -> Suite:
    try:
        suite = Suite.objects.get(workspace=member.workspace_id, slug=slug)
    except Suite.DoesNotExist:
        raise Http404 from None
    suite.workspace = member.workspace
    return suite


_CHAT = Repeated(
    lambda workspace, user, pk: Chat.objects.select_related("prompt", "account").filter(
        workspace=workspace, created_by=user, pk=pk
    )
)


def chat_for(member: Membership, pk: int) -> Chat:
    """A person's own chat: what somebody tried out is nobody else's."""
    chat = _CHAT.first(member.workspace_id, member.user_id, pk)
    if chat is None:
        raise Http404
    chat.workspace = member.workspace
    return chat


def chat_in(member: Membership, slug: str, given: str) -> Chat:
    """The member's own chat with the prompt of that name by what a form says of it, or Http404."""
    chat = chat_for(member, int(given) if given.isdecimal() and len(given) < 18 else 0)
    if chat.prompt.slug != slug:
        raise Http404
    chat.prompt.workspace = member.workspace
    return chat


def chat_of(member: Membership, prompt: Prompt, given: str) -> Chat:
    """The same where the prompt is at hand."""
    chat = chat_in(member, prompt.slug, given)
    chat.prompt = prompt
    return chat
