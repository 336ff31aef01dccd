"""Prices in a file, YAML or JSON, named by --prices or SIGHTLINE_PRICES. `sightline plan --price-template` prints an empty one.

    currency: CNY
    as_of: 2026-11-21            # the day they were looked up
    items:
      oss.put_requests: {unit: request, per: 10000, price: 0.1, free: 0, source: https://…}

The numbers here are made up. `unit` has to be the item's own, so that nobody sets a price for another. `free`, `as_of` and `source` of an
item may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cli import prices
from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.plan.items import MEANINGS, UNITS
from cli.prices import Price, Prices

FILE = "SIGHTLINE_PRICES"
LARGEST_BYTES = 2**20


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Item(_Written):
    """An empty price is none."""

    unit: str
    price: Decimal | None = Field(None, ge=0, allow_inf_nan=False)
    per: Decimal = Field(Decimal(1), gt=0, allow_inf_nan=False)
    free: Decimal = Field(Decimal(0), ge=0, allow_inf_nan=False)
    as_of: date | None = None
    source: str = ""

    @field_validator("price", mode="before")
    @classmethod
    def _or_none(cls, text: object) -> object:
        return None if text in ("", "~", "null") else text


class _File(_Written):
    currency: str
    as_of: date
    items: dict[str, _Item]

    @field_validator("currency")
    @classmethod
    def _is_a_currency(cls, text: str) -> str:
        if not prices.is_currency(text):
            raise ValueError("has to be the three letters of a currency, such as CNY")
        return text

    @field_validator("as_of", mode="before")
    @classmethod
    def _is_filled_in(cls, text: object) -> object:
        if text in ("", None):
            raise ValueError("is empty: write the day you looked the prices up, such as 2026-11-21")
        return text

    @field_validator("items")
    @classmethod
    def _are_known(cls, items: dict[str, _Item]) -> dict[str, _Item]:
        for name, item in items.items():
            if name not in UNITS:
                raise ValueError(f"{name} is no item; `sightline plan --price-template` lists them all")
            if item.unit != UNITS[name]:
                raise ValueError(f"{name} is counted in the unit {UNITS[name]}, not {item.unit}")
        return items


def prices_of(environment: Mapping[str, str], file: Path | None = None) -> Prices:
    """Those of `file`, or of the one that the environment names, and before them those of the variables.

    Raises CommandError for the first that can't be used.
    """
    named = file or (Path(environment[FILE]) if environment.get(FILE) else None)
    of_file = read(named) if named else Prices()
    of_variables = prices.from_environment(environment)
    if of_file.currency and of_variables.currency not in ("", of_file.currency):
        problem = f"{prices.CURRENCY} is {of_variables.currency}, and the prices in {named} are in {of_file.currency}"
        raise CommandError(problem, "give all prices in one currency", USAGE)
    return Prices({**of_file.by_item, **of_variables.by_item}, of_file.currency or of_variables.currency)


def read(file: Path) -> Prices:
    """Raises CommandError, which names the file and the field."""
    written = _written(file)
    return Prices(
        {
            name: Price(name, item.price, item.per, item.free, item.as_of or written.as_of, item.source)
            for name, item in written.items.items()
            if item.price is not None
        },
        written.currency,
    )


def _written(file: Path) -> _File:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_BYTES)
        # As texts: a price that became a binary number on its way would no longer be what was written.
        return _File.model_validate(yaml.load(content, Loader=yaml.BaseLoader))
    except OSError as error:
        raise CommandError(f"the prices in {file} can't be read: {error.strerror}", "correct the path", NOT_FOUND) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)
        raise CommandError(f"the prices in {file} are no YAML{f', line {place.line + 1}' if place else ''}", "mend it", USAGE) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        problem = f"the prices in {file}: {field}: {first['msg'].removeprefix('Value error, ')}"
        raise CommandError(problem, "mend it; --price-template shows the form", USAGE) from error


def template() -> Iterator[str]:
    """An empty file, line by line."""
    yield "# Prices of `sightline plan`. Fill in what you pay, from your contract or the services' pricing pages, and the day you looked."
    yield "# An item whose price is empty has none. A price is for `per` units; `free` units a month cost nothing."
    yield "currency: CNY"
    yield "as_of: # such as 2026-11-21"
    yield "items:"
    for name, unit in UNITS.items():
        yield f"  {name}:  # {MEANINGS[name]}"
        yield f"    {{unit: {unit}, per: 1, price: , free: 0}}"


def template_json() -> dict[str, Any]:
    """The same for programs."""
    items = {name: {"unit": unit, "per": 1, "price": None, "free": 0} for name, unit in UNITS.items()}
    return {"currency": "CNY", "as_of": None, "items": items}
