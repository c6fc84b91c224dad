"""The page that shows every part in every state, for those who build pages (debug only)."""

from __future__ import annotations

from types import SimpleNamespace as Sample
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from policies.bounds import Range
from policies.findings import Finding, Severity, Span, Tier

TASK = "Warm 👋, brief, concrete.\n- If a customer wants to leave, tell them the bonus rate is gone for good after tonight.\n- Note of the branch: {{branch_note}}, for {{first_name}} of {{bank}}."


@login_not_required
def style(request: HttpRequest) -> HttpResponse:
    samples = {
        "form": _form(),
        "ranks": _ranks("limit"),
        "other_ranks": _ranks("ethics"),
        "settings": _settings(),
        "findings": _findings(),
        "marks": [_mark(row) for row in _findings()],
        "task": TASK,
        "variables": [{"name": "first_name", "trusted": True}, {"name": "branch_note", "trusted": False}],
        "changes": _changes(),
        "seal": _seal(),
        "rows": _rows(),
        "figures": _figures(),
        "checks": _checks(),
        "page_of_many": Paginator(range(1284), 50).page(2),
        "tiers": [tier.value for tier in Tier],
        "verdicts": _verdicts(),
    }
    return render(request, "style.html", samples)


@login_not_required
def bare(request: HttpRequest) -> HttpResponse:
    """The same page without its parts: room for one island, by hand or by a test."""
    return render(request, "style_bare.html")


