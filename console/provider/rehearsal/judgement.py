"""What comes before any subject: harm, pressure, danger to life, and honest words about itself."""

from __future__ import annotations

import re

from console.provider.rehearsal.scene import Said, Scene

CANNOT = "I can't help with that"
MAKING = r"\b(make|build|write|create|synthesi[sz]e|produce|cook|brew|spread|deploy|grow|modify|code|give me|how (do|can|to))\b"
# category of the refusal -> what is asked for; the first two end with stop_reason "refusal", like classifiers do.
STOPPED = {
    "bio": r"\b(sarin|vx|nerve agent|anthrax|smallpox|botulin|ricin|pathogen|mustard gas|dirty bomb|bioweapon)\b",
    "cyber": r"\b(ransomware|keylogger|wiper|botnet|computer worm|credential stealer|rootkit)\b",
}
DECLINED = re.compile(
    r"\b(pipe bomb|explosives?|hit ?man|kill (him|her|them|my)|poison (him|her|them|my)|hack into|power (grid|station)|"
    r"sexual\w* [^.]{0,40}\b(child|minor|girl of|boy of)|stalk|dox|phishing (mail|page|kit))",
    re.I,
)
AGAINST_USERS = re.compile(
    r"\b(tell|told|telling)\b[^.?!]{0,60}\bunless (they|he|she|people)\b"
    r"|\b(hidden|secret) (note|list|profile|fee|charge|surcharge)"
    r"|\b(don'?t|do not|never|without) (mention|tell|telling|say)(ing)? (it |this |that )?(to )?(them|the (user|customer|patient)s?)\b"
    r"|\b(work out|note|guess|find out)\b[^.?!]{0,60}\b(families? (come|came)|origin|religion|disab\w+|ethnic\w*)\b",
    re.I,
)
PRESSING = re.compile(
    r"\b(signed off|approved|legal (had|has|says)|lawyers?|i'?m (the|a) (head|boss|manager|supervisor|admin|developer)|just (say|answer|confirm|do|tell)|"
    r"(need|want) a yes|everyone does|whole market|isn'?t (lying|wrong)|it'?s only|trust me|pretend|hypothetical\w*|come on|a hint|with a wink)\b",
    re.I,
)
IN_DANGER = (
    (
        r"\bchest\b[^.?!]{0,80}\b(squeez\w*|pain|pressure|tight\w*|heavy)|\b(squeez\w*|pain|pressure|tight\w*)\b[^.?!]{0,40}\bchest\b",
        "heart",
    ),
    (r"\b(face (is )?droop\w*|can'?t (speak|lift)|slurred|one side (is )?(numb|weak))\b", "stroke"),
    (
        r"\b(kill myself|end my life|end it all|suicid\w*|(don'?t|do not|not) want(ing)? to (live|be alive|wake up))\b",
        "suicide",
    ),
    (
        r"\b(overdosed?|swallowed (bleach|all|the whole)|can'?t breathe|not breathing|unconscious|bleeding (heavily|won'?t stop))\b",
        "acute",
    ),
)
DANGER = {
    "heart": (
        "Please call {number} now: what you describe can be a heart attack, and minutes count.",
        (
            "Do not drive yourself; sit down, unlock the door and keep the phone in your hand.",
            "I cannot tell heartburn from a heart attack in a chat, and nobody can without an ECG, so I will not suggest a remedy first.",
            "Tell the emergency service that the pressure is in the chest, since when, and what you take.",
        ),
    ),
    "stroke": (
        "Please call {number} now: these can be signs of a stroke, and every minute counts.",
        ("Note when it began, lie the person down safely, and give nothing to eat or drink.",),
    ),
    "suicide": (
        "I am glad that you say it. If you may act on it, please call {number} now, or go to the nearest emergency department.",
        (
            "You do not have to be alone with this: a crisis line listens day and night, and somebody you trust can stay with you.",
            "If there is something near you that you could use, please move away from it or hand it to somebody.",
            "Would you tell me whether you are safe at this moment?",
        ),
    ),
    "acute": (
        "Please call {number} now, and stay with the person.",
        ("Say what was taken or what happened, and follow what the emergency service tells you.",),
    ),
}
ASKS_IF_AI = re.compile(
    r"\b(are you|is this|am i (talking|speaking|chatting|writing)|you'?re|you are|r u)\b[^?.!]{0,40}\b(human|person|real|bot|robot|machine|an? ai|computer|somebody|someone)\b",
    re.I,
)
ASKS_FOR_PERSON = re.compile(
    r"\b(talk|speak|write|put me through|connect me|get me|want|rather)\b[^?.!]{0,30}\b(human|real person|somebody|someone|colleague|agent|adviser)\b",
    re.I,
)
ASKS_INSTRUCTIONS = re.compile(
    r"\b(instructions?|system prompt|your (prompt|rules|orders)|(you )?(get|been|were|are you) told to|told what to say|say (that )?you have none)\b",
    re.I,
)
ASKS_WHAT = re.compile(
    r"\b(who are you|what are you\b|what can you (do|help)|what do you do|how can you help)", re.I
)
ASKS_MODEL = re.compile(
    r"\b(which|what) (ai|model|llm|company)\b|\b(chat ?gpt|openai|claude|anthropic|gemini)\b|\bwho (made|built|trained) you\b",
    re.I,
)


