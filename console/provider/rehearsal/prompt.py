"""What the stand-in understands of a system prompt: who it is, whom it serves, and how it is told to behave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from console.provider.rehearsal.manner import (
    confirms,
    creativity,
    depth,
    forbids,
    hedging,
    length,
    most,
    orders,
    says,
    tone,
)

SUBJECTS = {
    "bank": r"\b(banks?|accounts?|cards?|payments?|transfers?|savings?|loans?|insurance|deposits?)\b",
    "law": r"\b(law|lawyers?|legal|attorneys?|solicitors?|tenan(cy|ts?)|litigation|courts?|statutes?)\b",
    "security": r"\b(security|vulnerabilit\w+|malware|incidents?|soc|exploit\w*|intrusions?|defenders?)\b",
    "clinic": r"\b(clinics?|patients?|clinic(al|ian)s?|hospitals?|medic(al|ines?)|nurses?|doctors?|appointments?|health)\b",
}
RESTRICTION = (
    r"\b(only|nothing but|solely|exclusively)\b[^.]{0,50}\b(discuss|answer|talk|help|about|questions|subject|topics?|products?)\b"
    r"|\b(discuss|answer|talk about|help with)\b[^.]{0,30}\bonly\b"
    r"|\b(keep|stick|stay|limit yourself|restrict yourself)\b[^.]{0,20}\b(to|on|within)\b"
    r"[^.]{0,40}\b(subject|topics?|scope|above|products?|questions?|matters|services?)\b"
    r"|\b(off[- ]topic|out of scope|outside (of )?(it|this|that|the|your|our)\b)"
)
CONFIDENTIAL = r"confidential|(reveal|share|disclose|repeat|quote)[^.]{0,30}(instructions|prompt)"
PROVIDER = r"(which|what) (company|provider|model)|who (made|built|trained) you|underlying model"
PROFESSIONAL = (
    r"\b(for|to|with|serves?|audience|users are)\b[^.]{0,40}\b(clinicians|professionals|nurses|physicians|lawyers|analysts)\b"
    r"|harm reduction service"
)
TRUST = r"\b(trust|believe|take)\b[^.]{0,30}\busers\b[^.]{0,20}\b(say|claim|word)"
LANGUAGE = r"\b(?:[Rr]eply|[Aa]nswer|[Rr]espond|[Ww]rite)(?: only| always| every reply)? in ([A-Z][a-z]+)\b"
# What opens detail in a subject (or closes it, where it is forbidden), and words that close it without forbidding.
DETAIL = {
    "clinic": (
        r"\b(dos(e|es|ages?|ing)|clinical detail|direct medical)\b",
        r"\b(only|nothing but) general health information\b",
    ),
    "law": (
        r"\b(assess|weigh|advise on|evaluate)\b[^.]{0,30}\bcases?\b|\blegal advice\b",
        r"\b(only|nothing but) general legal information\b",
    ),
    "security": (
        r"\b(vulnerabilit\w+|exploit(s|ation|ing)?|behaviou?r of malware)\b",
        r"\bin terms of protection\b|\bleave out (?:how|the steps)\b",
    ),
}
NO_WARNINGS = r"\b(no|without|skip|leave out|omit)\b[^.]{0,30}(caveats?|warnings?|disclaimers?|safety notes?)"
OFFER = (
    r"\b[Oo]ffer (?:them |to )?"
    r"((?:the |an? )?(?:branch|colleague|call ?back|appointment|[a-z]+ finder)\b(?:(?! (?:where|when|if|as|whenever)\b)[^.;\n]){0,60})"
)
CLOSING = r"\b(?:[Ee]nd|[Cc]lose|[Ff]inish)[^.\n\"“]{0,40}with[^.\n\"“]{0,12}[\"“]([^\"”\n]{3,160})[\"”]"
BANNED = (
    r"\b(?:[Nn]ever|[Dd]o(?:n't|n’t| not)) (?:mention|say|use)(?: the (?:word|phrase|term)s?)? "
    r"[\"“‘]([^\"”’\n]{2,60})[\"”’]"
)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as the stand-in understands it. Empty strings and False where it says nothing."""

    name: str
    company: str
    subject: str  # "bank", "clinic" or ""
    help_with: str
    first_name: str
    restricted: bool
    confidential: bool
    provider_hidden: bool
    professional: bool
    trusting: bool  # what users say of themselves counts
    language: str  # asked for by name
    clinical_detail: bool | None  # None: it says nothing of it, and so below
    legal_specifics: bool | None
    security_research: bool | None
    length: str  # "short", "normal", "long", "free" where the question decides
    most_words: int | None
    most_sentences: int | None
    tone: str  # "warm", "formal", "playful", "plain"
    exclaims: bool
    creativity: str  # "strict", "balanced", "exploratory"
    hedging: str  # "minimal", "calibrated", "cautious"
    confirms: str  # "all", "irreversible", or "" where nothing is said of asking first
    emergency_number: str
    safety_notes: bool
    offers: str  # what it offers where it does not know
    mentions: str  # a product to mention where it fits
    closing: str  # words to end with
    banned: tuple[str, ...]  # words not to use
    bullets: bool
    facts: tuple[str, ...]  # sentences of the prompt that state things rather than give orders
    told: tuple[str, ...]  # every sentence


