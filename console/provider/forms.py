"""The forms of the pages about accounts and budgets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from console.provider.accounts import AccountForm
from console.provider.allowance import LABELS, NAMES, Allowance, of_installation, set_for
from console.provider.models import ProviderAccount

WHERE = ("base_url", "region", "project")
PACE = ("requests_per_minute", "input_tokens_per_minute", "output_tokens_per_minute")


class AccountFields(forms.Form):
    """``account``: the one that is changed, None for a new one. A key is never an initial value of anything."""

    name = forms.CharField(label="Name", max_length=80, help_text="What your team calls it; it stays.")
    kind = forms.ChoiceField(label="Kind", choices=ProviderAccount.Kind.choices)
    base_url = forms.CharField(
        label="Address", max_length=500, required=False, help_text="Of another server: https://llm.example.com, without /v1/messages."
    )  # fmt: skip
    region = forms.CharField(
        label="Region", max_length=40, required=False, help_text="Of Bedrock and Vertex AI: eu-central-1."
    )
    project = forms.CharField(
        label="Project or resource", max_length=60, required=False, help_text="Of Vertex AI and Foundry."
    )
    requests_per_minute = forms.IntegerField(label="Requests a minute", min_value=1, required=False)
    input_tokens_per_minute = forms.IntegerField(label="Input tokens a minute", min_value=1, required=False)
    output_tokens_per_minute = forms.IntegerField(label="Output tokens a minute", min_value=1, required=False)
    key = forms.CharField(
        label="Key", max_length=4000, required=False, help_text="Sealed when it is kept; nobody can read it here again.",
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, *args: Any, account: ProviderAccount | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if account is not None:
            for name in ("name", "kind", "key"):
                del self.fields[name]
            for name in _unused(account.kind):
                del self.fields[name]
            for name in (*WHERE, *PACE):
                self.initial.setdefault(name, getattr(account, name))
        self.account = account

    def form(self) -> AccountForm:
        values = self.cleaned_data
        account = self.account
        return AccountForm(
            name=account.name if account else values["name"],
            kind=account.kind if account else values["kind"],
            base_url=values.get("base_url") or "",
            region=values.get("region") or "",
            project=values.get("project") or "",
            requests_per_minute=values.get("requests_per_minute"),
            input_tokens_per_minute=values.get("input_tokens_per_minute"),
            output_tokens_per_minute=values.get("output_tokens_per_minute"),
        )


def _unused(kind: str) -> tuple[str, ...]:
    Kind = ProviderAccount.Kind
    used = {
        Kind.MESSAGES: {"base_url"},
        Kind.BEDROCK: {"region"},
        Kind.VERTEX: {"region", "project"},
        Kind.FOUNDRY: {"project"},
    }.get(Kind(kind), set())
    return tuple(name for name in WHERE if name not in used)


class BudgetFields(forms.Form):
    """One number for each limit; empty leaves only the installation's."""

    def __init__(self, *args: Any, workspace: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own, most = set_for(workspace), of_installation()
        for name in NAMES:
            self.fields[name] = _number(name, getattr(most, name))
            value = getattr(own, name)
            self.initial.setdefault(name, round(value, 2) if isinstance(value, Decimal) else value)

    def allowance(self) -> Allowance:
        return Allowance(**{name: self.cleaned_data[name] for name in NAMES})


def _number(name: str, most: Any) -> forms.Field:
    said = "no limit of the installation" if most is None else f"the installation allows {_shown(name, most)}"
    common: dict[str, Any] = {
        "label": LABELS[name],
        "required": False,
        "help_text": said[0].upper() + said[1:] + ".",
    }
    if name.endswith("_cost"):
        return forms.DecimalField(min_value=Decimal("0.01"), max_digits=11, decimal_places=2, **common)
    return forms.IntegerField(min_value=1, max_value=2_000_000_000, **common)


def _shown(name: str, most: Any) -> str:
    return f"${most:,.2f}" if name.endswith("_cost") else f"{most:,}"
