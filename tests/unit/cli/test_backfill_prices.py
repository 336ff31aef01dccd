"""Prices are settings: what is not set is said to be unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from cli.errors import CommandError
from cli.prices import Prices, from_environment

SET = {
    "SIGHTLINE_PRICE_VIDEO": "0.05",
    "SIGHTLINE_PRICE_IMAGE": "0",
    "SIGHTLINE_PRICE_CURRENCY": "cny",
    "SIGHTLINE_PRICES_AS_OF": "2026-11-01",
}


def test_jobs_times_prices() -> None:
    estimate = from_environment(SET).estimate({"video": 30, "image": 1000})
    assert (estimate.total, estimate.currency, estimate.as_of) == (Decimal("1.50"), "CNY", date(2026, 11, 1))
    assert estimate.spoken == "cost of smart tags: 1.50 CNY, at prices of 2026-11-01"
    assert estimate.to_json() == {"total": "1.50", "priced": "1.50", "currency": "CNY", "as_of": "2026-11-01", "unpriced": {}}


def test_without_prices_the_cost_is_unknown_and_not_nothing() -> None:
    estimate = from_environment({}).estimate({"video": 30})
    assert "unknown" in estimate.spoken
    assert "SIGHTLINE_PRICE_VIDEO" in estimate.spoken
    assert estimate.to_json()["total"] is None


def test_a_kind_without_a_price_leaves_the_sum_open() -> None:
    estimate = from_environment(SET).estimate({"video": 1, "sequence": 2})
    assert estimate.to_json() == {"total": None, "priced": "0.05", "currency": "CNY", "as_of": "2026-11-01", "unpriced": {"sequence": 2}}
    assert "without 2 sequence (SIGHTLINE_PRICE_SEQUENCE), which have no price" in estimate.spoken


def test_prices_without_a_day_say_so() -> None:
    prices = from_environment({**SET, "SIGHTLINE_PRICES_AS_OF": ""})
    assert "SIGHTLINE_PRICES_AS_OF does not name" in prices.estimate({"video": 1}).spoken


def test_no_jobs_cost_nothing() -> None:
    assert Prices({}).estimate({}).spoken == "cost of smart tags: nothing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGHTLINE_PRICE_VIDEO", "five"),
        ("SIGHTLINE_PRICE_VIDEO", "-1"),
        ("SIGHTLINE_PRICE_VIDEO", "NaN"),
        ("SIGHTLINE_PRICE_VIDEO", "Infinity"),
        ("SIGHTLINE_PRICE_CURRENCY", ""),
        ("SIGHTLINE_PRICE_CURRENCY", "yuan"),
        ("SIGHTLINE_PRICES_AS_OF", "today"),
    ],
)
def test_a_setting_that_can_t_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(CommandError) as told:
        from_environment({**SET, name: value})
    assert (name in told.value.problem, told.value.exit_code) == (True, 2)
