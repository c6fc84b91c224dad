"""Which language a user writes in, as far as frequent words and scripts tell. The stand-in itself speaks English only."""

from __future__ import annotations

import re

SCRIPTS = {
    "Greek": r"[\u0370-\u03ff]",
    "Russian": r"[\u0400-\u04ff]",
    "Hebrew": r"[\u0590-\u05ff]",
    "Arabic": r"[\u0600-\u06ff]",
    "Hindi": r"[\u0900-\u097f]",
    "Thai": r"[\u0e00-\u0e7f]",
    "Korean": r"[\uac00-\ud7af]",
    "Japanese": r"[\u3040-\u30ff]",
    "Chinese": r"[\u4e00-\u9fff]",
}
WORDS = {
    "English": "the and is you my what how can for not with have this that are please do it of in to",
    "German": "der die das und ist ich nicht ein eine mein meine wie was kann bitte mit für auf habe sie wo",
    "French": "le la les et est je ne pas un une mon ma comment que peux avec pour vous mes où des du",
    "Spanish": "el los las y es yo no un una mi cómo qué puedo con para por favor usted mis dónde del",
    "Italian": "il lo gli e è io non un una mio mia come che posso con per favore dove della sono ho",
    "Portuguese": "o os as e é eu não um uma meu minha como que posso com para por favor onde do da",
    "Dutch": "de het en is ik niet een mijn hoe wat kan met voor alstublieft waar heb u van op mag",
    "Polish": "i jest nie to w na z jak co mogę mój moja proszę gdzie się czy mam do po",
}
_KNOWN = {language: frozenset(words.split()) for language, words in WORDS.items()}
ENOUGH = 2  # frequent words of a language, and more than of any other


def language_of(text: str) -> str:
    """Its English name; "English" for what is too short to tell."""
    for language, script in SCRIPTS.items():
        if len(re.findall(script, text)) >= 3:
            return language
    said = re.findall(r"[^\W\d_]+", text.lower())
    counts = {language: sum(word in known for word in said) for language, known in _KNOWN.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= ENOUGH and counts[best] > counts["English"] else "English"
