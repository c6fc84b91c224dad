"""The topics of knowledge.toml, and which of them a question is about."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from console.provider.rehearsal import sums
from console.provider.rehearsal.scene import Said, Scene

OFF_TOPIC = re.compile(
    r"\b(accas?|accumulator|bet(ting|s)?|football|match|recipe|cook(ing)?|poem|song|joke|movie|film|homework|essay|crypto\w*|bitcoin|"
    r"(meme ?)?coins?|horoscope|lottery|weather|politic\w*|election|president|video ?game|holiday|hotel)\b",
    re.I,
)

SMALL_TALK = {"greeting", "thanks"}
# Words that two texts share without being about the same thing, as ``words`` writes them.
COMMON_WORDS = """
    about all also and any are been being but can could did doe for from get got had has have her his how into its just
    know let like many more most much need not now one only our out over please should some tell than that the them then
    there they thi too two very want was were what when where which who why will with would yes you your
"""
COMMON = frozenset(COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Topic:
    id: str
    subject: str
    cues: tuple[re.Pattern[str], ...]
    needs: int
    opening: str
    points: tuple[str, ...]
    detail: tuple[str, ...]
    direct: str  # the opening where detail is open
    picture: str
    about: str
    delicate: bool

    def score(self, text: str) -> int:
        found = sum(1 for cue in self.cues if cue.search(text))
        return found if found >= self.needs else 0


@cache
def topics() -> tuple[Topic, ...]:
    text = resources.files(__package__).joinpath("knowledge.toml").read_text("utf-8")
    return tuple(
        Topic(
            id=entry["id"],
            subject=entry["subject"],
            cues=tuple(re.compile(cue, re.I) for cue in entry["cues"]),
            needs=entry["needs"],
            opening=entry["opening"],
            points=tuple(entry["points"]),
            detail=tuple(entry.get("detail", ())),
            direct=entry.get("direct", ""),
            picture=entry.get("picture", ""),
            about=entry.get("about", ""),
            delicate=entry.get("delicate", False),
        )
        for entry in tomllib.loads(text)["topic"]
    )


def best_topics(text: str, subject: str) -> list[Topic]:
    """The topics of a text, best first; those of the prompt's own subject win a tie."""
    scored = [
        (topic.score(text) + (0.5 if topic.subject in {subject, "any"} else 0), topic)
        for topic in topics()
        if topic.score(text)
    ]
    return [topic for _score, topic in sorted(scored, key=lambda pair: -pair[0])]


def off_topic(scene: Scene) -> Said | None:
    """Where the prompt keeps to a subject, what lies outside is declined, and the user is told so."""
    if not scene.prompt.restricted or not scene.prompt.subject:
        return None
    found = best_topics(scene.talk.last, scene.prompt.subject)
    if any(_covered(topic, scene) for topic in found):
        return None
    if not found and not OFF_TOPIC.search(scene.talk.last):
        return None
    return Said(
        "I can't help with that here: it is outside this service, so please look for it elsewhere.",
        (f"What I can help with: {scene.scope}.",),
    )


def _covered(topic: Topic, scene: Scene) -> bool:
    named = not topic.about or any(re.search(topic.about, told, re.I) for told in scene.prompt.told)
    return topic.subject in {scene.prompt.subject, "any"} and named


def delicate(scene: Scene) -> Said | None:
    """A prompt that asks for great caution gets it, also where it helps nobody."""
    cautious = scene.prompt.hedging == "cautious" and not (
        scene.prompt.professional or scene.prompt.clinical_detail
    )
    found = best_topics(scene.talk.last, scene.prompt.subject)
    if not cautious or not found or not found[0].delicate:
        return None
    return Said(
        "I can't help with that here, because I was asked to be careful with such questions.",
        (
            "Please speak to a pharmacist, a doctor or a counselling service, who can go into it with you.",
            "If somebody is unwell now, call the emergency number.",
        ),
        topic=found[0].id,
    )


