"""Quantities times prices. What has no price is listed and is never taken for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cli.plan.items import MEANINGS, UNITS
from cli.prices import Price, Prices


@dataclass(frozen=True)
class Line:
    """`cost` is None where the item has no price."""

    item: str
    quantity: Decimal
    price: Price | None

    @property
    def unit(self) -> str:
        return UNITS[self.item]

    @property
    def charged(self) -> Decimal:
        """The quantity without what is free."""
        return max(self.quantity - self.price.free, Decimal(0)) if self.price else self.quantity

    @property
    def cost(self) -> Decimal | None:
        return self.charged * self.price.price / self.price.per if self.price else None

    def to_json(self) -> dict[str, Any]:
        return {
            "item": self.item,
            "meaning": MEANINGS[self.item],
            "quantity": plain(self.quantity),
            "unit": self.unit,
            "price": self.price.to_json() if self.price else None,
            "cost": None if self.cost is None else plain(self.cost),
        }


@dataclass(frozen=True)
class Bill:
    """`currency` is empty where nothing has a price."""

    lines: tuple[Line, ...]
    currency: str

    @property
    def total(self) -> Decimal:
        """Of the lines that have a price."""
        return sum((line.cost for line in self.lines if line.cost is not None), Decimal(0))

    @property
    def unpriced(self) -> tuple[str, ...]:
        return tuple(line.item for line in self.lines if line.price is None)

    def stale(self, today: date, days: int) -> tuple[Price, ...]:
        """Prices older than so many days, and those whose day nobody has said."""
        used = (line.price for line in self.lines if line.price)
        return tuple(price for price in used if price.as_of is None or (today - price.as_of).days > days)

    def to_json(self) -> dict[str, Any]:
        return {
            "currency": self.currency or None,
            "total": plain(self.total) if self.currency and not self.unpriced else None,
            "priced": plain(self.total) if self.currency else None,
            "unpriced": list(self.unpriced),
            "lines": [line.to_json() for line in self.lines],
        }


def bill(quantities: Mapping[str, Decimal], prices: Prices) -> Bill:
    """In the order of the items; what is not used at all is left out."""
    used: Iterable[str] = (item for item in UNITS if quantities.get(item))
    lines = tuple(Line(item, quantities[item], prices.by_item.get(item)) for item in used)
    return Bill(lines, prices.currency if any(line.price for line in lines) else "")


def plain(number: Decimal) -> str:
    """To six places, without an exponent."""
    text = f"{number:.6f}"
    return text.rstrip("0").rstrip(".")
