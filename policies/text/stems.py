"""Light stemming: enough that 'claiming', 'claimed' and 'claims' meet, the same for lexicon and text."""

from __future__ import annotations

_IRREGULAR = {
    form: stem
    for stem, forms in {
        "say": "said says saying",
        "tell": "told",
        "make": "made making",
        "give": "gave given giving",
        "keep": "kept",
        "hide": "hid hidden hiding",
        "write": "wrote written writing",
        "take": "took taken taking",
        "steal": "stole stolen",
        "break": "broke broken",
        "leave": "left leaving",
        "let": "letting",
        "get": "got gotten getting",
        "be": "is are was were been being am",
        "have": "has had having",
        "do": "does did doing done",
        "feel": "felt",
        "think": "thought",
        "know": "knew known",
        "lose": "lost losing",
        "build": "built",
        "bring": "brought",
        "buy": "bought",
        "sell": "sold",
        "send": "sent",
        "swear": "swore sworn",
        "find": "found",
        "go": "went gone goes",
        "see": "saw seen",
        "speak": "spoke spoken",
        "shut": "shutting",
        "run": "ran running",
        "put": "putting",
        "pay": "paid",
        "mean": "meant",
        "mislead": "misled",
        "withhold": "withheld",
        "forget": "forgot forgotten",
        "choose": "chose chosen",
        "begin": "began begun",
        "seek": "sought",
        "hold": "held",
        "lie": "lied lying lies",
        "die": "died dying dies",
        "child": "children",
        "woman": "women",
        "man": "men",
        "person": "persons",
        "life": "lives",
        "wipe": "wiped wiping wipes",
        "use": "using used uses",
        "deny": "denies denied denying",
        "come": "came coming",
        "fake": "faking",
        "stick": "stuck",
        "show": "shown",
        "fall": "fell fallen",
        "catch": "caught",
        "deal": "dealt",
        "spread": "spreading",
        "drive": "drove driven",
        "human": "humans",
        "teenager": "teenagers",
        "news": "news",
        "this": "this",
        "police": "police",
        "anthropic": "anthropic's",
    }.items()
    for form in forms.split()
}


# Short verbs that would lose themselves with their e: 'noted' is no 'not', 'cared' no 'car'.
_SHORT_E = frozenset(
    [
        "bak",
        "bar",
        "bas",
        "bit",
        "blam",
        "car",
        "cit",
        "cod",
        "com",
        "cop",
        "cur",
        "dar",
        "dat",
        "dos",
        "fac",
        "fad",
        "fak",
        "fil",
        "fin",
        "fir",
        "gam",
        "gaz",
        "hat",
        "hik",
        "hir",
        "hop",
        "jok",
        "lik",
        "lin",
        "liv",
        "lov",
        "lur",
        "min",
        "mov",
        "mut",
        "nam",
        "not",
        "pas",
        "pok",
        "pos",
        "rac",
        "rag",
        "rat",
        "rid",
        "rul",
        "sav",
        "scor",
        "sid",
        "siz",
        "tap",
        "tast",
        "tim",
        "tun",
        "typ",
        "unit",
        "vot",
        "wag",
        "wir",
    ]
)


def stem(word: str) -> str:
    """The stem of a lower-case word; words of other alphabets and short ones stay as they are."""
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    if word.endswith("'s"):
        return stem(word[:-2])
    size = len(word)
    if size < 4 or not word.isascii():
        return word
    if word.endswith("ies") and size > 4:
        return word[:-3] + "y"
    if word.endswith("ied") and size > 4:
        return word[:-3] + "y"
    for suffix in ("ing", "ed"):
        if (
            word.endswith(suffix)
            and size - len(suffix) >= 3
            and any(c in "aeiouy" for c in word[: -len(suffix)])
        ):
            return _bare(word[: -len(suffix)])
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return _bare(word[:-1])
    return _bare(word)


def _bare(word: str) -> str:
    """Drop a silent e and one of two equal last consonants."""
    if word.endswith("e") and len(word) > 4:
        return word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiousl":
        return word[:-1]
    return word + "e" if word in _SHORT_E else word
