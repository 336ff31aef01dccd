"""What things cost, as far as somebody has said it: a price is a setting here, never a guess.

SIGHTLINE_PRICE_IMAGE, SIGHTLINE_PRICE_VIDEO, SIGHTLINE_PRICE_SEQUENCE   for one job
SIGHTLINE_PRICE_OSS_PUT_REQUESTS, …                                      for one unit of another item (oss.put_requests)
SIGHTLINE_PRICE_CURRENCY                                                 such as CNY
SIGHTLINE_PRICES_AS_OF                                                   the day on which they were looked up: 2026-11-21

`cli.price_file` reads them from a file as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from cli.errors import USAGE, CommandError
from cli.plan.items import UNITS
from sightline.ledger.story import SMARTTAG
from sightline.media.types import MediaKind
from sightline.rules.model import kinds_of

KINDS: tuple[MediaKind, ...] = get_args(MediaKind)
CURRENCY, AS_OF = "SIGHTLINE_PRICE_CURRENCY", "SIGHTLINE_PRICES_AS_OF"


def variable_of(kind: MediaKind) -> str:
    return f"SIGHTLINE_PRICE_{kind.upper()}"


def variable_of_item(item: str) -> str:
    return f"SIGHTLINE_PRICE_{item.removeprefix('job.').replace('.', '_').upper()}"


@dataclass(frozen=True)
class Price:
    """`price` is for `per` units; `free` units a month cost nothing. `as_of` is the day it was looked up, None where nobody has said."""

    item: str
    price: Decimal
    per: Decimal = Decimal(1)
    free: Decimal = Decimal(0)
    as_of: date | None = None
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "price": str(self.price),
            "per": str(self.per),
            "unit": UNITS[self.item],
            "free": str(self.free),
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "source": self.source or None,
        }


@dataclass(frozen=True)
class Estimate:
    """Of smart tags alone; what the rules give besides is not in it. `total` is the sum for the jobs that have a price; `unpriced` are
    those that have none, by kind.
    """

    total: Decimal
    currency: str
    as_of: date | None
    unpriced: Mapping[MediaKind, int]

    @property
    def spoken(self) -> str:
        missing = ", ".join(f"{count:,} {kind} ({variable_of(kind)})" for kind, count in self.unpriced.items())
        if not self.currency:
            return f"cost of smart tags: unknown, no price is set for {missing}" if missing else "cost of smart tags: nothing"
        day = f"of {self.as_of}" if self.as_of else f"of a day that {AS_OF} does not name"
        known = f"cost of smart tags: {self.total:,f} {self.currency}, at prices {day}"
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
    """`by_item` has those items whose price was set, and `currency` is empty where none was."""

    by_item: Mapping[str, Price] = field(default_factory=dict)
    currency: str = ""

    def estimate(self, jobs: Mapping[MediaKind, int]) -> Estimate:
        """What these media cost, by the price of a job of their kind; sounds get no smart tags."""
        tagged = {kind: count for kind, count in jobs.items() if count and kind in kinds_of(SMARTTAG)}
        priced = {self.by_item[f"job.{kind}"]: count for kind, count in tagged.items() if f"job.{kind}" in self.by_item}
        unpriced = {kind: count for kind, count in tagged.items() if f"job.{kind}" not in self.by_item}
        total = sum((price.price * count / price.per for price, count in priced.items()), Decimal(0))
        has_jobs = any(item.startswith("job.") for item in self.by_item)
        days = [price.as_of for price in self.by_item.values() if price.item.startswith("job.")]
        as_of = min((day for day in days if day), default=None) if all(days) else None
        return Estimate(total, self.currency if has_jobs else "", as_of, unpriced)


def from_environment(environment: Mapping[str, str]) -> Prices:
    """Raises CommandError for the first variable that can't be used."""
    texts = {item: text for item in UNITS if (text := environment.get(variable_of_item(item), "").strip())}
    if not texts:
        return Prices()
    as_of = _day(environment.get(AS_OF, "").strip())
    currency = environment.get(CURRENCY, "").strip().upper()
    if not is_currency(currency):
        raise CommandError(f"{CURRENCY} is {currency!r}", "name the currency of the prices by its three letters, such as CNY", USAGE)
    return Prices({item: Price(item, _price(item, text), as_of=as_of) for item, text in texts.items()}, currency)


def is_currency(text: str) -> bool:
    """Whether it has the form of ISO 4217."""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def _price(item: str, text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or price < 0:
        raise CommandError(f"{variable_of_item(item)} is {text!r}", f"set it to the price of one {UNITS[item]}, such as 0.05", USAGE)
    return price


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CommandError(f"{AS_OF} is {text!r}", "set it to the day the prices are of, such as 2026-11-21", USAGE) from error
