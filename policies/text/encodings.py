"""Disguises undone in place: each pass finds spans of a text that say something else when decoded.

A pass proposes edits only where the result reads like words, so that keys, hashes, colours and code stay as they are.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import re2

from policies.text.fold import fold
from policies.text.lexicon import Lexicon

Edit = tuple[int, int, str]
Pass = Callable[[str, Lexicon], Iterator[Edit]]

_MAX_DECODED = 200_000
_WORD = re.compile(r"[^\W\d_]+")


def reads(text: str, lexicon: Lexicon, *, share: float = 0.4) -> bool:
    """Whether most words of ``text`` are known ones."""
    words = _WORD.findall(text.lower())[:60]
    if not words:
        return False
    known = sum(1 for word in words if len(word) <= 24 and lexicon.knows(word))
    return known >= max(1, share * len(words))


_REACH = 120
_NOT_SPACE = re.compile(r"\S")


def _around(text: str, mark: re.Pattern[str], inside: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Spans of the runs of ``inside`` characters around each ``mark``; linear, a run is cut at a bounded length."""
    done, onward = 0, re.compile(f"(?:{inside.pattern})+")
    for match in mark.finditer(text):
        start, end = match.start(), match.end()
        if start < done:
            continue
        while start > max(done, match.start() - _REACH) and inside.match(text, start - 1):
            start -= 1
        rest = onward.match(text, end, match.end() + _REACH)
        end = rest.end() if rest else end
        done = end
        yield start, end


# --- machine encodings -------------------------------------------------------------------------------------------

_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{20,}={0,2}(?![\w+/=-])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ ,:]?){8,}(?![0-9A-Za-z])")
_BINARY = re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){4,}(?!\d)")
_CODES = re.compile(r"(?<!\d)(?:\d{2,3}[ ,]\s?){7,}\d{2,3}(?!\d)")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"(?:&(?:#\d{1,6}|#x[0-9A-Fa-f]{1,5}|[A-Za-z]{2,8});)")
_ESCAPE = re.compile(r"(?:\\u\{?[0-9A-Fa-f]{4,6}\}?|\\x[0-9A-Fa-f]{2})+")


def base64_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    for match in _BASE64.finditer(text):
        raw = match.group().rstrip("=")
        if raw.islower() or raw.isdigit() or len(raw) > _MAX_DECODED:
            continue
        raw = raw.replace("-", "+").replace("_", "/")
        decoded = _decode(lambda raw=raw: base64.b64decode(raw + "=" * (-len(raw) % 4), validate=True))  # type: ignore[misc]
        if decoded and (reads(decoded, lexicon) or _BASE64.fullmatch(decoded)):
            yield match.start(), match.end(), decoded


def hex_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    for match in _HEX.finditer(text):
        digits = re.sub(r"0x|\\x|[ ,:]", "", match.group())
        decoded = _decode(lambda digits=digits: binascii.unhexlify(digits))  # type: ignore[misc]
        if decoded and (reads(decoded, lexicon) or _BASE64.fullmatch(decoded)):
            yield match.start(), match.end(), decoded


def number_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    for pattern, base in ((_BINARY, 2), (_CODES, 10)):
        for match in pattern.finditer(text):
            group = match.group()
            numbers = re.findall(r"[01]{8}", group) if base == 2 else re.findall(r"\d+", group)
            decoded = "".join(chr(int(number, base)) for number in numbers[:_MAX_DECODED])
            if decoded.isprintable() and reads(decoded, lexicon):
                yield match.start(), match.end(), decoded


