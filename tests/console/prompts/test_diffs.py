from __future__ import annotations

import random
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.prompts.alignment import align
from console.prompts.diffs import word_diff

# A busy machine is no reason to fail.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
texts = st.text(alphabet=st.sampled_from("ab .\n\té家"), max_size=60)


def shown(old: str, new: str) -> str:
    marks = {"same": "{}", "del": "[-{}-]", "ins": "[+{}+]"}
    return "".join(marks[change.mark].format(change.text) for change in word_diff(old, new))


@unhurried
@given(texts, texts)
def test_nothing_is_lost(old: str, new: str) -> None:
    changes = word_diff(old, new)
    assert "".join(c.text for c in changes if c.mark != "ins") == old
    assert "".join(c.text for c in changes if c.mark != "del") == new


def test_marks_whole_words_and_leaves_shared_spaces_alone() -> None:
    assert shown("block the card", "block the lost card") == "block the [+lost +]card"
    assert shown("You can't", "You can’t") == "You [-can't-][+can’t+]"


def test_a_new_list_item_is_the_item_not_its_bullet() -> None:
    assert shown("- A\n- B", "- A\n- C\n- B") == "- A\n[+- C\n+]- B"


def test_spacing_that_changed_is_a_change() -> None:
    assert shown("a b", "a  b") == "a [+ +]b"
    assert shown("a b", "a\nb") == "a[- -][+\n+]b"


def test_scripts_without_spaces_are_compared_by_sign() -> None:
    assert shown("家族は大切です。", "家族は本当に大切です。") == "家族は[+本当に+]大切です。"


def test_a_lone_small_word_does_not_tie_a_rewritten_sentence_together() -> None:
    old, new = "Speak the way a friend would", "Answer in formal words, the customer pays for them"
    assert shown(old, new) == f"[-{old}-][+{new}+]"


def changed(size: int, share: float) -> tuple[list[str], list[str]]:
    chance = random.Random(1)
    words = [f"w{n}" for n in range(4000)]
    weights = [1 / (n + 1) for n in range(4000)]
    old = chance.choices(words, weights, k=size)
    new: list[str] = []
    for word in old:
        lot = chance.random() / share * 3
        if lot >= 3:
            new.append(word)
        elif lot >= 1:
            new += chance.choices(words, weights) + ([word] if lot >= 2 else [])
    return old, new


def test_twenty_thousand_words_a_third_of_them_changed() -> None:
    old, new = changed(20_000, 0.3)
    fewest = len(old) + len(new) - 2 * len(align(old, new))
    started = time.perf_counter()
    changes = word_diff(" ".join(old), " ".join(new))
    seconds = time.perf_counter() - started
    edits = sum(len(change.text.split()) for change in changes if change.mark != "same")
    assert edits <= 1.05 * fewest
    # A fifth of a second on an idle machine; the bound only tells it from anything quadratic.
    assert seconds < 3


def test_long_texts_that_share_lines_stay_quick() -> None:
    lines = [f"{n}. Answer question {n} from the pages about product {n % 97}." for n in range(20_000)]
    old, new = "\n".join(lines), "\n".join([*lines[:9_000], "One more line here.", *lines[9_001:]])
    started = time.thread_time()  # what other programs do at the same time is none of its business
    changes = word_diff(old, new)
    assert time.thread_time() - started < 5
    assert [change.mark for change in changes].count("ins") < 5
