"""What people write, as HTML that is safe to show: a small Markdown without pictures or headings, then a sanitiser.

Nobody's text can load anything, run anything or change how the text around it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline

# A login as Django takes it; a full stop at its end belongs to the sentence.
MENTION = re.compile(r"(?<![\w@.+-])@([\w.@+-]{1,150})")
# Characters that turn the direction of text, are invisible, or carry hidden letters.
_HIDDEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_TAGS = {"p", "br", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a", "hr", "span"}


def markdown(text: str, mentions: Iterable[str] = ()) -> SafeString:
    """``text`` as HTML; ``mentions`` are the logins whose ``@login`` is marked."""
    shown = _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    html = _PARSER.render(shown, {"mentions": frozenset(mentions)})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "span": {"class"}, "ol": {"start"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(clean)  # noqa: S308 (the sanitiser's output)


def logins(text: str) -> list[str]:
    """Everything that may be a login after an ``@``, the longest reading of each first."""
    found: list[str] = []
    for match in MENTION.finditer(text):
        found += readings(match[1])
    return list(dict.fromkeys(found))


def readings(word: str) -> Sequence[str]:
    """``mara.`` may be the login ``mara.``, or ``mara`` at the end of a sentence."""
    shorter = word.rstrip(".+-")
    return [word] if shorter == word else [word, shorter]


def _attribute(tag: str, name: str, value: str) -> str | None:
    return value if (tag, name) != ("span", "class") or value == "mention" else None


def _mention(state: StateInline, silent: bool) -> bool:
    match = MENTION.match(state.src, state.pos)
    known = state.env.get("mentions", ())
    name = next((name for name in readings(match[1]) if name in known), None) if match else None
    if name is None:
        return False
    if not silent:
        state.push("mention", "", 0).content = name
    state.pos += len(name) + 1
    return True


def _render_mention(self: RendererProtocol, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return f'<span class="mention">@{escape(tokens[index].content)}</span>'


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.disable(["image", "heading", "lheading", "html_block", "html_inline", "reference"])
    parser.inline.ruler.after("escape", "mention", _mention)
    parser.add_render_rule("mention", _render_mention)
    return parser


_PARSER = _parser()
