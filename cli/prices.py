"""What jobs cost, as far as somebody has said it: a price is a setting here, never a guess.

SIGHTLINE_PRICE_IMAGE, SIGHTLINE_PRICE_VIDEO, SIGHTLINE_PRICE_SEQUENCE   for one job
SIGHTLINE_PRICE_CURRENCY                                                 such as CNY
SIGHTLINE_PRICES_AS_OF                                                   the day on which they were looked up: 2026-11-21
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from cli.errors import USAGE, CommandError
from sightline.media.types import MediaKind

KINDS: tuple[MediaKind, ...] = get_args(MediaKind)
CURRENCY, AS_OF = "SIGHTLINE_PRICE_CURRENCY", "SIGHTLINE_PRICES_AS_OF"


def variable_of(kind: MediaKind) -> str:
    return f"SIGHTLINE_PRICE_{kind.upper()}"


@dataclass(frozen=True)
class Estimate:
    """`total` is the sum for the jobs that have a price; `unpriced` are those that have none, by kind."""

    total: Decimal
    currency: str
    as_of: date | None
    unpriced: Mapping[MediaKind, int]

    @property
    def spoken(self) -> str:
        missing = ", ".join(f"{count:,} {kind} ({variable_of(kind)})" for kind, count in self.unpriced.items())
        if not self.currency:
            return f"cost: unknown, no price is set for {missing}" if missing else "cost: nothing"
        day = f"of {self.as_of}" if self.as_of else f"of a day that {AS_OF} does not name"
        known = f"cost: {self.total:,f} {self.currency}, at prices {day}"
        return f"{known}; without {missing}, which have no price" if missing else known

    def to_json(self) -> dict[str, Any]:
        return {
            "total": str(self.total) if self.currency and not self.unpriced else None,
            "priced": str(self.total) if self.currency else None,
            "currency": self.currency or None,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "unpriced": dict(self.unpriced),
        }


@dataclass(frozen=True)
class Prices:
    """`per_job` has the kinds whose price was set, and `currency` is empty where none was."""

    per_job: Mapping[MediaKind, Decimal]
    currency: str = ""
    as_of: date | None = None

    def estimate(self, jobs: Mapping[MediaKind, int]) -> Estimate:
        priced = {kind: count for kind, count in jobs.items() if kind in self.per_job}
        unpriced = {kind: count for kind, count in jobs.items() if count and kind not in priced}
        total = sum((self.per_job[kind] * count for kind, count in priced.items()), Decimal(0))
        return Estimate(total, self.currency, self.as_of, unpriced)


def from_environment(environment: Mapping[str, str]) -> Prices:
    """Raises CommandError for the first variable that can't be used."""
    per_job = {kind: _price(variable_of(kind), text) for kind in KINDS if (text := environment.get(variable_of(kind), "").strip())}
    if not per_job:
        return Prices({})
    currency = environment.get(CURRENCY, "").strip().upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise CommandError(f"{CURRENCY} is {currency!r}", "name the currency of the prices by its three letters, such as CNY", USAGE)
    return Prices(per_job, currency, _day(environment.get(AS_OF, "").strip()))


def _price(variable: str, text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or price < 0:
        raise CommandError(f"{variable} is {text!r}", "set it to the price of one job, such as 0.05", USAGE)
    return price


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CommandError(f"{AS_OF} is {text!r}", "set it to the day the prices are of, such as 2026-11-21", USAGE) from error
