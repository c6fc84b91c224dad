"""What a new version of a pack says in other words: around prompts, in its texts, and in what its checks look for."""

from __future__ import annotations

from collections.abc import Iterator

from policies.pack import Pack
from policies.pack_change import PackChange

# What of a prompt compiles to other words where one of the pack's phrases differs.
_WHERE = {
    "data": "untrusted content",
    "condition": "settings under a condition",
    "otherwise": "settings under a condition",
    "tools_confirm": "tools that ask first",
    "tools_irreversible": "tools that cannot be undone",
}


def word_changes(old: Pack, new: Pack) -> Iterator[PackChange]:
    """Phrases of the compiled prompt, the order of its parts, and the phrases of the text checks."""
    keys = sorted(old.phrases.keys() | new.phrases.keys())
    if differ := [key for key in keys if old.phrases.get(key) != new.phrases.get(key)]:
        where = list(dict.fromkeys(_WHERE.get(key, key) for key in differ))
        named = f"{', '.join(where[:-1])} or {where[-1]}" if len(where) > 1 else where[0]
        yield PackChange("reworded", "phrases", f"Prompts with {named} compile to other words.")
    if [block.tag for block in old.blocks] != [block.tag for block in new.blocks]:
        yield PackChange(
            "reworded", "blocks", "The texts of settings stand in another order, or under other tags."
        )
    if old.lexicon != new.lexicon:
        sentence = (
            "The text checks look for other phrases: what passed may be blocked, and the other way round."
        )
        yield PackChange("stricter", "lexicon", sentence)
