"""The one door: a draft or a bare text goes in, everything that speaks against it comes out, worst first.

A bare text declares nothing: it is blocked by limits, honesty and ethics only, and behaviours that it moves are
reported. A draft answers for its settings, its grants, its form, and for what its text does beyond them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from policies.bounds import contains
from policies.canonical import digest
from policies.checks import Lexicon, Scan, SectionText, lexicon_from, scan
from policies.checks.draft_rules import DraftCase, findings_of_moves, run
from policies.draft import Draft, SnippetResolver, Tool, draft_from_text
from policies.findings import Finding, Move, Severity, Span, Tier, Verdict
from policies.layers import Effective, resolve
from policies.organisation import Organisation
from policies.own_patterns import own_findings
from policies.pack import Pack
from policies.snippets import Expanded, expand
from policies.variable_defaults import Filled, with_defaults
from policies.wording import setting_text

_SEVERITIES = list(Severity)
_SAID = ("title", "description", "$comment", "default", "const")  # keywords of a schema that hold words
_HALVES = re.compile("[\ud800-\udfff]")


def validate(
    source: Draft | str,
    pack: Pack,
    organisation: Organisation | None = None,
    *,
    domain: str | None = None,
    snippets: SnippetResolver | None = None,
    effective: Effective | None = None,
) -> Verdict:
    """Check a draft, or a bare text. Never raises on content.

    ``domain`` replaces the draft's. ``effective`` is what ``resolve`` says of the same, where the caller has it. Spans are code points into a section's text as it was given (for an included
    section, into the snippet's text), and into the text itself for a bare text.
    """
    draft = draft_from_text(source) if isinstance(source, str) else source
    if domain and domain != draft.domain:
        draft, effective = replace(draft, domain=domain), None
    if draft.bare:
        findings = _bare(draft, pack)
    else:
        effective = effective or resolve(draft, pack, organisation)
        findings = _of_draft(draft, pack, effective, snippets)
    order = {section.id: at for at, section in enumerate(draft.sections)}
    return Verdict(tuple(sorted(findings, key=lambda finding: _rank(finding, order))))


def _rank(finding: Finding, order: Mapping[str, int]) -> tuple[int, int, int, int, str, str]:
    span = finding.span
    section = order.get(span.section or "", -1) if span else len(order)
    start = span.start if span else 0
    return (
        _SEVERITIES.index(finding.severity),
        finding.tier.rank,
        section,
        start,
        finding.code,
        finding.path,
    )


@lru_cache(maxsize=64)
def lexicon_of(pack: Pack) -> Lexicon:
    """The pack's phrases, compiled once for all packs that have the same."""
    return _compiled(digest(pack.lexicon), _Phrases(pack.lexicon))


@lru_cache(maxsize=8)
def _compiled(_: str, phrases: _Phrases) -> Lexicon:
    return lexicon_from(phrases.table)


@dataclass(frozen=True, slots=True)
class _Phrases:
    """A lexicon's data beside its digest, which alone tells it from another."""

    table: Mapping[str, Any] = field(compare=False)


def _look(sections: Sequence[SectionText], pack: Pack) -> Scan:
    """What the text checks find, and what the organisation's own patterns do."""
    lexicon = lexicon_of(pack)
    found = scan(sections, lexicon)
    findings, moves = own_findings(sections, pack, lexicon)
    return Scan((*found.findings, *findings), (*found.moves, *moves))


def own_words_blocked(pack: Pack) -> Iterator[str]:
    """Words of the pack that its own checks would block; a pack that blocks itself can be used by nobody."""
    words = [
        (b.id, text)
        for b in pack.behaviors
        for v in b.values
        for text in (setting_text(b, v.name), v.granted)
    ]
    words += [(b.id, b.granted) for b in pack.behaviors] + list(pack.phrases.items())
    for id, text in words:
        for finding in _look([SectionText(None, text)], pack).findings if text else ():
            if finding.severity is Severity.BLOCK:
                yield f"{id}: the words “{finding.quote}” would be blocked by {finding.code}."


def _bare(draft: Draft, pack: Pack) -> Iterator[Finding]:
    text = "\n\n".join(section.text for section in draft.sections)
    # Halves of surrogate pairs fit no encoding; the mark that stands in for one is as long, so that spans hold.
    readable = _HALVES.sub("\ufffd", text)
    filled = with_defaults(readable, {})
    found = _look([SectionText(None, filled.text if filled else readable)], pack)
    for finding in _of_pack(found.findings, pack):
        if span := _source_of(finding.span, filled):
            finding = replace(finding, span=span, quote=text[span.start : span.end])
        yield finding
    for move in found.moves:
        span = _source_of(move.span, filled) or move.span
        if reported := _reported(replace(move, span=span, quote=text[span.start : span.end]), pack):
            yield reported


def _source_of(span: Span | None, filled: Filled | None) -> Span | None:
    """A bare text's span where placeholders inside words gave way."""
    return Span(None, *filled.source(span.start, span.end)) if span and filled else span


def _of_pack(findings: Iterable[Finding], pack: Pack) -> Iterator[Finding]:
    """Only what speaks for a rule of this pack: a check may know rules that another policy does not have."""
    return (finding for finding in findings if not finding.limit or pack.rule(finding.rule))


def _reported(move: Move, pack: Pack) -> Finding | None:
    """A move in a bare text: never blocked, since nothing was declared that it could go beyond."""
    behavior = pack.behavior(move.behavior)
    if not behavior or move.value == behavior.default or not contains(behavior.bound, move.value):
        return None
    locked = any(move.value in unlock.values for unlock in behavior.unlocks)
    severity = Severity.WARN if locked and behavior.exposure(move.value) > 0 else Severity.INFO
    label = behavior.label(move.value)
    message = (
        f"The text moves {behavior.title} to {label}; a draft would declare its domain and this setting."
    )
    fix = f"In a draft, set {behavior.id} to {move.value}."
    return Finding(move.code, move.behavior, severity, Tier.DEFAULT, message, move.span, move.quote, fix)


def _of_draft(
    draft: Draft, pack: Pack, effective: Effective, snippets: SnippetResolver | None
) -> Iterator[Finding]:
    expanded = expand(draft.sections, snippets)
    texts = texts_of(draft, expanded)
    case = DraftCase(draft, pack, effective, expanded, texts)
    yield from run(case)
    findings, moves = _scan(draft, texts, pack)
    yield from findings
    for finding in findings_of_moves(case, moves):
        yield _of_tool(finding, texts)


def texts_of(draft: Draft, expanded: Expanded) -> dict[str, str]:
    """Each section's text as it is compiled, snippets in place, by the section's id."""
    joined: dict[str, list[str]] = {section.id: [] for section in draft.sections}
    for part in expanded.parts:
        joined[part.host.id].append(part.text)
    return {id: "\n\n".join(parts) for id, parts in joined.items()}


def _scan(draft: Draft, texts: Mapping[str, str], pack: Pack) -> tuple[list[Finding], list[Move]]:
    """The text checks over everything that the model will read: sections with defaults, and the tools' own words."""
    filled = {id: with_defaults(text, draft.variables) for id, text in texts.items()}
    sections = [SectionText(id, known.text if (known := filled[id]) else text) for id, text in texts.items()]
    for at, tool in enumerate(draft.tools):
        sections.append(SectionText(f"tools.{at}", "\n\n".join(_words(tool))))
    found = _look(sections, pack)
    findings = [_back(finding, texts, filled) for finding in _of_pack(found.findings, pack)]
    return findings, [_move_back(move, texts, filled) for move in found.moves]


def _of_tool(finding: Finding, texts: Mapping[str, str]) -> Finding:
    """What a tool says of itself may describe what it does rather than order it: seen, and not blocked."""
    span = finding.span
    if span is None or span.section in texts:
        return finding
    severity = Severity.WARN if finding.severity is Severity.BLOCK else finding.severity
    return replace(finding, span=None, path=span.section or "", severity=severity)


def _words(tool: Tool) -> Iterator[str]:
    """What a tool says to the model: its description, and whatever words its schema holds for one to read."""
    yield tool.description
    stack: list[Any] = [tool.input_schema]
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            yield from (text for key in _SAID if isinstance(text := item.get(key), str))
            lists = [
                listed for key in ("enum", "examples") if isinstance(listed := item.get(key), list | tuple)
            ]
            yield from (text for listed in lists for text in listed if isinstance(text, str))
            stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)


def _back(finding: Finding, texts: Mapping[str, str], filled: Mapping[str, Filled | None]) -> Finding:
    """A finding with its span in the source: placeholders for defaults, a path for a tool's words."""
    span = finding.span
    if span is None or span.section is None:
        return finding
    if span.section not in texts:
        return replace(finding, span=None, path=span.section)
    known = filled[span.section]
    if known is None:
        return finding
    names = known.variables(span.start, span.end)
    message = finding.message
    if names:
        message = f"{message.rstrip('.')}, by the default of {' and '.join(names)}."
    start, end = known.source(span.start, span.end)
    return replace(
        finding, span=Span(span.section, start, end), quote=texts[span.section][start:end], message=message
    )


def _move_back(move: Move, texts: Mapping[str, str], filled: Mapping[str, Filled | None]) -> Move:
    known = filled.get(move.span.section or "")
    if known is None:
        return move
    start, end = known.source(move.span.start, move.span.end)
    return replace(
        move, span=Span(move.span.section, start, end), quote=texts[move.span.section or ""][start:end]
    )