def escaped_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Percent escapes, HTML entities, backslash escapes."""
    edits: list[Edit] = []
    if "%" in text:
        for start, end in _around(text, _PERCENT, _NOT_SPACE):
            word = text[start:end]
            if word.count("%") >= 2:
                edits.append((start, end, unquote(word, errors="ignore").replace("+", " ")))
    if "&" in text:
        edits += [(m.start(), m.end(), html.unescape(m.group())) for m in _ENTITY.finditer(text)]
    if "\\" in text:
        edits += [(m.start(), m.end(), _unescape(m.group())) for m in _ESCAPE.finditer(text)]
    yield from edits


def _unescape(run: str) -> str:
    found = re.findall(r"\\u\{?([0-9A-Fa-f]{4,6})\}?|\\x([0-9A-Fa-f]{2})", run)
    codes = "".join(chr(int(a or b, 16)) for a, b in found if int(a or b, 16) < 0x110000)
    # Two halves are one character; one alone is none, and no pattern could be matched against it.
    return codes.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decode(run: Callable[[], bytes]) -> str:
    try:
        text = run().decode("utf-8")
    except (ValueError, binascii.Error):
        return ""
    return fold(text).text if text.replace("\n", "").replace("\t", "").isprintable() else ""


# --- letters turned about -----------------------------------------------------------------------------------------

_BACKWARDS = re.compile(
    r"\b(?:eht|dna|uoy|taht|ruoy|reven|yna|meht|lliw|siht|ton|yas|llet|resu|sresu|yeht|morf|rof|htiw|fo|dluohs|rieht|ekam|evig|erehw|nehw|enoyna|sremotsuc|remotsuc|etirw|pleh|ot|si)\b"
)
_ROT13 = re.compile(
    r"\b(?:gur|naq|lbh|gung|lbhe|arire|nal|gurz|gb|bs|vf|jvgu|sbe|hfre|fnl|gryy|abg|jura|jevgr|znxr|tvir|phfgbzre|phfgbzref|uryc|bhe|gurve|vg|arire)\b"
)
_PARTS = re.compile(r"[^\n:(){}\[\]]+")


def turned_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Lines written backwards, words written backwards, rot13."""
    lowered = text.lower()
    if not (_BACKWARDS.search(lowered) or _ROT13.search(lowered)):
        return
    for part in _PARTS.finditer(text):
        low = part.group().lower()
        backwards, rotated = len(_BACKWARDS.findall(low)), len(_ROT13.findall(low))
        if max(backwards, rotated) < 1 or reads(low, lexicon, share=0.55):
            continue
        turned = part.group()[::-1] if backwards >= rotated else codecs.decode(part.group(), "rot13")
        if reads(turned, lexicon, share=0.5):
            yield part.start(), part.end(), turned


# --- words taken apart --------------------------------------------------------------------------------------------

# Both begin with the rarer character: letters are everywhere, and a search for them tries at each.
_LEET = re.compile(r"[0-9@$!|+](?:(?=[A-Za-z])|(?<=[A-Za-z].))", re.DOTALL)
_LEET_CHAR = re.compile(r"[\w@$!|+]")
_LEET_WORD = re.compile(r"[\w@$!|+]+")
_LEET_LETTERS = str.maketrans("013456789@$!|+", "oieasgtbgasiit")
_LEET_L = str.maketrans("1!|", "lll")
_MARKED = re.compile(
    r"[*`~_·•|<\-](?<=[A-Za-z].)"
    r"(?:(?<=[*`~_·•|])[*`~_·•|]{0,2}|(?<=<)(?:/?[a-zA-Z]{1,8}>|!--[^>\n]{0,40}-->)|(?<=-)\n)(?=[A-Za-z])"
)
_MARKED_CHAR = re.compile(r"\S|(?<=-)\n")
_MARKS = re.compile(r"[*`~_·•|]+|</?[a-z]{1,8}>|<!--.{0,40}?-->|-\n", re.IGNORECASE)
_SPACED = re.compile(r"(?<![\w])(?:[A-Za-z](?:[ .\-_*/·|]{1,2}| {2,4})){5,}[A-Za-z](?![\w])")


def leet_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Digits for letters, where a known word comes out; on a line full of it also for short words and bare numbers."""
    lines: dict[int, list[Edit]] = {}
    line = seen = 0
    plains: dict[str, str] = {}
    for start, end in _around(text, _LEET, _LEET_CHAR):
        line, seen = max(line, text.rfind("\n", seen, start) + 1), start
        word = text[start:end]
        plain = plains.get(word)
        if plain is None:
            plain = plains[word] = _unleet(word, lexicon) if end - start <= 24 else ""
        if len(plain) >= 3:
            lines.setdefault(line, []).append((start, end, plain))
    for line, found in lines.items():
        if len(found) < 3:
            yield from (edit for edit in found if len(edit[2]) >= 5)
            continue
        stop = text.find("\n", line)
        for match in _LEET_WORD.finditer(text, line, len(text) if stop < 0 else stop):
            word = match.group()
            if not word.isalpha():
                yield (
                    match.start(),
                    match.end(),
                    plains.get(word) or _unleet(word, lexicon) or word.lower().translate(_LEET_LETTERS),
                )


def _unleet(word: str, lexicon: Lexicon) -> str:
    low = word.lower()
    for plain in (low.translate(_LEET_LETTERS), low.translate(_LEET_L).translate(_LEET_LETTERS)):
        if plain.isalpha() and lexicon.knows(plain):
            return plain
    return ""


def marked_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Words with markup inside them."""
    for start, end in _around(text, _MARKED, _MARKED_CHAR):
        word = text[start:end]
        plain, count = _MARKS.subn("", word)
        letters = plain.strip(".,;:!?()\"'").lower()
        parts = [part for part in re.split(r"[_`]+", word.strip("`*.,;:()").lower()) if part]
        if "_" in word and all(len(part) > 2 and lexicon.knows(part) for part in parts):
            continue  # snake_case
        if letters.isalpha() and (lexicon.knows(letters) or (count >= 2 and "_" not in word)):
            yield start, end, plain


