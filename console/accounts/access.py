"""The door of every page of a workspace: who asks, in which workspace, with which verb."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_http_methods

from console.accounts.mfa import has_factor, lead_to_setup
from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.htmx import HtmxRequest
from console.repeated import Repeated


class MemberRequest(HtmxRequest):
    """A request whose sender is a member of the workspace in its URL."""

    member: Membership


View = Callable[..., HttpResponseBase]


def member_view(*verbs: str) -> Callable[[View], View]:
    """Declare the verbs of a view below ``/w/<workspace>/`` and give it ``request.member``.

    A stranger gets the same 404 as for a workspace that does not exist, a member without any role 403.
    Where the workspace requires a second factor, a member without one is led to set it up. GET implies HEAD.
    """
    allowed = [*verbs, "HEAD"] if "GET" in verbs else [*verbs]

    def decorate(view: View) -> View:
        @require_http_methods(allowed)
        @wraps(view)
        def wrapped(request: MemberRequest, workspace: str, **rest: Any) -> HttpResponseBase:
            request.member = membership(request, workspace)
            require(request.member, Action.READ)
            space = request.member.workspace
            if space.requires_mfa and not has_factor(request.member.user):
                return lead_to_setup(request, space.name)
            return view(request, **rest)

        return wrapped

    return decorate


def _unread() -> Coalesce:
    """How many notifications wait: counted with the membership, since every page shows it."""
    rows: Any = Membership._meta.get_field("notifications").related_model
    waiting = rows._default_manager.filter(member=OuterRef("pk"), read_at=None).order_by()
    return Coalesce(Subquery(waiting.values("member").annotate(n=Count("pk")).values("n")), 0)


_MEMBERSHIP = Repeated(
    lambda user, workspace: (
        Membership.objects.select_related("workspace")
        .annotate(unread=_unread())
        .filter(user=user, workspace__slug=workspace)
    )
)


def membership(request: HtmxRequest, slug: str) -> Membership:
    """The sender's membership of the workspace ``slug``; Http404 when there is none."""
    member = _MEMBERSHIP.first(request.user.pk or 0, slug)
    if member is None:
        raise Http404
    member.user = request.user  # type: ignore[assignment]
    return member