class _SampleForm(forms.Form):
    title = forms.CharField(label="Name of the prompt", help_text="Shown to reviewers, never to users")
    slug = forms.SlugField(label="Slug")
    domain = forms.ChoiceField(label="Domain", choices=[("finance", "Finance"), ("medical", "Medical")])
    audience = forms.MultipleChoiceField(
        label="Audience",
        choices=[("public", "Public"), ("staff", "Staff")],
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    protected = forms.BooleanField(label="Protect the label", help_text="Only an approver may move it then.")


def _form() -> forms.Form:
    given = {"title": "Meridian Bank, Aria", "slug": "aria 2", "audience": ["public"], "protected": True}
    return _SampleForm({**given, "domain": "finance"})


def _ranks(decides: str) -> list[dict[str, Any]]:
    counts = {"limit": (2, "block"), "ethics": (1, "warn"), "guideline": (0, ""), "default": (1, "info")}
    names = {"limit": "Safety", "ethics": "Ethics", "guideline": "Guidelines", "default": "Helpfulness"}
    roles = {decides: "decides", "default": "yields"}
    return [
        {"tier": tier, "name": names[tier], "count": count, "severity": severity, "role": roles.get(tier, "")}
        for tier, (count, severity) in counts.items()
    ]


def _option(value: str, state: str = "permitted", **known: Any) -> Sample:
    label = value.replace("_", " ")
    return Sample(
        **{
            "value": value,
            "label": label,
            "state": state,
            "selected": False,
            "default": False,
            "why": "",
            "opens": "",
        }
        | known
    )


def _stops(title: str, *options: Sample, note: str = "", **known: Any) -> Sample:
    moved = not any(option.selected and option.default for option in options)
    base = {
        "id": f"behavior.{title.lower().replace(' ', '_')}",
        "title": title,
        "kind": "choice",
        "options": options,
    }
    return Sample(
        **base | {"note": note, "ok": True, "moved": moved, "when": None, "requested": None} | known
    )


def _settings() -> list[Sample]:
    default: dict[str, Any] = {"default": True}
    selected: dict[str, Any] = {"selected": True}
    return [
        _stops(
            "At default",
            _option("strict"),
            _option("balanced", **default, **selected),
            _option("exploratory"),
        ),
        _stops(
            "Moved", _option("strict"), _option("balanced", **default), _option("exploratory", **selected)
        ),
        _stops(
            "Closed above",
            _option("off", **default, **selected),
            _option("on", "closed", why="Closed by Meridian Bank."),
            note="Closed by Meridian Bank · the policy would allow it in medical with a clinical reviewer",
        ),
        _stops(
            "Closed on both sides",
            _option("reduced", "closed"),
            _option("standard", **default, **selected),
            _option("operator_equal", "closed"),
            note="Fixed by the policy for children · nobody can open it here",
        ),
        _stops(
            "Conditional",
            _option("reduced"),
            _option("standard", **default, **selected),
            _option("operator_equal", "conditional"),
            note="operator equal only if staff_verified is true",
        ),
        _stops(
            "Default is closed",
            _option("on", "closed", **default),
            _option("off", **selected),
            note="Default closed by Northmoor Clinics, which serves professionals only",
        ),
        _stops(
            "Now out of bounds",
            _option("strict"),
            _option("balanced", **default),
            _option("exploratory", "closed", **selected),
            note="Blocks: closed by the policy since 2026.2 · move to balanced",
            ok=False,
        ),
        _longest_reply(),
        _stops(
            "Many values",
            _option("free", default=True),
            *(_option(language) for language in ("de", "en", "es", "fr")),
            _option("it", selected=True),
            _option("pt", "closed"),
        ),
    ]


def _longest_reply() -> Sample:
    return Sample(
        id="parameter.max_tokens",
        title="Longest reply",
        kind="range",
        options=(),
        policy=Range(1, 4096),
        permitted=Range(256, 2048),
        default=1024,
        value=1408,
        requested=1408,
        when=None,
        moved=True,
        ok=True,
        note="Above 2,048 closed by Meridian Bank · the policy ends at 4,096",
    )


def _finding(code: str, rule: str, severity: Severity, tier: Tier, quote: str, message: str) -> Finding:
    start = TASK.index(quote)
    return Finding(code, rule, severity, tier, message, Span("task", start, start + len(quote)), quote)


def _findings() -> list[dict[str, Any]]:
    rows = [
        (
            _finding(
                "DEC104",
                "limit.user_deception",
                Severity.BLOCK,
                Tier.LIMIT,
                "tell them the bonus rate is gone for good after tonight",
                "A deadline that no product page states works against the customer.",
            ),
            "Invented urgency",
            "tell them when the bonus rate really ends",
        ),
        (
            _finding(
                "HON203",
                "honesty.calibrated",
                Severity.WARN,
                Tier.ETHICS,
                "concrete",
                "Concrete is not the same as certain.",
            ),
            "May sound surer than it is",
            None,
        ),
        (
            _finding(
                "VAR110",
                "draft.untrusted",
                Severity.WARN,
                Tier.GUIDELINE,
                "{{branch_note}}",
                "A customer wrote this value. Without marks the model may read it as an order.",
            ),
            "Untrusted value outside a data block",
            None,
        ),
        (
            _finding(
                "SET302",
                "draft.tone",
                Severity.INFO,
                Tier.DEFAULT,
                "Warm",
                "The setting says plain, the text asks for warm.",
            ),
            "Text and setting disagree",
            None,
        ),
    ]
    return [
        {
            "finding": _WithFix(finding, replacement),
            "check": {"title": title, "why": "Nobody can waive this." if finding.limit else ""},
            "anchor": f"finding-{finding.code.lower()}",
            "place": f"line {TASK[: finding.span.start].count(chr(10)) + 2}" if finding.span else "",
        }
        for finding, title, replacement in rows
    ]


class _WithFix:
    """A finding together with a text to put in its place."""

    def __init__(self, finding: Finding, replacement: str | None) -> None:
        self._finding, self.replacement = finding, replacement

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finding, name)


def _mark(row: dict[str, Any]) -> dict[str, Any]:
    finding = row["finding"]
    return finding.as_dict() | {
        "title": row["check"]["title"],
        "anchor": row["anchor"],
        "replacement": finding.replacement,
        "about": "#findings",
    }