def spaced_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Letters apart from each other: joined, and cut into words again."""
    cut: dict[str, str] = {}
    for match in _SPACED.finditer(text):
        run = match.group()
        groups = re.split(r" {2,}| / ", run)
        words = [re.sub(r"[^A-Za-z]", "", group).lower() for group in groups]
        for word in words:
            if word not in cut:
                cut[word] = word if lexicon.knows(word) else " ".join(_cut(word, lexicon))
        joined = " ".join(map(cut.__getitem__, words))
        if reads(joined, lexicon):
            yield match.start(), match.end(), joined


def _cut(letters: str, lexicon: Lexicon) -> list[str]:
    """Cut a run of letters into as few known words as possible; unknown letters cost most."""
    size = min(len(letters), 400)
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, size + 1):
        options = [(best[end - 1][0] + 2.0, end - 1)]
        for start in range(max(0, end - 14), end):
            if lexicon.knows(letters[start:end]):
                options.append((best[start][0] + (1.0 if end - start > 1 else 1.6), start))
        best.append(min(options))
    words, at = [], size
    while at > 0:
        start = best[at][1]
        words.append(letters[start:at])
        at = start
    return words[::-1]


# --- templates ----------------------------------------------------------------------------------------------------

_DEFAULT = re.compile(r"\{\{-?\s*[\w.]+\s*\|\s*default:?\(?\s*[\"']([^\"'\n]{1,400})[\"']\s*\)?\s*-?\}\}")
_SET = re.compile(
    r"(?:\{%-?\s*set\s+|^\s*(?:let |const |var |set |\$)?)([A-Za-z_]\w{0,30})\s*[=:]+\s*[\"']([^\"'\n]{1,200})[\"']",
    re.MULTILINE,
)
_USE = re.compile(r"\{\{-?\s*([A-Za-z_]\w{0,30})\s*-?\}\}|\$\{([A-Za-z_]\w{0,30})\}|\{([A-Za-z_]\w{0,30})\}")
_CONCAT = re.compile(r"[\"']\s*[+~.&]\s*[\"']")


def template_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Defaults and values of variables put where they are used; strings joined."""
    values = {m.group(1): m.group(2) for m in _SET.finditer(text)} if "=" in text or ":" in text else {}
    edits = [(m.start(), m.end(), m.group(1)) for m in _DEFAULT.finditer(text)]
    taken = {edit[0] for edit in edits}
    if values:
        for match in _USE.finditer(text):
            name = match.group(1) or match.group(2) or match.group(3)
            if name in values and match.start() not in taken:
                edits.append((match.start(), match.end(), values[name]))
    edits += [(m.start(), m.end(), "") for m in _CONCAT.finditer(text)]
    yield from edits


# What a text must hold for a pass to be worth trying: told for all passes in one linear scan.
_NEEDED: tuple[tuple[str, Pass], ...] = (
    (r"\{\{|\$\{|\{[A-Za-z_]|[\"']\s*[+~.&]\s*[\"']", template_text),
    (r"%[0-9A-Fa-f]{2}|&#|&[a-z]{2,6};|\\[ux]", escaped_text),
    (r"[A-Za-z0-9+/_-]{20}", base64_text),
    (r"(?:[0-9A-Fa-f]{2}[ ,:]?){8}|(?:(?:0x|\\x)[0-9A-Fa-f]{2}[ ,:]?){8}", hex_text),
    (r"[01]{8}[ ,]?[01]{8}|(?:\d{2,3}[ ,]\s?){7}", number_text),
    (r"[A-Za-z][*`~·•|_][*`~A-Za-z]|[A-Za-z]<[/!a-zA-Z]|[a-z]-\n[a-z]", marked_text),
    (r"(?:[A-Za-z][ .\-_*/·|]{1,3}){5}[A-Za-z]\b", spaced_text),
    (r"[A-Za-z][0-9@$!|+]+[A-Za-z]|[0-9@$][A-Za-z]|[A-Za-z][0-9$@]", leet_text),
    (
        r"(?i)\b(?:eht|dna|uoy|taht|ruoy|reven|yna|meht|lliw|siht|yas|llet|resu|sresu|yeht|morf|fo|dluohs|rieht|ekam|evig|erehw|nehw|enoyna|sremotsuc|remotsuc|etirw|pleh|gur|naq|lbh|gung|lbhe|arire|gurz|gryy|hfre|gb|bs|sbe|jura|jevgr|znxr|tvir|phfgbzre|phfgbzref|nal|fnl|uryc|bhe|gurve|vg)\b",
        turned_text,
    ),
)


def _gate() -> re2.Set:
    gate = re2.Set.SearchSet()
    for pattern, _ in _NEEDED:
        gate.Add(pattern)
    gate.Compile()
    return gate


_GATE = _gate()


def passes_for(text: str) -> Iterator[Pass]:
    """The passes that may find something in ``text``."""
    hits = set(_GATE.Match(text) or ())
    return (find for index, (_, find) in enumerate(_NEEDED) if index in hits)
