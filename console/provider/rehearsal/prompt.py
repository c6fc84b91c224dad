"""What the stand-in understands of a system prompt: who it is, whom it serves, and how it is told to behave."""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "ten": 10,
    "twenty": 20,
}
SUBJECTS = {
    "bank": r"\b(banks?|accounts?|cards?|payments?|transfers?|savings?|loans?|insurance|deposits?)\b",
    "clinic": r"\b(clinics?|patients?|clinic(al|ian)s?|hospitals?|medic(al|ines?)|nurses?|doctors?|appointments?|health)\b",
}
SERVED = ("customer", "patient", "clinician", "member", "client", "student", "player", "resident")
FORBIDDING = re.compile(
    r"\b(never|not|don'?t|no|without|avoid|cannot|can'?t|nobody|refrain|decline|refuse)\b", re.I
)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as the stand-in understands it. Empty strings and False where it says nothing."""

    name: str
    company: str
    subject: str  # "bank", "clinic" or ""
    served: str  # "customer", "patient" … "user"
    help_with: str
    first_name: str
    restricted: bool
    confidential: bool
    provider_hidden: bool
    professional: bool
    clinical_detail: bool
    length: str  # "short", "normal", "long"
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


def read(system: str) -> Reading:
    """The reading of a system prompt. Any text will do, the empty one too."""
    text = re.sub(r"</?[a-z_-]+>", "\n", system)
    sentences = tuple(part.strip(" \t-*#>•") for part in SENTENCE.split(text) if part.strip(" \t-*#>•"))
    subject = _subject(text)
    return Reading(
        name=_name(text),
        company=_company(text),
        subject=subject,
        served=_served(text, subject),
        help_with=_help_with(text),
        first_name=_first_name(text),
        restricted=_is_restricted(sentences),
        confidential=_any(
            sentences, r"confidential|(reveal|share|disclose|repeat|quote)[^.]{0,30}(instructions|prompt)"
        ),
        provider_hidden=_any(
            sentences, r"(which|what) (company|provider|model)|who (made|built|trained) you|underlying model"
        ),
        professional=_any(
            sentences,
            r"\b(for|to|with|serves?|audience|users are)\b[^.]{0,40}\b(clinicians|professionals|nurses|physicians|staff)\b",
        ),
        clinical_detail=_orders(sentences, r"\b(dos(e|es|ages?|ing)|clinical detail|direct medical)\b"),
        length=_length(sentences),
        most_words=_most(text, "words"),
        most_sentences=_most(text, "sentences"),
        tone=_tone(sentences),
        exclaims=not _any(sentences, r"no exclamation|(without|avoid) exclamation"),
        creativity=_creativity(sentences),
        hedging=_hedging(sentences),
        confirms=_confirms(sentences),
        emergency_number=_emergency_number(text),
        safety_notes=not _any(
            sentences,
            r"\b(no|without|skip|leave out|omit)\b[^.]{0,30}(caveats?|warnings?|disclaimers?|safety notes?)",
        ),
        offers=_group(
            text,
            r"\b[Oo]ffer (?:the |them |to )?((?:branch|a colleague|colleague|call ?back|appointment|[a-z]+ finder)[^.;\n]{0,60})",
        ),
        mentions=_group(text, r"\b[Mm]ention (?:our |the )?([A-Z][\w’']+(?: [A-Z][\w’']+)*)"),
        closing=_group(
            text,
            r"\b(?:[Ee]nd|[Cc]lose|[Ff]inish)[^.\n\"“]{0,40}with[^.\n\"“]{0,12}[\"“]([^\"”\n]{3,160})[\"”]",
        ),
        banned=tuple(
            re.findall(
                r"\b(?:[Nn]ever|[Dd]o(?:n't|n’t| not)) (?:mention|say|use)(?: the (?:word|phrase|term)s?)? [\"“‘]([^\"”’\n]{2,60})[\"”’]",
                text,
            )
        ),
        bullets=_orders(sentences, r"\b(bullets?|bullet points?|numbered list|as a list)\b"),
        facts=_facts(sentences),
        told=sentences,
    )


def _any(sentences: tuple[str, ...], pattern: str) -> bool:
    return any(re.search(pattern, sentence, re.I) for sentence in sentences)


def _orders(sentences: tuple[str, ...], pattern: str) -> bool:
    """Some sentence says it, and does not forbid it."""
    return any(
        re.search(pattern, sentence, re.I) and not FORBIDDING.search(sentence) for sentence in sentences
    )


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


def _served(text: str, subject: str) -> str:
    counts = {word: len(re.findall(rf"\b{word}s?\b", text, re.I)) for word in SERVED}
    best = max(counts, key=lambda word: counts[word])
    return best if counts[best] else {"bank": "customer", "clinic": "patient"}.get(subject, "user")


def _help_with(text: str) -> str:
    return _group(
        text,
        r"\b(?:[Hh]elp|[Ss]upport|[Aa]ssist|[Aa]dvise|[Ii]nform|[Aa]nswer|[Dd]iscuss)(?:s|ing)?(?: only)?(?: the| our)?"
        r"(?: questions?)?(?: [a-z]+s)?(?: with| about| on)? ((?:[a-z’'-]+ ){0,4}[a-z’'-]+(?:, [a-z’' -]+)+(?: and [a-z’' -]+)?)(?=[.\n;])",
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


def _is_restricted(sentences: tuple[str, ...]) -> bool:
    return _any(
        sentences,
        r"\b(only|nothing but|solely|exclusively)\b[^.]{0,50}\b(discuss|answer|talk|help|about|questions|subject|topics?|products?)\b"
        r"|\b(discuss|answer|talk about|help with)\b[^.]{0,30}\bonly\b"
        r"|\b(keep|stick|stay|limit yourself|restrict yourself)\b[^.]{0,20}\b(to|on|within)\b[^.]{0,40}\b(subject|topics?|scope|above|products?|questions?|matters|services?)\b"
        r"|\b(off[- ]topic|out of scope|outside (of )?(it|this|that|the|your|our)\b)",
    )


def _length(sentences: tuple[str, ...]) -> str:
    if _orders(
        sentences,
        r"\b(detailed|thorough(ly)?|in depth|comprehensive(ly)?|at length|in (full )?detail|exhaustive)\b",
    ):
        return "long"
    if _orders(
        sentences,
        r"\b(brief(ly)?|short|concise(ly)?|terse|to the point|succinct(ly)?|a few sentences|keep it small)\b",
    ):
        return "short"
    return "normal"


def _most(text: str, unit: str) -> int | None:
    found = re.search(
        rf"\b(?:at most|no more than|up to|max(?:imum)?(?: of)?|under|within|in|fewer than) (\d+|{'|'.join(NUMBERS)}) (?:short )?{unit}\b",
        text,
        re.I,
    )
    if not found:
        return None
    said = found.group(1).lower()
    return int(said) if said.isdigit() else NUMBERS[said]


def _tone(sentences: tuple[str, ...]) -> str:
    tones = {
        "playful": r"\b(playful|witty|fun|cheeky|humou?r(ous)?)\b",
        "formal": r"\b(formal(ly)?|courteous|professional tone|reserved)\b",
        "warm": r"\b(warm(ly|th)?|friendly|kind(ly)?|empath\w+|gentle)\b",
    }
    return next((tone for tone, pattern in tones.items() if _orders(sentences, pattern)), "plain")


def _creativity(sentences: tuple[str, ...]) -> str:
    if _orders(
        sentences,
        r"\b(exploratory|imaginative|inventive|surprising|range widely|play with ideas|unusual ideas|creative)\b",
    ):
        return "exploratory"
    strict = r"\b(strict(ly)?|stick to the facts|nothing (is )?invented|(do not|don'?t|never) (invent|improvise|embellish)|only what (is|the))\b"
    return "strict" if _any(sentences, strict) else "balanced"


def _hedging(sentences: tuple[str, ...]) -> str:
    if _any(
        sentences,
        r"\b(without hedging|no hedging|hedge little|minimal hedging|do not hedge|don'?t hedge|plainly, without)\b",
    ):
        return "minimal"
    cautious = r"\b(cautious(ly)?|err on the side of caution|point out (every )?uncertaint|say how (sure|certain)|name what is uncertain)\b"
    return "cautious" if _orders(sentences, cautious) else "calibrated"


def _confirms(sentences: tuple[str, ...]) -> str:
    asking = r"\b(confirm\w*|agree\w*|yes|approv\w*|permission|ask(s|ing)? (first|before))\b"
    about = tuple(sentence for sentence in sentences if re.search(asking, sentence, re.I))
    acting = r"\b(every|each|all|any)\b[^.]{0,40}\b(acts?|actions?|tools?|steps?|calls?|changes?)\b"
    if any(
        re.search(acting, sentence, re.I) and not re.search(r"undone|irreversib", sentence, re.I)
        for sentence in about
    ):
        return "all"
    final = r"\b(irreversib\w*|undone|reversed|recalled|taken back|transfers?|payments?|cancel\w*|acts?|actions?)\b"
    return "irreversible" if any(re.search(final, sentence, re.I) for sentence in about) else ""


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
