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


_VOWELS = frozenset("aeiouy")
_HISSING = ("sses", "shes", "ches", "xes", "zzes")


def stem(word: str) -> str:
    """The stem of a lower-case word; words of other alphabets and short ones stay as they are."""
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    last, size = word[-1:], len(word)
    if last == "s":
        if word[-2:] == "'s":
            return stem(word[:-2])
        if size < 4 or not word.isascii():
            return word
        if size > 4 and word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith(_HISSING):
            return word[:-2]
        return _bare(word if word[-2] in "sui" else word[:-1])
    if size < 4 or not word.isascii():
        return word
    if last == "d" and word[-2] == "e":
        if size > 4 and word[-3] == "i":
            return word[:-3] + "y"
        if size > 4 and not _VOWELS.isdisjoint(word[:-2]):
            return _bare(word[:-2])
    elif last == "g" and size > 5 and word.endswith("ing") and not _VOWELS.isdisjoint(word[:-3]):
        return _bare(word[:-3])
    return _bare(word)


def _bare(word: str) -> str:
    """Drop a silent e and one of two equal last consonants."""
    last = word[-1]
    if last == "e":
        if len(word) > 4:
            return word[:-1]
    elif len(word) > 3 and last == word[-2] and last not in "aeiousl":
        return word[:-1]
    return word + "e" if word in _SHORT_E else word
