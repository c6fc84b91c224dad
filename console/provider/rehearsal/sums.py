"""Small reckonings that questions of a bank or a clinic ask for."""

from __future__ import annotations

import re

NUMBER = r"(\d+(?:[.,]\d+)?)"


def chance_of_illness(text: str) -> str:
    """What a positive test means, where the text gives how common the illness is and how good the test."""
    common = re.search(r"\b(?:1|one) in (?:about )?([\d,]+)", text)
    finds = re.search(rf"\b(?:finds?|detects?|catches|sensitivity)\b[^%.]{{0,30}}?{NUMBER}\s?%", text)
    wrongly = re.search(rf"{NUMBER}\s?%[^.%]{{0,40}}\b(?:healthy|without it|false)\b", text)
    if not (common and finds and wrongly):
        return ""
    among = int(common.group(1).replace(",", ""))
    hit, false = _number(finds.group(1)) / 100, _number(wrongly.group(1)) / 100
    ill, well = hit / among, false * (1 - 1 / among)
    percent = 100 * ill / (ill + well)
    return (
        f"On these figures the chance is about {_plain(percent)} in 100, not {_plain(100 * hit)}: of {among:,} people like "
        f"you one is ill and is found, while about {round(well * among)} healthy ones test positive too."
    )


def yearly_interest(text: str) -> str:
    """The interest of one year, where the text gives a sum and a rate."""
    money = re.search(r"([£$€])\s?(\d[\d,]*(?:\.\d+)?)", text)
    rate = re.search(rf"{NUMBER}\s?%", text)
    if not (money and rate and re.search(r"\b(aer|apr|interest|rate)\b", text, re.I)):
        return ""
    sign, capital, percent = money.group(1), float(money.group(2).replace(",", "")), _number(rate.group(1))
    year = capital * percent / 100
    return (
        f"At {_plain(percent)}% a year, {sign}{capital:,.0f} earns about {sign}{_plain(year)} in the whole year: "
        f"paid half-yearly that is about {sign}{_plain(year / 2)} each time, not {sign}{_plain(year)} twice."
    )


def fasting_from(text: str) -> str:
    """The hour from which to fast, where the text gives the hour of the test and the number of hours."""
    clock = re.search(r"\b([01]?\d|2[0-3])[:.h]([0-5]\d)\b", text)
    hours = re.search(r"\b(\d{1,2})\s?(?:hours?|hrs?|h)\b", text)
    if not (clock and hours and re.search(r"\bfast", text, re.I)):
        return ""
    minutes = (int(clock.group(1)) * 60 + int(clock.group(2)) - int(hours.group(1)) * 60) % (24 * 60)
    return f"{hours.group(1)} hours before {clock.group(1)}:{clock.group(2)} means: nothing but water from {minutes // 60:02d}:{minutes % 60:02d} on."


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _plain(value: float) -> str:
    return f"{round(value, 1):g}" if value < 1000 else f"{value:,.0f}"
