"""Words taken apart or written with other characters: digits for letters, markup inside words, letters apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from policies.text.common_words import COMMON_WORDS
from policies.text.encodings import Edit, Inside, around
from policies.text.letters import forms_of, words_of
from policies.text.lexicon import Lexicon
from policies.text.turned import looks_turned

# Both begin with the rarer character: letters are everywhere, and a search for them tries at each.
_LEET = re.compile(r"[0-9@$!|+](?:(?=[A-Za-z])|(?<=[A-Za-z].))", re.DOTALL)
_LEET_WORD = re.compile(r"[\w@$!|+]+")
_LEET_INSIDE = Inside(_LEET_WORD, _LEET_WORD)
_LEET_LETTERS = str.maketrans("013456789@$!|+", "oieasgtbgasiit")
_LEET_L = str.maketrans("1!|", "lll")
_LEET_DIGITS = str.maketrans("013456789", "oieasgtbg")
_MARKED = re.compile(
    r"[*`~_·•|<\-](?<=[A-Za-z].)"
    r"(?:(?<=[*`~_·•|])[*`~_·•|]{0,2}|(?<=<)(?:/?[a-zA-Z]{1,8}>|!--[^>\n]{0,40}-->)|(?<=-)\n)(?=[A-Za-z])"
)
_MARKED_INSIDE = Inside(re.compile(r"(?:\S|(?<=-)\n)+"), re.compile(r"(?:\S|\n(?=-))+"))
_MARKS = re.compile(r"[*`~_·•|]+|</?[a-z]{1,8}>|<!--.{0,40}?-->|-\n", re.IGNORECASE)
_WORD = re.compile(r"[a-z]+")
GAP = r"[\t\n -/:;=?@\[-`{-~·•—]{1,8}"
_SPACED = re.compile(rf"(?<!\w)(?:[A-Za-z0-9]{GAP}){{5,20000}}[A-Za-z0-9](?!\w)")
_LETTER = re.compile(r"[A-Za-z0-9]")
_BETWEEN = re.compile(r"[^A-Za-z0-9]+")
_BLANK = re.compile(r"\s+")
_END = "\n\n"  # between no two letters
_MOST_APART = 60_000  # characters that are undone: cutting words anew is the dearest of all
_WINDOW, _LONGEST, _LONGEST_KNOWN = 400, 14, 24


def leet_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Digits for letters, where a known word comes out; on a line full of it also for short words and bare numbers."""
    lines: dict[int, list[Edit]] = {}
    line = seen = 0
    plains: dict[str, str] = {}
    for start, end in around(text, _LEET, _LEET_INSIDE):
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
    plain = low.translate(_LEET_LETTERS)
    if plain.isalpha() and lexicon.knows(plain):
        return plain
    other = low.translate(_LEET_L)
    if other != low:
        plain = other.translate(_LEET_LETTERS)
        if plain.isalpha() and lexicon.knows(plain):
            return plain
    return ""


def marked_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Words with markup inside them."""
    for start, end in around(text, _MARKED, _MARKED_INSIDE):
        word = text[start:end]
        plain, count = _MARKS.subn("", word)
        letters = plain.strip(".,;:!?()\"'").lower()
        parts = [part for part in re.split(r"[_`]+", word.strip("`*.,;:()").lower()) if part]
        if "_" in word and all(len(part) > 2 and lexicon.knows(part) for part in parts):
            continue  # snake_case
        if letters.isalpha() and (lexicon.knows(letters) or (count >= 2 and "_" not in word)):
            yield start, end, plain


def spaced_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Letters apart from each other, whatever stands between them: joined, and cut into words again."""
    cut: dict[str, str] = {}
    left = _MOST_APART
    for match in _SPACED.finditer(text):
        left -= match.end() - match.start()
        if left < 0:
            break
        for joined in _joined(match.group(), lexicon, cut):
            if _speaks(joined, lexicon) or looks_turned(joined, lexicon):
                yield match.start(), match.end(), joined
                break


def _speaks(joined: str, lexicon: Lexicon) -> bool:
    """Whether half of the letters are in words, not counting short ones: an alphabet or a list of initials has many."""
    english = _words(lexicon)
    known = [
        len(word)
        for word in _WORD.findall(joined.lower())
        if 2 < len(word) <= _LONGEST_KNOWN and (word in english or lexicon.knows(word))
    ]
    return sum(known) * 2 >= sum(map(str.isalnum, joined)) and len(known) > 1


def _joined(run: str, lexicon: Lexicon, cut: dict[str, str]) -> Iterator[str]:
    """What it may say, likeliest first: with its own words if it tells where they end, else cut anew; then without leet."""
    known = _words(lexicon)
    for letters in dict.fromkeys((run, run.translate(_LEET_DIGITS))):
        groups = list(_groups(letters))
        if len(groups) > 1:
            yield " ".join(group + ends for group, ends in groups)
        for group, _ in groups:
            if group not in cut:
                cut[group] = group if group.lower() in known else " ".join(_cut(group, known))
        yield " ".join(cut[group] + ends for group, ends in groups)


def _words(lexicon: Lexicon) -> frozenset[str]:
    known = lexicon.prepared.get("words")
    if not isinstance(known, frozenset):
        known = lexicon.prepared["words"] = forms_of(words_of(lexicon.phrases("en")))
    return known


def _groups(run: str) -> Iterator[tuple[str, str]]:
    """Words and the punctuation after each: what stands most often between two letters holds a word together."""
    between = _BETWEEN.findall(run)
    inner = Counter(between).most_common(1)[0][0]
    word: list[str] = []
    for letter, gap in zip(_LETTER.findall(run), [*between, _END], strict=True):
        word.append(letter)
        if "'" in gap:
            word.append("'")
        elif gap != inner:
            marks = _BLANK.sub(" ", gap).strip(inner + " ")
            yield "".join(word), f" {marks}" if marks else ""
            word = []


def _cut(letters: str, known: frozenset[str]) -> Iterator[str]:
    """A long run in windows: where one ends, the next begins with its last word."""
    at = 0
    cut: dict[str, list[str]] = {}
    while at < len(letters):
        window = letters[at : at + _WINDOW]
        if window not in cut:
            cut[window] = _cut_window(window, known)
        words = cut[window]
        if at + _WINDOW < len(letters) and len(words) > 1 and len(words[-1]) <= _LONGEST:
            words = words[:-1]
        at += sum(map(len, words))
        yield from words


def _cut_window(letters: str, known: frozenset[str]) -> list[str]:
    """Cut a run of letters into as few known words as possible; common ones cost least, unknown letters most."""
    low = letters.lower()
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(low) + 1):
        cheapest = (best[end - 1][0] + 2.0, end - 1)
        for start in range(max(0, end - _LONGEST), end - 1):
            if (word := low[start:end]) in known:
                cost = best[start][0] + (0.8 if word in COMMON_WORDS else 1.0)
                cheapest = min(cheapest, (cost, start))
        if low[end - 1] in "ai":
            cheapest = min(cheapest, (best[end - 1][0] + 1.5, end - 1))
        best.append(cheapest)
    words, at = [], len(letters)
    while at > 0:
        start = best[at][1]
        words.append(letters[start:at])
        at = start
    return _unknown_joined(words[::-1])


def _unknown_joined(words: list[str]) -> list[str]:
    """Single letters that no word was found for stay together: they are a name."""
    out: list[str] = []
    loose = False
    for word in words:
        single = len(word) == 1 and word.lower() not in ("a", "i")
        if single and loose:
            out[-1] += word
        else:
            out.append(word)
        loose = single
    return out
