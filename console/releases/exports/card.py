"""The behaviour card: what this assistant will do, will not do, and what always holds, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

import policies
from console.releases.exports.exported import PLAYGROUND, Exported

# How the pack words what an assistant keeps back.
_WITHHOLDING = ("does not", "declines", "may decline", "keeps to", "keeps its")


@dataclass(frozen=True, slots=True)
class Card:
    """The sentences of a card; each list may be empty but the last."""

    title: str
    purpose: str
    will: tuple[str, ...]
    will_not: tuple[str, ...]
    always: tuple[str, ...]
    more_limits: int
    acts: tuple[str, ...]


# The limits that everybody asks about are spelled out; the others are counted.
_SPELLED = ("limit.ai_disclosure", "limit.emergency", "limit.scope_notice")


def card_of(exported: Exported) -> Card:
    """The card of a release, from its settings under the pack that it was released with."""
    draft = policies.parse_draft(exported.content)
    pack = exported.policy()
    effective = policies.resolve(draft, pack)
    will: list[str] = []
    will_not: list[str] = []
    for setting in effective.settings:
        behavior = pack.behavior(setting.id)
        value = behavior.value(str(setting.value)) if behavior else None
        if value is None or not value.does or not setting.moved:
            continue
        withholds = value.does.startswith(_WITHHOLDING)
        (will_not if withholds else will).append(f"It {value.does.rstrip('.')}.")
    spelled = [rule for rule in pack.limits if rule.id in _SPELLED]
    return Card(
        title=exported.title,
        purpose=_purpose(draft),
        will=tuple(will),
        will_not=tuple(will_not),
        always=tuple(rule.statement for rule in spelled),
        more_limits=len(pack.limits) - len(spelled),
        acts=tuple(_act(tool) for tool in draft.tools),
    )


def _purpose(draft: policies.Draft) -> str:
    """The first paragraph of what it is told to be: the operator's own words."""
    texts = [
        section.text
        for section in draft.sections
        if section.kind in {"role", "free", "task"} and section.text
    ]
    return texts[0].strip().split("\n\n")[0].splitlines()[0] if texts else ""


def _act(tool: policies.Tool) -> str:
    undo = "can be undone" if tool.reversible else "can't be undone"
    confirmed = "after a confirmation" if tool.requires_confirmation else "without asking first"
    return f"{tool.name}: {undo}, {confirmed}."


def render(exported: Exported) -> str:
    card = card_of(exported)
    parts = [
        f"# {card.title}",
        exported.headline.removeprefix(f"{exported.title}: ") + f"  \ndigest `{exported.digest}`",
        *([f"*{PLAYGROUND}*"] if exported.playground else []),
        "## What this assistant is told to be",
        f"> {card.purpose}" if card.purpose else "It was told nothing about its role.",
        *_list("What it does beyond its defaults", card.will),
        *_list("What it keeps back", card.will_not),
        *_list("How it can act", card.acts),
        *_list(
            "What always holds", (*card.always, f"{card.more_limits} more limits, which nobody can move.")
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _list(title: str, sentences: tuple[str, ...]) -> list[str]:
    return [f"## {title}", "\n".join(f"- {sentence}" for sentence in sentences)] if sentences else []
