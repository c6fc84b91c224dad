from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from console.provider import pricing
from console.provider.calls import Usage

BEFORE = datetime(2026, 10, 6, 23, 59, tzinfo=UTC)
AFTER = datetime(2026, 10, 7, 0, 0, tzinfo=UTC)
MILLION = 1_000_000


def test_a_call_costs_what_its_tokens_cost() -> None:
    usage = Usage(
        MILLION, MILLION, cache_read_tokens=MILLION, cache_write_tokens=MILLION, cache_write_1h_tokens=MILLION
    )
    assert (
        pricing.cost("claude-sonnet-5-5", usage, AFTER)
        == Decimal("2") + 10 + Decimal("0.1") + Decimal("2.5") + 4
    )


def test_a_batch_costs_its_share_from_its_day_on() -> None:
    usage = Usage(MILLION, cache_read_tokens=MILLION)
    assert pricing.cost("claude-sonnet-5-5", usage, AFTER, batch=True) == Decimal("1.05")
    assert pricing.batch_share(datetime(2024, 10, 7, tzinfo=UTC)) == 1


def test_what_was_spent_keeps_its_price() -> None:
    usage = Usage(cache_read_tokens=MILLION)
    assert pricing.cost("claude-sonnet-5-5", usage, BEFORE) == Decimal("0.2")
    assert pricing.cost("claude-sonnet-5-5", usage, AFTER) == Decimal("0.1")
    elsewhere = AFTER.astimezone(timezone(timedelta(hours=-5)))
    assert pricing.cost("claude-sonnet-5-5", usage, elsewhere) == Decimal("0.1"), "days are UTC days"


def test_a_long_prompt_costs_more_in_all_its_tokens() -> None:
    assert pricing.cost("claude-haiku-5-5", Usage(100_000, 1000), AFTER) == Decimal("0.0105")
    assert pricing.cost("claude-haiku-5-5", Usage(50_000, 1000, cache_read_tokens=50_001), AFTER) == Decimal(
        "0.03000005"
    )


def test_an_unknown_price_is_not_nought() -> None:
    assert pricing.cost("somebody-1", Usage(10, 10), AFTER) is None
    assert pricing.saved("somebody-1", Usage(10, 10), AFTER) is None
    assert pricing.cost("claude-haiku-5-5", Usage(10, 10), BEFORE) is None, "before its first price"


def test_a_rehearsal_costs_nothing() -> None:
    assert pricing.cost("rehearsal-claude-sonnet-5-5", Usage(MILLION, MILLION), AFTER) == 0


def test_reading_from_the_cache_saves_and_writing_costs() -> None:
    assert pricing.saved("claude-sonnet-5-5", Usage(0, 5, cache_read_tokens=MILLION), AFTER) == Decimal("1.9")
    assert pricing.saved("claude-sonnet-5-5", Usage(0, 5, cache_write_tokens=MILLION), AFTER) == Decimal(
        "-0.5"
    )
    assert pricing.saved("claude-sonnet-5-5", Usage(7, 5), AFTER) == 0


def test_an_estimate_knows_no_cache() -> None:
    assert pricing.estimate("claude-opus-5-5", input_tokens=1000, output_tokens=100, at=AFTER) == Decimal(
        "0.006"
    )


@pytest.mark.parametrize(
    "price", pricing.price_list(), ids=lambda price: f"{min(price.models)} {price.since}"
)
def test_every_entry_of_the_table_is_plausible(price: pricing.Price) -> None:
    for rates in filter(None, (price.rates, price.long_rates)):
        assert 0 < rates.cache_read < rates.input < rates.cache_write < rates.cache_write_1h < rates.output
    assert 256 <= price.cache_minimum <= 8192
    assert (price.long_prompt is None) == (price.long_rates is None)


def test_no_model_has_two_prices_from_one_day() -> None:
    days = [(model, price.since) for price in pricing.price_list() for model in price.models]
    assert len(days) == len(set(days))
