"""Who did what when, for those who check."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse

from console.accounts.access import MemberRequest, member_view
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.models import Chain
from console.audit.services import Subject, record, verify
from console.governance.audit_list import FORMATS, Filter, lines
from console.htmx import render_region

PAGE = 50


@member_view("GET")
def audit(request: MemberRequest) -> HttpResponse:
    """The workspace's chain, newest first, filtered; ``?verify=1`` checks every link."""
    require(request.member, Action.READ_AUDIT)
    chain = request.member.workspace.chain
    asked = Filter.of(request.GET)
    page = Paginator(asked.entries(chain), PAGE).get_page(request.GET.get("page"))
    context = {
        "nav": "audit",
        "page": page,
        "acts": list(Act),
        "asked": asked,
        "formats": list(FORMATS),
        "verification": verify_chain(chain) if request.GET.get("verify") else None,
    }
    return render_region(request, "governance/audit.html", context, regions=("entries",))


@member_view("POST")
def export(request: MemberRequest, format: str) -> HttpResponseBase:
    """The filtered entries as a file. A post, since that they left is recorded: it is the newest entry but one."""
    require(request.member, Action.READ_AUDIT)
    if format not in FORMATS:
        raise Http404
    member, asked = request.member, Filter.of(request.POST)
    last = Chain.objects.filter(name=member.workspace.chain).values_list("seq", flat=True).first() or 0
    with transaction.atomic():
        record(
            chain=member.workspace.chain,
            actor=member.actor,
            act=Act.AUDIT_EXPORTED,
            subject=Subject("workspace", str(member.workspace_id), member.workspace.name),
            detail={"format": format, "upto": last, **asked.as_dict},
        )
    entries = asked.entries(member.workspace.chain).filter(seq__lte=last)
    response = StreamingHttpResponse(lines(entries, format), content_type=f"{FORMATS[format]}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{member.workspace.slug}.{format}"'
    response["Cache-Control"] = "no-store"
    return response


def verify_chain(name: str) -> dict[str, object]:
    """The verification of one chain in the words of the page."""
    chain = Chain.objects.filter(name=name).first()
    return {"count": chain.seq if chain else 0, "broken": verify(chain) if chain else None}