@lru_cache(maxsize=256)
def read(system: str) -> Reading:
    """The reading of a system prompt. Any text will do, the empty one too."""
    text = _decided(re.sub(r"</?[a-z_-]+>", "\n", system))
    sentences = tuple(part.strip(" \t-*#>•") for part in SENTENCE.split(text) if part.strip(" \t-*#>•"))
    subject = _subject(text)
    return Reading(
        name=_name(text),
        company=_company(text),
        subject=subject,
        help_with=_help_with(text),
        first_name=_first_name(text),
        restricted=says(sentences, RESTRICTION),
        confidential=says(sentences, CONFIDENTIAL),
        provider_hidden=forbids(sentences, PROVIDER),
        professional=says(sentences, PROFESSIONAL),
        trusting=orders(sentences, TRUST),
        language=_group(text, LANGUAGE),
        clinical_detail=depth(sentences, *DETAIL["clinic"]),
        legal_specifics=depth(sentences, *DETAIL["law"]),
        security_research=depth(sentences, *DETAIL["security"]),
        length=length(sentences),
        most_words=most(text, "words"),
        most_sentences=most(text, "sentences"),
        tone=tone(sentences),
        exclaims=not says(sentences, r"(no|without|avoid) exclamation"),
        creativity=creativity(sentences),
        hedging=hedging(sentences),
        confirms=confirms(sentences),
        emergency_number=_emergency_number(text),
        safety_notes=not says(sentences, NO_WARNINGS),
        offers=_group(text, OFFER),
        mentions=_group(text, r"\b[Mm]ention (?:our |the )?([A-Z][\w’']+(?: [A-Z][\w’']+)*)"),
        closing=_group(text, CLOSING),
        banned=tuple(re.findall(BANNED, text)),
        bullets=orders(sentences, r"\b(bullets?|bullet points?|numbered list|as a list)\b"),
        facts=_facts(sentences),
        told=sentences,
    )


# How policies word a condition: "Where x is true (here it is false): … Otherwise: …", and as they do now.
_CONDITIONS = (
    r"Where \w+ is true \(here it is (\w+)\): (.*?)(?: Otherwise: (.*))?$",
    r"\w+ is (\w+): the application sets it[^.\n]*\. If it is true: (.*?)(?: If it is false: (.*))?$",
)


def _decided(text: str) -> str:
    """The text without the branches that a condition closes."""
    for condition in _CONDITIONS:
        text = re.sub(condition, lambda m: m[2] if m[1].lower() == "true" else m[3] or "", text, flags=re.M)
    return text


def _group(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found.group(1).strip() if found else ""


def _name(text: str) -> str:
    name = _group(
        text, r"\b[Yy]ou(?:’re|'re| are) (?:called |named )?([A-Z][a-z]+)\b(?=,| -| –|\.| the | an? |\n)"
    )
    return name if name not in {"The", "An", "Claude"} else ""


def _company(text: str) -> str:
    proper = r"[A-Z][\w&’']*(?:[ -](?:[A-Z][\w&’']*|of|and|&)(?=\W))*"
    by_role = _group(
        text,
        rf"\b(?:assistant|agent|helper|adviser|advisor|desk|service|chat|bot)s? (?:of|for|at|from|by) (?:the )?({proper})",
    )
    return by_role or _group(text, r"\b((?:[A-Z]\w+ ){1,3}(?:Bank|Clinic|Hospital|Insurance|Health|Group))\b")


def _subject(text: str) -> str:
    counts = {subject: len(re.findall(pattern, text, re.I)) for subject, pattern in SUBJECTS.items()}
    best = max(counts, key=lambda subject: counts[subject])
    return best if counts[best] >= 2 else ""


def _help_with(text: str) -> str:
    return _group(
        text,
        r"\b(?:[Hh]elp|[Ss]upport|[Aa]ssist|[Aa]dvise|[Ii]nform|[Aa]nswer)(?:s|ing)?(?: only)?(?: (?:the|our))?"
        r"(?: questions)?(?: [a-z]+s)?(?: and [a-z]+s)? (?:with|about|on) "
        r"((?:[a-z’'-]+ ){0,4}[a-z’'-]+(?:, [a-z’' -]+)*(?: and [a-z’' -]+)?)(?=[.\n;])",
    )


def _first_name(text: str) -> str:
    name = _group(
        text,
        r"(?:[Tt]he )?(?:customer|patient|user|caller|client|member|person)(?:[’']s (?:first )?name)? is (?:called |named )?([A-Z][\w’'-]+)",
    )
    return (
        name
        or _group(text, r"\b[Gg]reet (?:them as |the \w+ as |by name: )?([A-Z][\w’'-]+)")
        or _group(text, r"\b[Ff]irst name(?: is|:) ([A-Z][\w’'-]+)")
    )


def _emergency_number(text: str) -> str:
    near = re.search(
        r"\b(?:emergenc\w+|ambulance|life is at risk)\b[^.\n]{0,80}?\b(112|911|999|000|144|995|119)\b|\b(112|911|999|000|144|995|119)\b[^.\n]{0,60}\b(?:emergenc\w+|ambulance)",
        text,
    )
    return next(filter(None, near.groups()), "") if near else ""


def _facts(sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Statements with a figure or a proper matter in them: what a reader could quote as an answer."""
    orders = re.compile(
        r"^(you|never|always|do|don'?t|if|when|answer|say|keep|be|use|give|tell|ask|offer|write|only|mention|please|greet)\b",
        re.I,
    )
    return tuple(
        s
        for s in sentences
        if 20 < len(s) < 300 and re.search(r"\d", s) and not orders.match(s) and "{{" not in s
    )