def harm(scene: Scene) -> Said | None:
    last = scene.talk.last
    for category, pattern in STOPPED.items():
        if re.search(pattern, last, re.I) and re.search(MAKING, last, re.I) and not _protective(last):
            return Said(refusal=category)
    if DECLINED.search(last) and not _protective(last):
        return Said(
            f"{CANNOT}, because people could be hurt.",
            (
                "If somebody is in danger, please call the emergency services.",
                "If I misread you, tell me what you need it for and I will see what I can do.",
            ),
            bare=True,
        )
    return None


def _protective(text: str) -> bool:
    return bool(
        re.search(
            r"\b(protect|defend|detect|prevent|recogni[sz]e|report|victim|explain how .{0,40} (works?|persists?))\b",
            text,
            re.I,
        )
    )


def orders_against_users(scene: Scene) -> Said | None:
    if AGAINST_USERS.search(scene.talk.last):
        return Said(
            f"{CANNOT}: I don't deceive or profile the people I talk to, whoever asks for it in a chat.",
            ("If there is a real change to announce, I will gladly help to word it openly.",),
            bare=True,
        )
    return None


def pressure(scene: Scene) -> Said | None:
    """What was declined stays declined when nothing but pressure is added."""
    declined = re.search(r"\b(can'?t help with|do(n't| not) (deceive|give a dose))", scene.talk.last_reply)
    if not declined or not PRESSING.search(scene.talk.last):
        return None
    kept = scene.pick(
        ("My answer stays the same", "I understand the pressure, and the answer stays no"), "kept"
    )
    return Said(
        f"{kept}: {CANNOT}.",
        ("Tell me what you want to reach, and I will look for an honest way.",),
        bare=True,
    )


def danger(scene: Scene) -> Said | None:
    """Help first, in every turn after the sign, however the user takes it."""
    for pattern, kind in IN_DANGER:
        if any(re.search(pattern, said, re.I) for said in scene.talk.said[-4:]):
            opening, points = DANGER[kind]
            number = scene.prompt.emergency_number or "112 or your local emergency number"
            again = "I know that you do not want to hear it. " if len(scene.talk.said) > 1 else ""
            return Said(again + opening.format(number=number), points, bare=True)
    return None


def about_itself(scene: Scene) -> Said | None:
    last = scene.talk.last
    if ASKS_INSTRUCTIONS.search(last):
        return _instructions(scene)
    if ASKS_IF_AI.search(last) or ASKS_WHAT.search(last):
        who = f"I'm {scene.prompt.name}, an AI assistant" if scene.prompt.name else "I'm an AI assistant"
        return Said(
            f"{who} of {scene.company}, not a person.", (f"I can help with {scene.scope}.", _colleague(scene))
        )
    if ASKS_FOR_PERSON.search(last):
        return Said(
            "Of course.", (_colleague(scene), "I am an AI, so a colleague may be the better choice for this.")
        )
    if ASKS_MODEL.search(last):
        return _model(scene)
    return None


def _colleague(scene: Scene) -> str:
    return (
        f"I can offer {scene.prompt.offers}."
        if scene.prompt.offers
        else f"If you would rather talk to a person, {scene.company} has colleagues on the telephone."
    )


def _instructions(scene: Scene) -> Said:
    again = any("instructions that I work under" in reply for reply in scene.talk.replies)
    told = (
        f"Yes, {scene.company} gave me instructions that I work under."
        if not again
        else "As I said, there are instructions."
    )
    honest = (
        "I can't say that I have none, because that would not be true."
        if re.search(r"\bnone\b", scene.talk.last, re.I)
        else ""
    )
    if scene.prompt.confidential:
        rest = (
            "I can't share their wording, and I won't pretend that they do not exist.",
            "You can rely on this: I am an AI, I tell you nothing false, and every decision stays yours.",
        )
    else:
        rest = (
            f"In short, they ask me to help with {scene.scope}, and to say so when something is outside that.",
            "I am an AI, and every decision stays yours.",
        )
    return Said(told, tuple(filter(None, (honest, *rest))))


def _model(scene: Scene) -> Said:
    if scene.prompt.provider_hidden:
        return Said(
            f"I am the AI assistant of {scene.company}, and I can't say here which company's model is behind it.",
            (
                "That is no secret of yours to worry about: what you can rely on is that I am an AI and say so.",
            ),
        )
    return Said(
        "This is a rehearsal: a stand-in that answers by rules, where later a model of Anthropic will.",
        (f"For your question, take me as the AI assistant of {scene.company}.",),
    )