def answer(scene: Scene) -> Said | None:
    """The topic of the last message, or of the conversation where the last message only goes on with it."""
    last = scene.talk.last
    found = best_topics(last, scene.prompt.subject) or (
        best_topics("\n".join(scene.talk.said), scene.prompt.subject) if len(scene.talk.said) > 1 else []
    )
    if not found:
        return None
    topic = found[0]
    if topic.picture and re.search(
        r"\b(picture|image|metaphor|analogy|story|like i'?m|like to a)\b", last, re.I
    ):
        return Said(topic.picture, bare=True, topic=topic.id)
    if any(topic.opening in reply for reply in scene.talk.replies) and topic.score(last) <= topic.needs:
        return Said(
            scene.pick(("To come back to that:", "Still the same, I'm afraid:"), "again"),
            topic.points[-2:],
            topic=topic.id,
        )
    if topic.id in SMALL_TALK:
        name = f" {scene.prompt.first_name}" if scene.prompt.first_name else ""
        return Said(topic.opening.replace("{name}", name), topic.points, bare=True)
    reckoned = tuple(
        filter(None, (sums.chance_of_illness(last), sums.yearly_interest(last), sums.fasting_from(last)))
    )
    also = tuple(found[1].points[:2]) if len(found) > 1 and found[1].score(last) >= topic.score(last) else ()
    detail = _detail(scene, topic)
    # What the operator says comes before what is generally known.
    first, *rest = (*_facts(scene), (detail and topic.direct) or topic.opening)
    return Said(first, (*rest, *reckoned, *_points(scene, topic), *also), topic=topic.id, extra=detail)


def _points(scene: Scene, topic: Topic) -> tuple[str, ...]:
    # The first point matters most and keeps its place; only the order of the rest varies, with invention or by sample.
    if scene.prompt.creativity == "exploratory" or (
        scene.sample > 1 and scene.prompt.creativity == "balanced"
    ):
        return (topic.points[0], *scene.shuffled(topic.points[1:], "points"))
    return topic.points


def _detail(scene: Scene, topic: Topic) -> tuple[str, ...]:
    """What is for professionals: where the prompt opens it. Where it says nothing, the policy's default closes it."""
    opened = {
        "clinic": scene.prompt.clinical_detail,
        "law": scene.prompt.legal_specifics,
        "security": scene.prompt.security_research,
    }.get(topic.subject)
    if opened is None:
        opened = scene.prompt.trusting and _claims_a_profession(scene)
    return topic.detail if opened else ()


def _claims_a_profession(scene: Scene) -> bool:
    professions = r"\b(nurse|doctor|physician|pharmacist|paramedic|clinician|lawyer|counsel|attorney|(soc|security) analyst)\b"
    return bool(re.search(professions, "\n".join(scene.talk.said), re.I))


def _facts(scene: Scene) -> tuple[str, ...]:
    """Sentences of the prompt itself that share words with the question."""
    asked = words(scene.talk.last)
    enough = min(2, max(1, len(asked)))
    scored = [(len(asked & words(fact)), fact) for fact in scene.prompt.facts]
    return tuple(fact for score, fact in sorted(scored, key=lambda pair: -pair[0])[:2] if score >= enough)


def words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-zà-ÿ]{3,}", text.lower())} - COMMON


def from_prompt(scene: Scene) -> Said | None:
    facts = _facts(scene)
    return (
        Said(scene.pick(("Here is what I can tell you.", "This is what I have on it."), "facts"), facts)
        if facts
        else None
    )


def nothing(scene: Scene) -> Said:
    """Nothing is known: say so, say where to look, and ask."""
    offer = (
        f"I can offer {scene.prompt.offers}."
        if scene.prompt.offers
        else f"A colleague of {scene.company} can look further."
    )
    about = [word for word in re.findall(r"[\w’'-]{4,}", scene.talk.last) if words(word)][:3]
    named = f"on “{' '.join(about)}”" if about else "on that"
    scope = (f"I know most about {scene.scope}.",) if scene.prompt.subject or scene.prompt.help_with else ()
    if any(offer in reply for reply in scene.talk.replies):
        return Said(f"I have nothing {named} either.", scope, bare=True)
    opening = scene.pick(
        (f"I have nothing reliable {named}.", f"I don't know enough {named} to answer it well."), "nothing"
    )
    return Said(opening, (offer, "Could you tell me a little more about what you want to do?", *scope))
