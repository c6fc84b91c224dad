"""Who did what when, for those who check."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.models import Entry
from console.audit.services import verify
from console.htmx import render_region

PAGE = 50


@member_view("GET")
def audit(request: MemberRequest) -> HttpResponse:
    """The workspace's chain, newest first, by act and by actor; ``?verify=1`` checks every link."""
    require(request.member, Action.READ_AUDIT)
    chain = request.member.workspace.chain
    entries = Entry.objects.filter(chain__name=chain).select_related("chain")
    act, who = request.GET.get("act", ""), request.GET.get("who", "").strip()
    if act:
        entries = entries.filter(act=act)
    if who:
        entries = entries.filter(actor_name__icontains=who)
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    context = {
        "nav": "audit",
        "page": page,
        "acts": list(Act),
        "act": act,
        "who": who,
        "verification": verify_chain(chain) if request.GET.get("verify") else None,
    }
    return render_region(request, "governance/audit.html", context, regions=("entries",))


def verify_chain(name: str) -> dict[str, object]:
    """The verification of one chain in the words of the page."""
    from console.audit.models import Chain

    chain = Chain.objects.filter(name=name).first()
    return {"count": chain.seq if chain else 0, "broken": verify(chain) if chain else None}
