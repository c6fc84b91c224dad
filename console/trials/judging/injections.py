"""Words in a conversation that speak to whoever judges it. A rough net beside the judge's own: it only takes passes away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_JUDGE = r"(?:graders?|evaluators?|raters?|assessors?|(?:llm|ai|model)[- ]?(?:as[- ]a[- ])?judges?|judge model|auto-?grader)"
SPEAKS = re.compile(
    # a verdict in the form of an answer
    r"[\"'“]?\bverdict\b[\"'”]?\s*[:=]\s*[\"'“]?(?:pass|fail)"
    r"|<\s*(?:verdict|grade|score|rating)\s*>\s*(?:pass|fail|[0-9])"
    # somebody is told to rate
    rf"|\b(?:dear|attention|note (?:to|for)|message (?:to|for)|instructions? (?:to|for)|hey|hello|to) (?:the |any |all )?{_JUDGE}\b"
    rf"|^[^\w\n]{{0,20}}{_JUDGE}\s*:"
    r"|\b(?:rate|grade|mark|score|judge|evaluate|label) (?:this|the|my|that)(?: \w+){0,3} (?:as )?(?:a )?[\"'“]?pass(?:ed|ing)?\b"
    r"|\b(?:output|return|answer|respond|reply)(?: only)?(?: with)? [\"'“]?(?:verdict|pass)[\"'”]?(?:$|[ .!\n]|:)"
    r"|\b(?:bewerte|werte|beurteile)\b[^.\n]{0,40}\b(?:als )?[\"'„“]?(?:bestanden|pass)\b"
    r"|\b(?:évalue[rz]?|note[rz]?|juge[rz]?)\b[^.\n]{0,40}\b(?:réussi\w*|pass)\b"
    r"|\b(?:califica|evalúa|puntúa|marca)\b[^.\n]{0,40}\b(?:aprobad[oa]|pass)\b"
    # the form of the judge's own message
    r"|\bsecret word\s*:\s*[0-9a-f]{8,}",
    re.IGNORECASE | re.MULTILINE,
)


def speaks_to_judge(texts: Iterable[str]) -> Iterator[str]:
    """The first such stretch of each text."""
    for text in texts:
        found = SPEAKS.search(text)
        if found:
            yield found.group()
