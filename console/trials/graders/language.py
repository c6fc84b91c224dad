"""Which language a reply is in, by its most frequent small words: no model, no data files, the same everywhere."""

from __future__ import annotations

import re
from typing import Any

from console.trials.graders.base import Graded, Grader, Turns, fails, passes

WORDS: dict[str, frozenset[str]] = {
    code: frozenset(words.split())
    for code, words in {
        "en": "the and of to is in you that it for are with on be this your have can not i we as or an at will by from if what they",
        "de": "der die das und ist nicht ich sie zu den ein eine mit für auf es im dem von sich auch wir bei oder wenn sind werden bitte ihre ihnen kann",
        "fr": "le la les des et est une un pour vous dans que qui pas sur avec ce en au du votre je nous ne plus sont par ou si être c'est d'une",
        "es": "el la los las y es un una para que en de con no por su se lo del al como más si le puede está usted pero este sus",
        "it": "il lo la gli le e è un una per che di in con non si del della nel al sono come più anche può ha da dei alla questo",
        "nl": "de het een en is van niet dat ik je u te op voor met zijn er aan om ook kan als bij of maar wij uw deze heeft wordt",
        "pt": "o a os as e é um uma para que de em com não por se do da no na como mais você seu sua pode ao está são isso",
        "sv": "och att det som en är på för av den inte med du kan till ett har jag om din eller vi ska",
        "da": "og at det som en er på for af den ikke med du kan til et har jeg om din eller vi skal",
        "pl": "i w nie na jest się to że z do jak o co dla czy po od może są być pan pani",
        "tr": "ve bir bu için ile da de ne çok daha var olarak en gibi ama veya size siz değil",
    }.items()
}
SCRIPTS = (
    ("ru", re.compile(r"[Ѐ-ӿ]")),
    ("el", re.compile(r"[Ͱ-Ͽ]")),
    ("ar", re.compile(r"[؀-ۿ]")),
    ("he", re.compile(r"[֐-׿]")),
    ("hi", re.compile(r"[ऀ-ॿ]")),
    ("ja", re.compile(r"[぀-ヿ]")),
    ("ko", re.compile(r"[가-힯]")),
    ("zh", re.compile(r"[一-鿿]")),
)
NAMES = frozenset(WORDS) | {code for code, _ in SCRIPTS}
FEWEST = 3  # small words that must be seen before anything is said


def detect(text: str) -> str | None:
    """The language's code, or None when the text is too short or too mixed to tell."""
    letters = sum(char.isalpha() for char in text)
    for code, script in SCRIPTS:
        if letters and len(script.findall(text)) > letters / (5 if code == "ja" else 2):
            return code
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower().replace("’", "'"))
    counts = sorted(
        ((sum(word in known for word in words), code) for code, known in WORDS.items()), reverse=True
    )
    (best, code), (second, _) = counts[0], counts[1]
    return code if best >= FEWEST and best >= 1.15 * second else None


def _check(value: Any) -> str:
    return "" if value in NAMES else f"must be one of {', '.join(sorted(NAMES))}"


def _language(value: str, turns: Turns, index: int) -> Graded:
    found = detect(turns[index].reply)
    if found is None:
        return Graded("not_graded", "too short or too mixed to tell its language", turns[index].number)
    say = passes if found == value else fails
    return say(f"the reply is in {found}", turns[index])


LANGUAGE = Grader("language", "is in", _check, _language)