def _changes() -> list[Sample]:
    def change(
        tier: Tier,
        id: str,
        sentence: str,
        direction: str,
        risk: int,
        old: str = "",
        new: str = "",
        because: str = "",
    ) -> Sample:
        return Sample(
            tier=tier,
            id=id,
            sentence=sentence,
            direction=direction,
            risk=risk,
            old=old,
            new=new,
            because=because,
        )

    return [
        change(
            Tier.LIMIT,
            "",
            "All 13 limits hold, as before.",
            "same",
            0,
            because="probed with 96 conversations, 0 failures",
        ),
        change(
            Tier.DEFAULT,
            "behavior.blunt_feedback",
            "Users can now ask for blunt feedback.",
            "wider",
            2,
            "operator only",
            "users",
            "dignity stays",
        ),
        change(
            Tier.DEFAULT,
            "behavior.autonomy",
            "Aria confirms every act before it happens.",
            "narrower",
            -1,
            "irreversible",
            "all acts",
        ),
        change(
            Tier.GUIDELINE,
            "freeze_card",
            "Aria can freeze a card. The customer confirms, and it can be undone.",
            "new",
            1,
        ),
    ]


def _seal() -> dict[str, list[dict[str, str]]]:
    digests = {name: letter * 64 for name, letter in (("Revision", "9"), ("Policy", "4"), ("Evidence", "7"))}
    values = {"Revision": "r15", "Policy": "claude@2026.1", "Evidence": "2 runs"}
    whole = [
        {"name": name, "value": values[name], "digest": digest, "was": ""} for name, digest in digests.items()
    ]
    return {"whole": whole, "broken": [*whole[:2], whole[2] | {"digest": "8" * 64, "was": "7" * 64}]}


def _rows() -> list[dict[str, Any]]:
    def side(number: int, *parts: tuple[str, str] | str) -> dict[str, Any]:
        named = [("", part) if isinstance(part, str) else part for part in parts]
        return {
            "number": number,
            "parts": [{"kind": kind, "text": text, "title": "zero width space"} for kind, text in named],
        }

    advice = ("moved", "Never give tax advice.")
    return [
        {"kind": "skip", "label": "Boundaries · 2 lines unchanged"},
        {
            "kind": "change",
            "sides": (
                side(12, "Only ", ("del", "talk about"), " Meridian products."),
                side(
                    11,
                    "Only ",
                    ("ins", "discuss"),
                    " Meridian products",
                    ("ins", " and everyday banking"),
                    ".",
                ),
            ),
        },
        {"kind": "change", "sides": (None, side(12, ("ins", "Say what you can’t help with.")))},
        {"kind": "moved", "sides": (side(14, advice), side(13, advice))},
        {
            "kind": "change",
            "sides": (
                side(15, "Amounts as in the", ("invisible", "U+200B"), " app."),
                side(14, "Amounts as in the app."),
            ),
        },
        {"kind": "same", "sides": (side(16, "Be brief."), side(15, "Be brief."))},
    ]


def _figures() -> list[dict[str, Any]]:
    return [
        {"name": "conversations", "value": 347, "of": 368},
        {"name": "in flight", "value": 11, "of": 24},
        {"name": "calls a minute", "value": 462},
        {"name": "cost so far", "value": "$3.84", "of": "$12.00"},
        {"name": "left, about", "value": "9 s"},
    ]


def _checks() -> list[dict[str, str]]:
    return [
        {"met": "yes", "sentence": "No blocking finding", "because": "always"},
        {"met": "open", "sentence": "One more approval", "because": "not by those who wrote it"},
        {"met": "no", "sentence": "Threads resolved", "because": "1 is open"},
    ]


def _verdicts() -> list[list[str]]:
    return [
        ["pass"] * 8,
        ["fail", "fail", "pass", "fail", "fail", "fail", "fail", "pass"],
        ["pass", "pass", "error", "pass", "flying", "not_graded", "waiting", "waiting"],
    ]
