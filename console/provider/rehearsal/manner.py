"""How a prompt tells its assistant to answer: length, tone, invention, reservations, asking first."""

from __future__ import annotations

import re

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
FORBIDDING = re.compile(
    r"\b(never|not|don'?t|no|without|avoid|cannot|can'?t|nobody|refrain|decline|refuse)\b", re.I
)
ASKING = r"\b(confirm\w*|agree\w*|yes|approv\w*|permission|ask(s|ing)? (first|before))\b"
Sentences = tuple[str, ...]


def says(sentences: Sentences, pattern: str) -> bool:
    return any(re.search(pattern, sentence, re.I) for sentence in sentences)


def orders(sentences: Sentences, pattern: str) -> bool:
    """Some sentence says it, and no word of the clause before it forbids it."""
    return any(
        not FORBIDDING.search(re.split(r"[,;:]", sentence[: found.start()])[-1])
        for sentence in sentences
        for found in re.finditer(pattern, sentence, re.I)
    )


def forbids(sentences: Sentences, pattern: str) -> bool:
    return any(re.search(pattern, sentence, re.I) and FORBIDDING.search(sentence) for sentence in sentences)


def length(sentences: Sentences) -> str:
    if says(sentences, r"\bquestion decides? how long|\bas long as the question needs"):
        return "free"
    if orders(
        sentences,
        r"\b(detailed|thorough(ly)?|in depth|comprehensive(ly)?|at length|in full|in detail|exhaustive)\b",
    ):
        return "long"
    brief = r"\b(brief(ly)?|concise(ly)?|terse|to the point|succinct(ly)?|a few sentences|short(?! (paragraphs|sentences|notes?)))\b"
    # "Briefly" may be about one thing only; it is about all answers where it says so, or says little else.
    about_all = re.compile(r"\b(repl(y|ies)|answers?|respon\w+|messages|be|keep)\b", re.I)
    told = tuple(
        sentence for sentence in sentences if about_all.search(sentence) or len(sentence.split()) <= 8
    )
    return "short" if orders(told, brief) else "normal"


def depth(sentences: Sentences, pattern: str, closing: str) -> bool | None:
    """Whether detail is opened, closed (``closing`` says so in its own words), or not spoken of."""
    if says(sentences, closing):
        return False
    if orders(sentences, pattern):
        return True
    return False if says(sentences, pattern) else None


def most(text: str, unit: str) -> int | None:
    found = re.search(
        rf"\b(?:at most|no more than|up to|max(?:imum)?(?: of)?|under|within|in|fewer than) (\d+|{'|'.join(NUMBERS)}) (?:short )?{unit}\b",
        text,
        re.I,
    )
    if not found:
        return None
    said = found.group(1).lower()
    return int(said) if said.isdigit() else NUMBERS[said]


def tone(sentences: Sentences) -> str:
    tones = {
        "playful": r"\b(playful(ly)?|witty|fun|cheeky|humou?r(ous)?)\b",
        "formal": r"\b(formal(ly)?|courteous|professional tone|reserved)\b",
        "warm": r"\b(warm(ly|th)?|friendly|kind(ly)?(?! of)|empath\w+|gentle)\b",
    }
    return next((tone for tone, pattern in tones.items() if orders(sentences, pattern)), "plain")


def creativity(sentences: Sentences) -> str:
    free = r"\b(explor(e|atory)|imaginative|inventive|surprising|unusual (ideas|angles)|play with ideas|creative)\b"
    if orders(sentences, free):
        return "exploratory"
    strict = (
        r"\bstrict(ly)?\b|stick to the facts|nothing (is )?invented|fill gaps with invention"
        r"|\b(do not|don'?t|never) (invent|improvise|embellish)|keep to what is (given|established)"
    )
    return "strict" if says(sentences, strict) else "balanced"


def hedging(sentences: Sentences) -> str:
    if says(sentences, r"\b(no|without|minimal)\b[^.]{0,20}\b(hedg\w+|reservations)\b|\b(not|n'?t) hedge\b"):
        return "minimal"
    cautious = (
        r"\bcautious(ly)?\b|err on the side of caution|\b(point out|name|state|say) (every|what is) uncertain"
        r"|even where it is minor"
    )
    return "cautious" if orders(sentences, cautious) else "calibrated"


def confirms(sentences: Sentences) -> str:
    about = tuple(sentence for sentence in sentences if re.search(ASKING, sentence, re.I))
    acting = r"\b(every|each|all|any)\b[^.]{0,40}\b(acts?|actions?|tools?|steps?|changes?)\b"
    if any(
        re.search(acting, sentence, re.I) and not re.search(r"undone|irreversib", sentence, re.I)
        for sentence in about
    ):
        return "all"
    final = r"\b(irreversib\w*|undone|reversed|recalled|taken back|transfers?|payments?|cancel\w*|acts?|actions?)\b"
    return "irreversible" if any(re.search(final, sentence, re.I) for sentence in about) else ""
