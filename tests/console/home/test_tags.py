"""The tags that say in words and numbers what pages show."""

from __future__ import annotations

from types import SimpleNamespace as Sample

import pytest

from console.home.templatetags import remit
from policies.bounds import Range


def test_dots_say_what_they_show() -> None:
    html = remit.dots(["pass", "fail", "fail", "waiting"])
    assert 'aria-label="1 of 4 passed, 2 failed, 1 waiting"' in html
    assert html.count("<i ") == 4


def test_a_verdict_of_somebody_else_cannot_become_markup() -> None:
    assert "<script>" not in remit.dots(['"><script>'])


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(347, 368, "94.29%"), (0, 368, "0.00%"), (0, 0, "0.00%")]
)
def test_share(part: int, whole: int, said: str) -> None:
    assert remit.share(part, whole) == said


@pytest.mark.parametrize(("number", "said"), [(2, "+2"), (-1, "−1"), (0, "0")])
def test_signed(number: int, said: str) -> None:
    assert remit.signed(number) == said


def test_short_digest_is_what_people_compare() -> None:
    assert remit.short_digest("sha256:9f3c2ab1ffff") == remit.short_digest("9f3c2ab1ffff") == "9f3c2ab1"


def range_setting(policy: Range, permitted: Range, default: float) -> Sample:
    return Sample(policy=policy, permitted=permitted, default=default)


def test_a_ruler_is_straight_where_the_ends_are_near() -> None:
    at = remit.ruler(range_setting(Range(0, 100), Range(25, 50), 30))
    assert (at["scale"], at["left"], at["right"], at["width"], at["default"]) == (
        "linear",
        "25.00%",
        "50.00%",
        "25.00%",
        "30.00%",
    )


def test_a_ruler_over_powers_of_ten_is_logarithmic() -> None:
    at = remit.ruler(range_setting(Range(1, 10_000), Range(10, 100), 100))
    assert (at["scale"], at["left"], at["right"], at["default"]) == ("log", "25.00%", "50.00%", "50.00%")


def test_a_ruler_of_a_single_value_divides_by_nothing() -> None:
    at = remit.ruler(range_setting(Range(5, 5), Range(5, 5), 5))
    assert at["left"] == at["default"] == "0.00%"
