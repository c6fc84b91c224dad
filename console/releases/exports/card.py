"""The behaviour card: what this assistant will do, will not do, and what always holds, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

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


Part = tuple[str, tuple[str, ...]]  # a heading and the sentences below it


def _parts(card: Card) -> Iterator[Part]:
    yield "What it does beyond its defaults", card.will
    yield "What it keeps back", card.will_not
    yield "How it can act", card.acts
    yield "What always holds", (*card.always, f"{card.more_limits} more limits, which nobody can move.")


def _facts(exported: Exported) -> str:
    return exported.headline.removeprefix(f"{exported.title}: ")


TOLD, UNTOLD = "What this assistant is told to be", "It was told nothing about its role."


def render(exported: Exported) -> str:
    """As Markdown."""
    card = card_of(exported)
    parts = [
        f"# {card.title}",
        f"{_facts(exported)}  \ndigest `{exported.digest}`",
        *([f"*{PLAYGROUND}*"] if exported.playground else []),
        f"## {TOLD}",
        f"> {card.purpose}" if card.purpose else UNTOLD,
    ]
    for heading, sentences in _parts(card):
        if sentences:
            parts += [f"## {heading}", "\n".join(f"- {sentence}" for sentence in sentences)]
    return "\n\n".join(parts) + "\n"


# A file that stands for itself: it loads nothing, runs nothing, and prints.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}: behaviour card</title>
<style>
:root {{ color-scheme: light dark }}
body {{ max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 serif }}
h1, h2, p.facts {{ font-family: system-ui, sans-serif }} h2 {{ font-size: 1rem; margin-top: 2rem }}
p.facts, code {{ font-size: .8125rem; overflow-wrap: anywhere }} blockquote {{ margin: 0 }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="facts">{facts}<br>digest <code>{digest}</code></p>
{playground}<h2>{told}</h2>
{purpose}
{parts}</main>
</body>
</html>
"""


def render_html(exported: Exported) -> str:
    """As a page of its own. What people wrote is text in it."""
    card = card_of(exported)
    return format_html(
        _PAGE,
        title=card.title,
        facts=_facts(exported),
        digest=exported.digest,
        playground=format_html("<p><em>{}</em></p>\n", PLAYGROUND) if exported.playground else "",
        told=TOLD,
        purpose=format_html(
            "<blockquote>{}</blockquote>" if card.purpose else "<p>{}</p>", card.purpose or UNTOLD
        ),
        parts=format_html_join("", "<h2>{}</h2>\n<ul>\n{}</ul>\n", _listed(card)),
    )


def _listed(card: Card) -> Iterator[tuple[str, SafeString]]:
    for heading, sentences in _parts(card):
        if sentences:
            yield heading, format_html_join("", "<li>{}</li>\n", ((sentence,) for sentence in sentences))
