"""The same content in the voice and length that the prompt asks for."""

from __future__ import annotations

import re

from console.provider.rehearsal.languages import language_of
from console.provider.rehearsal.scene import Said, Scene

POINTS = {"short": 2, "normal": 4, "long": 12}
MORE_FOR_EFFORT = {"low": -1, "medium": 0, "high": 1, "xhigh": 2, "max": 2}
GREETINGS = {
    "warm": ("Hello {name}, good that you ask.", "Hi {name}, gladly."),
    "formal": ("Good day, {name}.",),
    "playful": ("Hey {name}, let's see!", "Right, {name}, here we go!"),
    "plain": ("Hello {name}.",),
}
CLOSINGS = {
    "warm": ("I'm here if anything else comes up.", "Take your time, and ask again whenever you like."),
    "formal": ("Please let me know if you require anything further.",),
    "playful": ("More where that came from, just shout!", "Anything else on your mind?"),
    "plain": (),
}
# Whom a careful answer names.
SOURCES = {
    "clinic": "your doctor or pharmacist",
    "law": "a lawyer who sees the papers",
    "security": "whoever answers for the system",
}
MONEY_TOPICS = {"fees", "interest", "overdraft", "transfer"}


def words(said: Said, scene: Scene) -> str:
    """The text of an answer."""
    if said.exact:
        return said.opening
    parts = [said.opening, *_points(said, scene)]
    if not said.bare:
        parts = [*_greeting(scene), *parts, *_hedge(said, scene), *_ending(said, scene)]
    return _lines(_allowed(parts, scene), said, scene)


def _points(said: Said, scene: Scene) -> tuple[str, ...]:
    if said.bare:
        return said.points
    length = _length(scene)
    count = max(1, POINTS[length] + MORE_FOR_EFFORT.get(scene.effort, 0) + _more_or_less(scene))
    extra = said.extra if length != "short" else said.extra[:1]
    points = said.points[:count]
    if not scene.prompt.safety_notes:
        points = (
            tuple(
                point
                for point in points
                if not re.match(r"(Get help|See a doctor|Please do not|Call the medics)", point)
            )
            or points[:1]
        )
    return (*points, *extra)


def _length(scene: Scene) -> str:
    """Where the question decides, what it asks for, and else its own length."""
    if scene.prompt.length != "free":
        return scene.prompt.length
    if re.search(r"\b(in detail|explain|everything|step by step|thoroughly|why)\b", scene.talk.last, re.I):
        return "long"
    brief = re.search(r"\b(briefly|in short|quick(ly)?|one sentence)\b", scene.talk.last, re.I)
    return "short" if brief or len(scene.talk.last.split()) <= 8 else "normal"


def _more_or_less(scene: Scene) -> int:
    """Another sample says a little more or less; the first, and one that is kept strictly, as much as is usual."""
    if scene.sample == 1 or scene.prompt.creativity == "strict":
        return 0
    return scene.pick((-1, 0, 1), "length")


def _greeting(scene: Scene) -> list[str]:
    language = scene.prompt.language or language_of(scene.talk.last)
    if language != "English" and len(scene.talk.said) == 1:
        return [f"(The rehearsal speaks English only; a model would answer in {language}.)"]
    if len(scene.talk.said) > 1 or not scene.prompt.first_name:
        return []
    return [scene.pick(GREETINGS[scene.prompt.tone], "greeting").format(name=scene.prompt.first_name)]


def _hedge(said: Said, scene: Scene) -> list[str]:
    if scene.prompt.hedging != "cautious" or not said.topic:
        return []
    source = SOURCES.get(scene.prompt.subject, "a colleague in the branch")
    return [f"I may be missing something about your case, so please check it with {source}."]


def _ending(said: Said, scene: Scene) -> list[str]:
    ending: list[str] = []
    if scene.prompt.mentions and said.topic in MONEY_TOPICS:
        ending.append(
            f"If it suits you, {scene.prompt.mentions} may be worth a look; you are free to leave it."
        )
    if scene.prompt.creativity == "exploratory" and said.topic:
        ending.append(
            scene.pick(
                (
                    "Would you like it as a picture to remember?",
                    "Shall I turn this into a small checklist?",
                    "I could also tell it as a short story.",
                ),
                "idea",
            )
        )
    if scene.prompt.closing:
        return [*ending, scene.prompt.closing]
    closings = CLOSINGS[scene.prompt.tone]
    return [*ending, scene.pick(closings, "closing")] if closings and _length(scene) != "short" else ending


def _allowed(parts: list[str], scene: Scene) -> list[str]:
    kept = [
        part
        for part in parts
        if part and not any(word.lower() in part.lower() for word in scene.prompt.banned)
    ]
    return kept if scene.prompt.exclaims else [part.replace("!", ".") for part in kept]


def _lines(parts: list[str], said: Said, scene: Scene) -> str:
    parts = _within(parts, _most_words(scene), scene.prompt.most_sentences)
    listed = set(said.points) | set(said.extra)
    if scene.prompt.bullets and sum(part in listed for part in parts) > 1:
        return "\n".join(f"- {part}" if part in listed else part for part in parts)
    if sum(len(part) for part in parts) > 420 and len(parts) > 3:
        return "\n\n".join((" ".join(parts[:2]), " ".join(parts[2:])))
    return " ".join(parts)


def _most_words(scene: Scene) -> int | None:
    asked = re.search(
        r"\b(?:max(?:imum)?(?: of)?|at most|up to|no more than|under|in) (\d+) words\b", scene.talk.last, re.I
    )
    limits = [limit for limit in (scene.prompt.most_words, int(asked.group(1)) if asked else None) if limit]
    return min(limits) if limits else None


def _within(parts: list[str], most_words: int | None, most_sentences: int | None) -> list[str]:
    """As many whole sentences as fit; the first always does."""
    sentences = (
        [sentence for part in parts for sentence in re.split(r"(?<=[.!?])\s+", part)]
        if most_words or most_sentences
        else parts
    )
    if most_sentences:
        sentences = sentences[:most_sentences]
    if not most_words:
        return sentences
    kept: list[str] = []
    for sentence in sentences:
        if kept and sum(len(part.split()) for part in (*kept, sentence)) > most_words:
            break
        kept.append(sentence)
    return kept
