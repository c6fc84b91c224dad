"""The policy, readable by somebody who never saw code."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import render

import policies
from console.accounts.access import MemberRequest, member_view
from console.governance import rule_page
from console.governance.reach import Cell, reach_table
from console.governance.reach_page import fits, lines
from console.governance.services import bounds_for, governance_of, in_force, pack_in_force
from console.htmx import render_region
from policies.own_patterns import FoundByPattern


@member_view("GET")
def policy(request: MemberRequest) -> HttpResponse:
    workspace = request.member.workspace
    pack = pack_in_force(workspace)
    query = request.GET.get("q", "").strip()[:100]
    table = reach_table(pack)
    shown = {behavior.id for behavior in pack.behaviors if fits(query, behavior)}
    context = {
        "nav": "policy",
        "pack": pack,
        "since": in_force(workspace),
        "strip": _strip(pack),
        "query": query,
        "limits": [rule for rule in pack.limits if fits(query, rule)],
        "properties": [rule for rule in (*pack.honesty, *pack.ethics) if fits(query, rule)],
        "reach": replace(
            table,
            rows=tuple(row for row in table.rows if row.id in shown),
            same=tuple(row for row in table.same if row.id in shown),
        ),
        "behaviors": len(shown),
        "patterns": pack.patterns,
        "codes": [check for check in policies.CHECKS if _says(check, query)],
    }
    return render_region(request, "governance/policy.html", context, regions=("policy-body",))


def _says(check: type[policies.Check], query: str) -> bool:
    text = f"{check.code} {check.title} {check.rule} {check.why}".lower().replace("_", " ")
    return all(word in text for word in query.lower().replace("_", " ").split())


@member_view("GET")
def reach(request: MemberRequest) -> HttpResponse:
    """What is open in one domain for the chosen audiences, with who closed the rest and what would open it."""
    governance = governance_of(request.member.workspace)
    pack = governance.pack
    asked = request.GET.get("domain", "")
    domain = pack.domain(asked) or pack.domains[0]
    chosen = [audience for audience in pack.audiences if audience.id in request.GET.getlist("audience")]
    audiences = chosen or list(pack.audiences[:1])
    query = request.GET.get("q", "").strip()[:100]
    context = {
        "nav": "policy",
        "pack": pack,
        "domain": domain,
        "audiences": audiences,
        "query": query,
        "lines": lines(pack, governance.bounds, domain.id, [one.id for one in audiences], query),
    }
    return render_region(request, "governance/reach.html", context, regions=("reach",))


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
        "default": behavior.label(behavior.default) or "not stated" if behavior else "",
        "reach": _reach(pack, rule),
        "reasons": [(c, c.reasons[rule]) for c in pack.domains + pack.audiences if rule in c.reasons],
        "narrowed": bounds_for(request.member.workspace, pack).statement.get(rule),
        "openings": rule_page.openings(pack, behavior) if behavior else (),
        "conflicts": rule_page.conflicts(pack, behavior) if behavior else (),
        "keeps": [kept for id in behavior.keeps if (kept := pack.rule(id))] if behavior else (),
        "checks": rule_page.checks_for(rule, behavior),
        "patterns": [pattern for pattern in pack.patterns if pattern.rule == rule],
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
    pack = pack_in_force(request.member.workspace)
    own = pack.patterns if check is FoundByPattern else ()
    return render(request, "governance/code.html", {"nav": "policy", "check": check, "patterns": own})
