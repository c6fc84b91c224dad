"""Rules about what a request may cut off: stop sequences and ceilings that would keep from users what they are owed.

The API compares a stop sequence with the reply letter by letter and ends the reply before it. So disguises gain nothing
here, and marks of a format ("</answer>", "User:") are told from words that an honest answer is made of.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import ClassVar

from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.findings import Finding, Severity, Tier

_HEAD = "sections: [{id: role, kind: role, text: Help.}]\n"
_PATH = "parameters.stop_sequences"
# A tag, a bracket, a label that a colon ends, the number of a list: part of a format and not of a sentence.
_MARKER = re.compile(r"[<>\[\]{}|#_=\\~^]|[:：]\s*\Z|\A\s*\d+[.)]\s*\Z|```|---")
_LEAST_LETTERS = 4  # of a piece of a word, else too much is one


def _stops(*sequences: str) -> str:
    listed = ", ".join(f'"{sequence}"' for sequence in sequences)
    return _HEAD + f"parameters: {{stop_sequences: [{listed}]}}"


def _words(sequence: str) -> str:
    """The sequence as words, or nothing where it is a mark of a format."""
    if _MARKER.search(sequence):
        return ""
    plain = unicodedata.normalize("NFKC", sequence).replace("’", "'")
    return " ".join(plain.split()).strip(" .,;!?\"'*…“”")


def _is_piece(words: str, answers: str) -> bool:
    """Whether ``words`` are cut out of the middle of a word of an answer: nobody marks an end like that."""
    letters = sum(char.isalpha() for char in words)
    at = answers.find(words.lower()) if letters >= _LEAST_LETTERS else -1
    if at < 0:
        return False
    end = at + len(words)
    return answers[at - 1 : at].isalpha() or answers[end : end + 1].isalpha()


class CutsOff(DraftRule):
    """``sure`` are words that such an answer can hardly do without, ``doubtful`` words that it often has.

    ``answers``: how such answers usually read in English; a sequence that is a piece of one of their words is doubtful.
    """

    sure: ClassVar[re.Pattern[str]]
    doubtful: ClassVar[re.Pattern[str]]
    answers: ClassVar[str]
    owed: ClassVar[str]  # ends "A reply would end before …"

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        if case.pack.rule(cls.rule) is None:
            return  # another policy may owe its users nothing of the kind
        for at, sequence in enumerate(case.draft.parameters.stop_sequences):
            words = _words(sequence)
            if not words:
                continue
            path = f"{_PATH}.{at}"
            if cls.sure.search(words):
                message = f"A reply would end at “{words[:60]}”, before {cls.owed}."
                yield cls.finding(message, path=path)
            elif cls.doubtful.search(words) or _is_piece(words, cls.answers):
                message = f"A reply may end at “{words[:60]}” before {cls.owed}: is it needed?"
                yield cls.finding(message, path=path, severity=Severity.WARN)


class CutsOffDisclosure(CutsOff):
    code: ClassVar = "PRM103"
    rule: ClassVar = "limit.ai_disclosure"
    tier: ClassVar = Tier.LIMIT
    title: ClassVar = "Stop sequence that cuts off the answer that an AI is speaking"
    why: ClassVar = "Whoever sincerely asks is owed the answer. A reply that ends just before it withholds it, as surely as an order to."
    fix: ClassVar = "Remove the stop sequence. To keep the phrase out of ordinary replies, say so in the text, with an exception for a sincere question."
    blocks: ClassVar = (
        _stops("As an AI"),
        _stops("I am an AI", "###"),
        _stops("language model"),
        _stops("I'm not a human"),
        _stops("Ich bin eine KI"),
        _stops("modèle de langage"),
        _stops("人工智能"),
    )
    passes: ClassVar = (
        _stops("\\n\\nAI:", "User:", "\\n\\nHuman:"),
        _stops("###", "END", "</answer>", "<|endoftext|>"),
        _stops("OpenAI", "j'ai fini", "Thank you", "email"),
    )
    owed: ClassVar = "it can say that an AI is speaking"
    sure: ClassVar = re.compile(
        # In capitals: "ai" is a word of French, Italian and Portuguese.
        r"\b(?-i:A\.?I|AIs|KI|IA|ИИ)\b|\ban? a\.?i\b|\b(?:artificial intelligence|language model|llm|chat ?bots?|bot"
        r"|computer program|(?:virtual|digital|automated|ai) (?:assistant|agent|system)|machine learning)\b"
        r"|\b(?:not|n't) (?:a |an |actually )*(?:real |living )?(?:human|person|people)\b|\bnon-?human\b"
        r"|sprachmodell|künstliche intelligenz|kein(?:e)? (?:echter? )?(?:mensch|person)\b"
        r"|intelligence artificielle|modèle de langage|pas (?:une? )?(?:vraie? )?(?:humaine?|personne)\b"
        r"|inteligencia artificial|modelo de lenguaje|no soy (?:una? )?(?:persona|human[oa])\b"
        r"|inteligência artificial|modelo de linguagem|não sou (?:uma? )?(?:pessoa|human[oa])\b"
        r"|intelligenza artificiale|modello linguistico|non sono (?:una? )?(?:persona|uman[oa])\b"
        r"|kunstmatige intelligentie|taalmodel|geen (?:echt )?mens\b"
        r"|искусственн\w+ интеллект|языков\w+ модел|人工智[能慧]|语言模型|不是(?:真)?人|机器人"
        r"|人工知能|言語モデル|人間ではあり|ذكاء اصطناعي|نموذج لغوي|कृत्रिम बुद्धि",
        re.IGNORECASE,
    )
    doubtful: ClassVar = re.compile(
        r"\A(?:i'm |i am )?(?:claude|an? assistant|a machine|a computer|a program|software)\Z|made by anthropic",
        re.IGNORECASE,
    )
    answers: ClassVar = "i am an ai language model, a chatbot, artificial intelligence, not a human person"


class CutsOffHelp(CutsOff):
    code: ClassVar = "PRM104"
    rule: ClassVar = "limit.emergency"
    tier: ClassVar = Tier.LIMIT
    title: ClassVar = "Stop sequence that cuts off the way to emergency help"
    why: ClassVar = (
        "Where a life is at risk, the number to call is what the reply is for. It must not be what ends it."
    )
    fix: ClassVar = (
        "Remove the stop sequence. If the reply should end after the referral, say so in the text."
    )
    blocks: ClassVar = (
        _stops("emergency"),
        _stops("call 911"),
        _stops("988"),
        _stops("crisis line"),
        _stops("seek medical attention"),
        _stops("Notruf"),
        _stops("ambulancia"),
        _stops("救急車"),
    )
    passes: ClassVar = (
        _stops("</emergency>", "[EMERGENCY_END]", "Emergency:"),
        _stops("112.", "###", "\\n\\nHuman:"),
        _stops("Take care", "DONE"),
    )
    owed: ClassVar = "it can point to emergency help"
    sure: ClassVar = re.compile(
        r"\A(?:911|988|nine one one)\Z|\b(?:call|dial|text|ring|phone|contact)\b.{0,24}\b\d{3}\b|\bcall for help\b"
        r"|\b(?-i:[Ee]mergenc(?:y|ies)|EMERGENCY (?:SERVICES|ROOM|NUMBER))\b|\b(?:ambulances?|paramedics?|first responders?)\b"
        r"|\b(?:crisis|suicide|emergency|poison|abuse)[ -](?:line|hotline|helpline|text|lifeline|prevention|control|centre|center)\b"
        r"|\b(?:hotline|helpline|lifeline|samaritans)\b|\b(?:seek|get) (?:\w+ )?(?:medical|emergency|immediate|professional|urgent) "
        r"|\bmedical (?:attention|emergency)\b|\bgo to (?:the )?(?:hospital|er|a&e|nearest)\b"
        r"|notruf|notarzt|notaufnahme|rettungsdienst|krankenwagen|telefonseelsorge"
        r"|\burgences?\b|\bsamu\b|\bsecours\b|emergencias?\b|ambulancia|emergência|ambulância|emergenza|ambulanza"
        r"|pronto soccorso|noodnummer|hulpdienst|скор\w+ помощ|экстренн|неотложн|急救|报警|急诊|救护车|救急車|119番"
        r"|الطوارئ|الإسعاف|आपातकाल|एम्बुलेंस",
        re.IGNORECASE,
    )
    doubtful: ClassVar = re.compile(
        r"\A(?:112|999|000|111|116 ?123)\Z|\AEMERGENCY\Z|\A(?i:(?:the )?(?:police|hospital|doctor|get help|your doctor))\Z"
    )
    answers: ClassVar = "this is an emergency, call an ambulance or the emergency services now, a suicide crisis line or hotline, seek medical help"


class CutsOffNotice(CutsOff):
    code: ClassVar = "PRM105"
    rule: ClassVar = "limit.scope_notice"
    tier: ClassVar = Tier.LIMIT
    title: ClassVar = "Stop sequence that cuts off the notice that it cannot help"
    why: ClassVar = (
        "A user who gets an empty reply instead of a no does not learn that they have to look elsewhere."
    )
    fix: ClassVar = (
        "Remove the stop sequence. To have fewer refusals, say in the text what the assistant may help with."
    )
    blocks: ClassVar = (
        _stops("I'm not able to"),
        _stops("I can't help"),
        _stops("I cannot"),
        _stops("outside my scope"),
        _stops("Dabei kann ich nicht helfen"),
        _stops("je ne peux pas"),
        _stops("我无法"),
    )
    passes: ClassVar = (
        _stops("END OF REPORT", "\\n\\nUser:", "</answer>"),
        _stops("Kind regards", "I can also", "Sources:"),
    )
    owed: ClassVar = "it can say what it cannot help with"
    sure: ClassVar = re.compile(
        r"\b(?:i|we) (?:really |simply )?(?:can't|cannot|can not|won't|couldn't|am unable|must decline|have to decline|decline to)\b"
        r"|\b(?:not|n't) (?:be )?(?:able|allowed|permitted) to\b|\bunable to\b|\b(?:can't|cannot|can not) (?:help|assist|answer|discuss|share|provide)"
        r"|\b(?:outside|beyond|out of) (?:of )?(?:my|our|the|this|its)? ?(?:scope|remit|area|expertise|capabilities|abilities)\b"
        r"|\bnot something (?:i|we) (?:can|am|'m)"
        r"|\bich kann\b.{0,30}\bnicht\b|\bkann ich\b.{0,30}\bnicht\b|\bje ne peux\b|\bno puedo\b|\bnão (?:posso|consigo)\b|\bnon posso\b"
        r"|\bik kan\b.{0,30}\bniet\b|\bя не могу\b|我(?:不能|无法)|できません|لا أستطيع|لا يمكنني|नहीं कर सकत",
        re.IGNORECASE,
    )
    doubtful: ClassVar = re.compile(
        r"\A(?:i'm |i am |we're |we are )?(?:so |very )?(?:sorry|afraid)(?:,? but)?\Z|\A(?:i|we) apologi[sz]e|\Aunfortunately\Z"
        r"|\A(?:leider|es tut mir leid|malheureusement|désolée?|je suis désolée?|lo siento|lamentablemente|infelizmente"
        r"|desculpe|mi dispiace|purtroppo|helaas|к сожалению|抱歉|对不起|申し訳.*)\Z",
        re.IGNORECASE,
    )
    answers: ClassVar = (
        "i am sorry, unfortunately i am not able to help with this, i cannot assist, it is outside my scope"
    )


class CutsOffHonesty(CutsOff):
    code: ClassVar = "PRM106"
    rule: ClassVar = "honesty.transparent"
    tier: ClassVar = Tier.ETHICS
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Stop sequence that may cut off an honest answer"
    why: ClassVar = "A reply that ends before it says that there are instructions, or that it is not sure, leaves a false picture behind."
    fix: ClassVar = "Remove the stop sequence. What has to stay confidential is declined in words: set behavior.prompt_confidentiality to on."
    blocks: ClassVar = (_stops("system prompt"), _stops("my instructions"), _stops("I'm not sure"))
    passes: ClassVar = (_stops("Instructions:", "###"), _stops("</instructions>"))
    owed: ClassVar = "it can say openly what it is told, or how sure it is"
    sure: ClassVar = re.compile(r"(?!)")  # none: to stop here may also keep a secret, which is permitted
    doubtful: ClassVar = re.compile(
        r"\b(?:system prompt|(?:my|these|the) (?:system )?instructions|been (?:instructed|told) (?:not )?to|confidential)\b"
        r"|\bi(?:'m| am) not (?:sure|certain)\b|\bi (?:don't|do not) know\b|\b(?:may|might|could) be wrong\b"
        r"|systemprompt|meine anweisungen|mes instructions|mis instrucciones|le mie istruzioni|系统提示|我的指令",
        re.IGNORECASE,
    )
    answers: ClassVar = "i have instructions in a system prompt that i cannot share, i am not certain"


# Words that nearly every reply begins with or holds, an honest one above all.
_EVERYDAY = frozenset([
    "a", "am", "an", "and", "are", "as", "at", "be", "but", "can", "can't", "for", "have", "help", "i",
    "i'm", "is", "it", "it's", "me", "my", "no", "not", "of", "or", "please", "sorry", "that", "the",
    "this", "to", "we", "with", "yes", "you", "you're", "your",
]) | {"i am", "you are", "it is", "i can", "i have", "yes i", "yes, i", "no, i"}  # fmt: skip


class CutsOffAnything(DraftRule):
    code: ClassVar = "PRM107"
    rule: ClassVar = "draft.parameters"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Stop sequence of everyday words"
    why: ClassVar = "Any reply may hold such a word, and ends there: also one that declines, warns, or says that an AI is speaking."
    fix: ClassVar = "Use a sequence that no sentence holds, such as </answer> or ###."
    blocks: ClassVar = (_stops("I'm"), _stops(" the "))
    passes: ClassVar = (_stops("###", "THE END", "\\n\\nI:"),)

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        for at, sequence in enumerate(case.draft.parameters.stop_sequences):
            words = _words(sequence)
            if words.lower() in _EVERYDAY and (words == "I" or not words.isupper()):
                yield cls.finding(f"Nearly every reply would end at “{words}”.", path=f"{_PATH}.{at}")


class TooShortForWhatIsOwed(DraftRule):
    code: ClassVar = "PRM108"
    rule: ClassVar = "parameter.max_tokens"
    severity: ClassVar = Severity.WARN
    title: ClassVar = "Replies too short for what users are owed"
    why: ClassVar = "To name the emergency number, to decline or to say that an AI is speaking takes a sentence or two. A reply that ends before it has said so is no answer."
    fix: ClassVar = "Allow 64 tokens or more; ask for short replies in the text or by behavior.length. Where only labels are put out, acknowledge this and say so."
    blocks: ClassVar = (_HEAD + "parameters: {max_tokens: 16}",)
    passes: ClassVar = (_HEAD + "parameters: {max_tokens: 64}", _HEAD)
    least: ClassVar = 64

    @classmethod
    def check(cls, case: DraftCase) -> Iterator[Finding]:
        longest = case.draft.parameters.max_tokens
        if longest is not None and longest < cls.least:
            message = f"A reply of at most {longest} tokens may end before it has said what users are owed."
            yield cls.finding(message, path="parameters.max_tokens")


RULES: tuple[type[DraftRule], ...] = (
    CutsOffDisclosure,
    CutsOffHelp,
    CutsOffNotice,
    CutsOffHonesty,
    CutsOffAnything,
    TooShortForWhatIsOwed,
)
