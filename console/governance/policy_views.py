"""The policy, readable by somebody who never saw code."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render

import policies
from console.accounts.access import MemberRequest, member_view
from console.governance.reach import Cell, reach_table
from console.governance.services import bounds_for, in_force, pack_in_force


@member_view("GET")
def policy(request: MemberRequest) -> HttpResponse:
    workspace = request.member.workspace
    pack = pack_in_force(workspace)
    context = {
        "nav": "policy",
        "pack": pack,
        "since": in_force(workspace),
        "strip": _strip(pack),
        "properties": len(pack.honesty) + len(pack.ethics),
        "reach": reach_table(pack),
        "codes": policies.CHECKS,
    }
    return render(request, "governance/policy.html", context)


def _strip(pack: policies.Pack) -> list[tuple[policies.TierSpec, str]]:
    """The priority order with what stands in each rank."""
    counts = {
        "limit": f"{len(pack.limits)} limits, nobody moves them",
        "ethics": f"{len(pack.honesty) + len(pack.ethics)} properties, no harm to users",
        "guideline": "of the provider",
        "default": f"{len(pack.behaviors)} behaviours, within bounds",
    }
    return [(tier, counts.get(str(tier.id), "")) for tier in pack.tiers]


@member_view("GET")
def rule(request: MemberRequest, rule: str) -> HttpResponse:
    """One limit, honesty property or behaviour: what, why, examples, and which findings it can raise."""
    pack = pack_in_force(request.member.workspace)
    found = next((r for r in pack.rules if r.id == rule), None)
    behavior = pack.behavior(rule)
    if found is None and behavior is None:
        raise Http404
    context = {
        "nav": "policy",
        "pack": pack,
        "subject": found or behavior,
        "rule": found,
        "behavior": behavior,
        "reach": _reach(pack, rule),
        "reasons": [(c, c.reasons[rule]) for c in pack.domains + pack.audiences if rule in c.reasons],
        "narrowed": bounds_for(request.member.workspace, pack).statement.get(rule),
        "checks": [check for check in policies.CHECKS if check.rule == rule],
    }
    return render(request, "governance/rule.html", context)


def _reach(pack: policies.Pack, behavior: str) -> list[tuple[policies.Domain, Cell]]:
    """How far one behaviour may go in each domain; empty where it is the same everywhere."""
    table = reach_table(pack)
    row = next((row for row in table.rows if row.id == behavior), None)
    return list(zip(table.domains, row.cells, strict=True)) if row else []


@member_view("GET")
def code(request: MemberRequest, code: str) -> HttpResponse:
    """The documentation of a finding's code, from the class that finds it."""
    check = policies.check_for(code)
    if check is None:
        raise Http404
    return render(request, "governance/code.html", {"nav": "policy", "check": check})
