"""Prices from a file and from variables: typed, dated, and never guessed."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.plan.items import UNITS
from cli.price_file import prices_of, read, template
from cli.prices import Price, variable_of_item

GOOD = """
currency: CNY
as_of: 2026-11-01
items:
  oss.put_requests: {unit: request, per: 10000, price: 0.1, free: 5, source: a contract}
  sls.ingested_gb: {unit: GB, price: 0.4, as_of: 2026-10-01}
  job.video: {unit: job, price: 0.05}
  mns.requests: {unit: request, price: }
"""
VARIABLES = {"SIGHTLINE_PRICE_CURRENCY": "CNY", "SIGHTLINE_PRICES_AS_OF": "2026-11-20"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.yaml"
    path.write_text(GOOD)
    return path


def test_a_file_says_price_unit_quota_and_day(file: Path) -> None:
    prices = read(file)
    assert prices.currency == "CNY"
    assert dict(prices.by_item) == {
        "oss.put_requests": Price("oss.put_requests", Decimal("0.1"), Decimal(10_000), Decimal(5), date(2026, 11, 1), "a contract"),
        "sls.ingested_gb": Price("sls.ingested_gb", Decimal("0.4"), as_of=date(2026, 10, 1)),
        "job.video": Price("job.video", Decimal("0.05"), as_of=date(2026, 11, 1)),
    }


def test_a_decimal_is_read_as_it_is_written(file: Path) -> None:
    file.write_text(GOOD.replace("price: 0.1,", "price: 0.1000000000000000055,"))
    assert read(file).by_item["oss.put_requests"].price == Decimal("0.1000000000000000055")


def test_a_file_may_be_json(file: Path) -> None:
    items = {"job.image": {"unit": "job", "price": 0.05, "per": 10}, "job.video": {"unit": "job", "price": None}}
    file.write_text(json.dumps({"currency": "USD", "as_of": "2026-11-01", "items": items}))
    assert read(file).by_item == {"job.image": Price("job.image", Decimal("0.05"), Decimal(10), as_of=date(2026, 11, 1))}


def test_the_environment_names_the_file_and_a_variable_counts_before_it(file: Path) -> None:
    prices = prices_of(
        {"SIGHTLINE_PRICES": str(file), "SIGHTLINE_PRICE_VIDEO": "0.07", "SIGHTLINE_PRICE_MNS_REQUESTS": "0.000001", **VARIABLES}
    )
    assert prices.by_item["job.video"] == Price("job.video", Decimal("0.07"), as_of=date(2026, 11, 20))
    assert prices.by_item["mns.requests"].price == Decimal("0.000001")
    assert prices.by_item["oss.put_requests"].per == 10_000
    assert prices.estimate({"video": 2}).spoken == "cost of smart tags: 0.14 CNY, at prices of 2026-11-20"


def test_the_file_that_the_command_names_counts_before_that_of_the_environment(file: Path) -> None:
    assert prices_of({"SIGHTLINE_PRICES": "/there/is/none"}, file).currency == "CNY"


def test_two_currencies_are_refused(file: Path) -> None:
    with pytest.raises(CommandError) as told:
        prices_of({"SIGHTLINE_PRICE_VIDEO": "1", **VARIABLES, "SIGHTLINE_PRICE_CURRENCY": "USD"}, file)
    assert ("USD" in told.value.problem, "CNY" in told.value.problem, told.value.exit_code) == (True, True, USAGE)


def test_the_template_lists_every_item_and_has_no_price(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text("\n".join(template()).replace("as_of: #", "as_of: 2026-11-21 #"))
    assert list(yaml.safe_load(path.read_text())["items"]) == list(UNITS)
    assert (read(path).by_item, read(path).currency) == ({}, "CNY")


def test_each_item_has_a_variable_of_its_own() -> None:
    variables = {variable_of_item(item) for item in UNITS}
    assert len(variables) == len(UNITS)
    assert {"SIGHTLINE_PRICE_VIDEO", "SIGHTLINE_PRICE_IMS_SEARCH_INDEX_S_LARGE"} < variables
    assert "SIGHTLINE_PRICE_CURRENCY" not in variables


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("currency: CNY", "currency: yuan", "currency"),
        ("currency: CNY", "", "currency"),
        ("as_of: 2026-11-01", "as_of: some day", "as_of"),
        ("as_of: 2026-11-01", "as_of:", "as_of: is empty: write the day you looked"),
        ("price: 0.1", "price: -0.1", "oss.put_requests.price"),
        ("price: 0.1", "price: .inf", "oss.put_requests.price"),
        ("price: 0.1", "price: .nan", "oss.put_requests.price"),
        ("price: 0.1", "price: cheap", "oss.put_requests.price"),
        ("per: 10000", "per: 0", "oss.put_requests.per"),
        ("free: 5", "free: -5", "oss.put_requests.free"),
        ("free: 5", "fee: 5", "oss.put_requests.fee"),
        ("unit: request, per", "unit: 10000 requests, per", "counted in the unit request"),
        ("oss.put_requests", "oss.puts", "items: oss.puts is no item"),
        ("items:", "items: 1\nothers:", "items"),
        (GOOD, "- a list", "the file"),
        (GOOD, "a: [", "no YAML"),
        (GOOD, "a: \x00", "no YAML"),
    ],
)
def test_what_cannot_be_used_is_named(file: Path, old: str, new: str, said: str) -> None:
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(CommandError) as told:
        read(file)
    assert (said in told.value.problem, str(file) in told.value.problem, told.value.exit_code) == (True, True, USAGE), told.value.problem


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as told:
        read(tmp_path / "none.yaml")
    assert told.value.exit_code == NOT_FOUND
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(CommandError, match="no YAML"):
        read(tmp_path / "binary.yaml")


def test_a_variable_that_cannot_be_used_is_named() -> None:
    with pytest.raises(CommandError) as told:
        prices_of({"SIGHTLINE_PRICE_SLS_INGESTED_GB": "much", **VARIABLES})
    assert ("SIGHTLINE_PRICE_SLS_INGESTED_GB" in told.value.problem, "one GB" in told.value.fix) == (True, True)
