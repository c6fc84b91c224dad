"""What calls cost. Prices are data with dates (prices.toml); a model without a price costs an unknown amount, not nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from console.provider.calls import Usage

MILLION = Decimal(1_000_000)
REHEARSAL_PREFIX = "rehearsal-"  # what the stand-in puts before the model in its answers
CACHE_MINIMUM = 1024


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per million tokens."""

    input: Decimal
    output: Decimal
    cache_write: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    models: frozenset[str]
    since: date
    rates: Rates
    cache_minimum: int = CACHE_MINIMUM
    long_prompt: int | None = None  # above so many tokens of prompt the whole request costs long_rates
    long_rates: Rates | None = None

    def rates_for(self, prompt_tokens: int) -> Rates:
        if self.long_rates and self.long_prompt is not None and prompt_tokens > self.long_prompt:
            return self.long_rates
        return self.rates


@dataclass(frozen=True, slots=True)
class BatchPrice:
    """The share of every price that a call in a message batch costs."""

    since: date
    share: Decimal


@cache
def _data() -> dict[str, Any]:
    text = resources.files("console.provider").joinpath("prices.toml").read_text("utf-8")
    return tomllib.loads(text, parse_float=Decimal)


@cache
def price_list() -> tuple[Price, ...]:
    """Every price, newest first."""
    return tuple(sorted(map(_price, _data()["price"]), key=lambda price: price.since, reverse=True))


@cache
def batch_prices() -> tuple[BatchPrice, ...]:
    """Newest first."""
    known = [BatchPrice(entry["from"], Decimal(entry["share"])) for entry in _data()["batch"]]
    return tuple(sorted(known, key=lambda price: price.since, reverse=True))


def batch_share(at: datetime) -> Decimal:
    """What a call in a batch costs of an ordinary one's price on the UTC day of ``at``."""
    day = at.astimezone(UTC).date()
    return next((price.share for price in batch_prices() if price.since <= day), Decimal(1))


def _price(entry: dict[str, Any]) -> Price:
    long = entry.get("long")
    return Price(
        models=frozenset(entry["models"]),
        since=entry["from"],
        rates=_rates(entry),
        cache_minimum=entry.get("cache_minimum", CACHE_MINIMUM),
        long_prompt=long["tokens"] if long else None,
        long_rates=_rates(long) if long else None,
    )


def _rates(entry: dict[str, Any]) -> Rates:
    return Rates(*(Decimal(entry[name]) for name in Rates.__slots__))


def price_of(model: str, at: datetime) -> Price | None:
    """The price in force for ``model`` on the UTC day of ``at``."""
    day = at.astimezone(UTC).date()
    return next((price for price in price_list() if model in price.models and price.since <= day), None)


def cost(model: str, usage: Usage, at: datetime, *, batch: bool = False) -> Decimal | None:
    """US dollars for one call, None where no price is known. ``model`` as the reply names it: a rehearsal costs 0."""
    if model.startswith(REHEARSAL_PREFIX):
        return Decimal(0)
    price = price_of(model, at)
    if price is None:
        return None
    rates = price.rates_for(usage.total_input)
    share = batch_share(at) if batch else Decimal(1)
    return (
        (
            rates.input * usage.input_tokens
            + rates.output * usage.output_tokens
            + rates.cache_read * usage.cache_read_tokens
            + rates.cache_write * usage.cache_write_tokens
            + rates.cache_write_1h * usage.cache_write_1h_tokens
        )
        * share
        / MILLION
    )


def saved(model: str, usage: Usage, at: datetime, *, batch: bool = False) -> Decimal | None:
    """What prompt caching saved on one call. Negative where a prefix was written and not read again."""
    with_cache = cost(model, usage, at, batch=batch)
    without = cost(model, Usage(usage.total_input, usage.output_tokens), at, batch=batch)
    return None if with_cache is None or without is None else without - with_cache


def estimate(
    model: str, *, input_tokens: int, output_tokens: int, at: datetime, batch: bool = False
) -> Decimal | None:
    """What a call of that size would cost without caching."""
    return cost(model, Usage(input_tokens, output_tokens), at, batch=batch)


def cache_minimum(model: str, at: datetime) -> int:
    """Tokens below which the model caches nothing, so that marking a prefix is in vain."""
    price = price_of(model, at)
    return price.cache_minimum if price else CACHE_MINIMUM
