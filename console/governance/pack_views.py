"""Policies of the organisation's own: an admin publishes them, everybody reads and takes their bytes along."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from console.accounts.access import MemberRequest, member_view
from console.accounts.models import Workspace
from console.accounts.permissions import Action, require
from console.governance.publishing import look, publish
from console.governance.services import pack_in_force
from console.problems import DomainError, Invalid, NotAllowed
from policies import Pack


@member_view("GET", "POST")
def publish_pack(request: MemberRequest) -> HttpResponseBase:
    """Look at a paste or a file; publish what was looked at on a second press."""
    require(request.member, Action.PUBLISH_PACK)
    pack = pack_in_force(request.member.workspace)
    context: dict[str, Any] = {"nav": "policy", "pack": pack}
    if request.method != "POST":
        context["source"] = _beginning(request.member.workspace, pack)
        return render(request, "governance/publish.html", context)
    try:
        source = _source(request)
        context["source"] = _plain(source)
        context["bytes"] = base64.b64encode(source).decode() if _plain(source).encode() != source else ""
        if "publish" in request.POST:
            row = publish(member=request.member, source=source, reason=request.POST.get("reason", ""))
            messages.success(request, f"{row} is published. It holds nothing yet: put it in force below.")
            return redirect("releases:versions", request.member.workspace.slug)
        context["proposal"] = look(request.member.workspace, source)
        status = 422 if context["proposal"].faults else 200
    except NotAllowed:
        raise
    except DomainError as problem:
        context |= {"problem": problem, "source": context.get("source") or request.POST.get("source", "")}
        status = problem.status
    return render(request, "governance/publish.html", context, status=status)


def _beginning(workspace: Workspace, pack: Pack) -> str:
    """The head of a policy that extends the built-in one in force; its strings are TOML's, as JSON writes them."""
    today = timezone.localdate()
    head = {
        "extends": pack.extends or pack.ref,
        "name": workspace.slug,
        "version": f"{today.year}.1",
        "title": f"{workspace.name}'s policy",
        "published": today.isoformat(),
        "summary": f"What {workspace.name} adds to {pack.ref}.",
    }
    return "format = 1\n" + "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in head.items()
    )


def _source(request: MemberRequest) -> bytes:
    """The file where one is sent, else the text; what was looked at and not touched since keeps its bytes."""
    upload = request.FILES.get("file")
    source = upload.read() if upload else _written(request.POST)
    if not source.strip():
        raise Invalid("There is nothing to look at.", "Paste a policy, or choose its file.")
    return source


def _written(data: QueryDict) -> bytes:
    """A form writes line ends as CRLF, whatever was typed; ``bytes`` are those of a file that has others than LF."""
    text = data.get("source", "").replace("\r\n", "\n")
    kept = _from_base64(data.get("bytes", ""))
    return kept if kept and _plain(kept) == text else text.encode()


def _plain(source: bytes) -> str:
    return source.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


@member_view("GET")
def pack_source(request: MemberRequest, name: str, version: str) -> HttpResponse:
    """The very bytes that were published."""
    row = request.member.workspace.packs.filter(name=name, version=version).first()
    if row is None:
        raise Http404
    response = HttpResponse(bytes(row.source), content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{row}.toml"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
