from __future__ import annotations

from console.prompts.diff_rows import Row, Side, side_by_side, visible

OLD = """Answer from the pages.
- Prepare transfers; the customer confirms.
- Mention Meridian Plus when it fits.
- Offer a colleague as soon as somebody asks for one.
- For lost cards, tell the customer how to block the card.
Never give tax advice; say that you can’t."""
NEW = """Answer from the pages.
- Prepare transfers; the customer confirms.
- Mention Meridian Plus when it fits.
- For lost or stolen cards, block the card first and talk afterwards.
Never give tax advice; say that you can’t."""


def text(side: Side | None) -> str | None:
    return None if side is None else "".join(part.text for part in side.parts)


def lines(rows: tuple[Row, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(row.kind, text(row.sides[0]), text(row.sides[1])) for row in rows if row.kind != "skip"]


def test_changed_lines_stand_beside_each_other_and_deleted_ones_alone() -> None:
    rows = side_by_side(OLD, NEW, context=0)
    assert [row.kind for row in rows] == ["skip", "change", "change", "same"]
    assert rows[0].label == "3 lines unchanged"
    assert rows[1].sides[1] is None
    deleted = [part.text for part in rows[2].sides[0].parts if part.kind == "del"]  # type: ignore[union-attr]
    assert deleted == ["tell the customer how to "]


def test_lines_are_numbered_on_from_where_the_text_begins() -> None:
    row = side_by_side("a b c\nd e f", "a b c\nd e g", first=(10, 20), context=0)[-1]
    assert row.sides[0] is not None and row.sides[1] is not None
    assert (row.sides[0].number, row.sides[0].line, row.sides[1].number) == (11, 2, 21)


def test_a_moved_line_is_recognised() -> None:
    rest = "Answer from the pages.\nOffer a colleague.\nNever give tax advice."
    rows = side_by_side(f"Be brief in all.\n{rest}", f"{rest}\n- Be brief in all.", context=None)
    assert [row.kind for row in rows] == ["moved", "same", "same", "same", "moved"]


def test_a_paragraph_that_is_wrapped_anew_is_not_a_rewritten_one() -> None:
    rows = side_by_side("one two three four\nfive six", "one two\nthree four five six")
    marked = [
        part.text.strip() for row in rows for side in row.sides if side for part in side.parts if part.kind
    ]
    assert not any(marked)


def test_what_cannot_be_seen_is_named() -> None:
    invisible = visible("in the\u200b app\u202e")
    assert [(part.text, part.title) for part in invisible if part.kind == "invisible"] == [
        ("U+200B", "zero width space"),
        ("U+202E", "right-to-left override"),
    ]


def test_emoji_stay_whole() -> None:
    assert [part.text for part in visible("hi 👩\u200d👧 ❤\ufe0f")] == ["hi 👩\u200d👧 ❤\ufe0f"]


def test_a_new_text_has_no_old_side() -> None:
    assert lines(side_by_side("", "a\nb")) == [("change", None, "a"), ("change", None, "b")]


def test_equal_texts_are_one_fold() -> None:
    assert [row.kind for row in side_by_side(OLD, OLD)] == ["skip"]
