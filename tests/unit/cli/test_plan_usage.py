"""From a load to quantities, and from quantities to a bill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.plan import items, measured
from cli.plan.cost import bill
from cli.plan.load import Load
from cli.plan.uploads import Upload, usual_upload
from cli.plan.usage import KIND_OF_REQUEST, Deployment, Doing, Size, Usage, compute_units, index_level, usage_of
from cli.prices import Price, Prices
from sightline.rules.file import load_rules
from sightline.rules.model import Job
from sightline.rules.reading import read_rules

SIZE = Size(Decimal("0.35"), 512, 512)
DEPLOYMENT = Deployment(dict.fromkeys(("submit", "collect", "search", "sweep"), SIZE), sweeps=Decimal(21_600))
USUAL = Deployment(
    DEPLOYMENT.sizes,
    DEPLOYMENT.sweeps,
    video=Upload([Job("smarttag"), Job("production:Cover")]),
    image=Upload([Job("smarttag"), Job("pai:image_qa")]),
)
TODAY = date(2026, 11, 21)
CASES = settings(deadline=None, derandomize=True)
CU = "https://help.aliyun.com/en/functioncompute/fc-2-0/product-overview/pay-as-you-go-billing-method, the example"

amounts = st.decimals(min_value=0, max_value=10**6, places=2)
shares = st.decimals(min_value=0, max_value=1, places=3)
loads = st.builds(
    Load,
    uploads_per_day=amounts,
    video_share=shares,
    video_minutes=amounts,
    video_megabytes=amounts,
    image_megabytes=amounts,
    searches_per_day=amounts,
    retention_days=st.integers(1, 2_000),
    analysis=st.sampled_from(["minutes", "jobs", "orders"]),
)


def priced(**price_by_item: str) -> Prices:
    return Prices({name: Price(name, Decimal(price)) for name, price in price_by_item.items()}, "CNY")


EVERYTHING = priced(**dict.fromkeys(items.UNITS, "0.5"))
# A larger index is another item, so that its price is its own; real ones are dearer the larger they are.
DEARER = Prices(
    {
        **EVERYTHING.by_item,
        **{items.index_item(level): Price(items.index_item(level), Decimal(most)) for level, most in items.INDEX_LEVELS.items()},
    },
    "CNY",
)


def quantities(load: Load) -> Mapping[str, Decimal]:
    return usage_of(load, DEPLOYMENT).quantities


@CASES
@given(loads, amounts)
def test_more_uploads_never_use_or_cost_less(load: Load, more: Decimal) -> None:
    larger = replace(load, uploads_per_day=load.uploads_per_day + more)
    before, after = quantities(load), quantities(larger)
    assert all(after[item] >= before[item] for item in before if not item.startswith("ims.search_index."))
    if usage_of(larger, DEPLOYMENT).index_level:
        assert bill(after, DEARER).total >= bill(before, DEARER).total


@CASES
@given(loads, st.integers(1, 2_000))
def test_keeping_longer_never_stores_less(load: Load, days: int) -> None:
    longer = replace(load, retention_days=load.retention_days + days)
    assert quantities(longer)[items.STORAGE] >= quantities(load)[items.STORAGE]


@CASES
@given(loads)
def test_nothing_is_negative_and_every_item_is_known(load: Load) -> None:
    assert all(quantity >= 0 for quantity in quantities(load).values())
    assert set(quantities(load)) <= set(items.UNITS)
    assert set(items.UNITS) == set(items.MEANINGS)


@CASES
@given(loads)
def test_each_request_of_oss_is_billed_as_one_kind(load: Load) -> None:
    usage = usage_of(load, DEPLOYMENT)
    sent = sum(count for name, count in usage.requests.items() if name.startswith("OSS"))
    others = load.uploads + 2 * load.uploads + load.searches * (load.hits_per_search + load.views_per_search)
    # Uploads are shared out over the sweeps, which does not always come out even in 28 digits.
    assert abs(usage.quantities[items.PUTS] + usage.quantities[items.GETS] - sent - others) < Decimal("1e-9")


def test_without_any_use_the_sweep_alone_costs() -> None:
    usage = usage_of(Load(Decimal(0), searches_per_day=Decimal(0)), DEPLOYMENT)
    assert usage.invocations == 21_600
    assert usage.quantities[items.STORAGE] == usage.quantities[items.VIDEO_MINUTES] == 0
    assert usage.quantities[items.PUTS] == 21_600 * (9 + 3)
    assert usage.quantities[items.MESSAGES] == 21_600


def test_a_thousand_uploads_a_day_by_hand() -> None:
    usage = usage_of(Load(Decimal(1_000), searches_per_day=Decimal(0), video_share=Decimal("0.5")), DEPLOYMENT)
    # 15,000 videos of half a minute, 15,000 images, and 90 days of 8 MB and 0.5 MB.
    assert usage.quantities[items.VIDEO_MINUTES] == 7_500
    assert usage.quantities[items.IMAGES] == 15_000
    media = Decimal(90_000) * (8 + Decimal("0.5")) / 2 / 1024
    assert 0 < usage.quantities[items.STORAGE] - media < 1
    # An upload: its own PUT; submit 1 PUT, 3 appends, 1 list; collect 2, 3, 1 and 2 deletions; its removal 1, 1, 1 and 3.
    sweeps = 21_600 * (9 + 3 + 4)
    assert usage.quantities[items.PUTS] == 30_000 * (1 + 5 + 8 + 6) + sweeps
    assert usage.invocations == 30_000 * 4 + 21_600


def test_a_thousand_uploads_a_day_by_the_rules_that_are_shipped() -> None:
    """15,000 videos with a Cover each, 15,000 images whose quality is told."""
    load = Load(Decimal(1_000), searches_per_day=Decimal(0), video_share=Decimal("0.5"))
    plain, usual = usage_of(load, DEPLOYMENT), usage_of(load, USUAL)
    more = {item: usual.quantities[item] - plain.quantities.get(item, 0) for item in usual.quantities}
    assert more["production.Cover"] == more["pai.image_qa"] == 15_000
    assert usual.requests["PAI images"] == usual.requests["IMS SubmitIProductionJob"] == 15_000
    assert usual.invocations - plain.invocations == 15_000
    assert more[items.MESSAGES] == 2 * 15_000
    # The cover's: 2 appends; 2, 3; three files that IMS writes, and in the end a list, 4 deletions. The quality's: 2, 1; two lists and 1.
    assert more[items.PUTS] == 15_000 * (2 + 2 + 3 + 3 + 5) + 15_000 * (2 + 1 + 3)
    # IMS reads a video for the cover, and for the library once more; PAI reads an image, at its public address.
    assert more[items.INTERNET] == Decimal(15_000) / 2 / 1024
    assert more[items.STORAGE] == Decimal(3) * 45_000 / 1024
    assert [more[items.VIDEO_MINUTES], more[items.IMAGES]] == [0, 0]
    by_the_minute = usage_of(replace(load, production="minutes"), USUAL).quantities
    assert by_the_minute["production_minutes.Cover"] == 7_500
    assert "production.Cover" not in by_the_minute


def test_what_makes_no_file_leaves_none_to_keep_and_to_delete() -> None:
    assert [Upload([Job(f"production:{name}")]).files for name in ("AudioQualityAssessment", "AudioBeatDetection")] == [0, 1]


@pytest.mark.parametrize(
    ("environment", "video", "image"),
    [
        ({"PAI_HOST": "https://pai"}, ["smarttag", "production:Cover"], ["smarttag", "pai:image_qa"]),
        ({}, ["smarttag", "production:Cover"], ["smarttag"]),
    ],
)
def test_what_an_upload_gets_is_what_the_rules_say(environment: dict[str, str], video: list[str], image: list[str]) -> None:
    uploads = [usual_upload(load_rules(), environment, Load(Decimal(1)), kind) for kind in ("video", "image")]
    assert [[job.name for job in upload.jobs] for upload in uploads] == [video, image]


def test_what_rules_ask_of_size_length_and_namespace_is_asked_of_the_load() -> None:
    rules = read_rules(
        b"""{"rules": [{"match": {"prefix": "in/yard/", "duration": {"at_least": 60}}, "jobs": ["production:Cover"]},
        {"match": {"size": {"at_most": 1048576}}, "jobs": ["smarttag"]}, {"jobs": []}]}"""
    )
    there = {"UPLOAD_PREFIX": "in/", "DEFAULT_NAMESPACE": "yard"}
    long, small, neither = (
        usual_upload(rules, there, load, "video").jobs
        for load in (
            Load(Decimal(1), video_minutes=Decimal(1)),
            Load(Decimal(1), video_megabytes=Decimal(1)),
            Load(Decimal(1)),
        )
    )
    assert ([job.name for job in long], [job.name for job in small], list(neither)) == (["production:Cover"], ["smarttag"], [])


def test_uploads_without_a_job_cost_their_refusal_alone() -> None:
    nothing = Deployment(DEPLOYMENT.sizes, DEPLOYMENT.sweeps, video=Upload([]), image=Upload([]))
    usage = usage_of(Load(Decimal(10)), nothing)
    assert not any(name.startswith("IMS Submit") for name in usage.requests)
    assert [doing.function for doing in usage.doings if doing.times] == ["submit", "submit", "search", "sweep"]


def test_media_that_are_kept_longer_than_a_year_are_not_removed_in_the_month() -> None:
    kept = usage_of(Load(Decimal(10), retention_days=365), DEPLOYMENT)
    assert [doing.times for doing in kept.doings if doing.event.startswith("a removal")] == [0, 0]


@pytest.mark.parametrize(
    ("hours", "level"),
    [(0, "Shared"), (1_000, "Shared"), (1_000.5, "S.large"), (10_000, "S.large"), (10_001, "S.2xlarge"), (160_000, "S.16xlarge")],
)
@pytest.mark.contract("IMS API reference, CreateSearchIndex, IndexConfig")
def test_the_smallest_index_that_holds_the_film(hours: float, level: str) -> None:
    assert index_level(Decimal(str(hours))) == level


def test_more_film_than_any_index_holds_is_told() -> None:
    assert index_level(Decimal(160_001)) is None
    usage = usage_of(Load(Decimal(10**6), video_minutes=Decimal(60)), DEPLOYMENT)
    assert usage.index_level is None
    beyond = items.index_item(items.BEYOND)
    assert [item for item in usage.quantities if item.startswith("ims.search_index.")] == [beyond]
    dearer = Prices({item: price for item, price in DEARER.by_item.items() if item != beyond}, DEARER.currency)
    assert bill(usage.quantities, dearer).to_json()["total"] is None, "what nobody has priced makes no total"


@pytest.mark.contract("IMS API reference, CreateIpcOrder: 300 images and 75 searches a day")
def test_orders_cover_images_and_searches() -> None:
    def orders(uploads: int, searches: int) -> Decimal:
        return quantities(Load(Decimal(uploads), searches_per_day=Decimal(searches), analysis="orders"))[items.ORDERS]

    assert [orders(300, 75), orders(301, 75), orders(1, 76), orders(0, 0)] == [1, 2, 2, 0]


@pytest.mark.contract(CU)
def test_compute_units_of_the_official_example() -> None:
    doing = Doing("any", "any", Decimal(3_000_000), {}, Decimal("0.2"))
    assert compute_units(doing, Size(Decimal("0.25"), 512, 0)) == 22_500 + 45_000 + 150_000


def test_slower_services_take_longer_and_send_no_more() -> None:
    fast, slow = (usage_of(Load(Decimal(100), request_milliseconds=Decimal(ms)), DEPLOYMENT) for ms in (1, 50))
    assert fast.requests == slow.requests
    assert fast.quantities[items.COMPUTE] < slow.quantities[items.COMPUTE]


def test_collect_waits_no_longer_than_its_setting_lets_it() -> None:
    def seconds(usage: Usage) -> Decimal:
        return next(doing.seconds for doing in usage.doings if doing.event == "smart tags of video: ended")

    patient = usage_of(Load(Decimal(1), index_seconds=Decimal(500)), DEPLOYMENT)
    assert seconds(patient) - seconds(usage_of(Load(Decimal(1), index_seconds=Decimal(0)), DEPLOYMENT)) == 20


def test_a_bill_of_quantities_and_prices() -> None:
    prices = Prices({items.PUTS: Price(items.PUTS, Decimal("0.1"), Decimal(10_000), Decimal(100), TODAY)}, "CNY")
    made = bill({items.PUTS: Decimal(20_100), items.GETS: Decimal(5), items.IMAGES: Decimal(0)}, prices)
    assert [(line.item, line.charged, line.cost) for line in made.lines] == [
        (items.PUTS, Decimal(20_000), Decimal("0.2")),
        (items.GETS, Decimal(5), None),
    ]
    assert (made.total, made.currency, made.unpriced) == (Decimal("0.2"), "CNY", (items.GETS,))
    assert (made.to_json()["total"], made.to_json()["priced"]) == (None, "0.2")


def test_what_is_free_costs_nothing_and_never_less() -> None:
    prices = Prices({items.PUTS: Price(items.PUTS, Decimal(1), free=Decimal(100))}, "CNY")
    assert bill({items.PUTS: Decimal(99)}, prices).total == 0


def test_a_bill_without_prices_is_unknown_and_not_nothing() -> None:
    made = bill({items.PUTS: Decimal(1)}, Prices())
    assert (made.currency, made.to_json()["total"], made.to_json()["priced"]) == ("", None, None)


def test_old_prices_and_those_without_a_day_are_told() -> None:
    days = {items.PUTS: TODAY, items.GETS: date(2026, 11, 11), items.STORAGE: date(2026, 11, 10), items.PAGES: None}
    prices = Prices({item: Price(item, Decimal(1), as_of=day) for item, day in days.items()}, "CNY")
    made = bill(dict.fromkeys(days, Decimal(1)), prices)
    assert {price.item for price in made.stale(TODAY, 10)} == {items.STORAGE, items.PAGES}


def test_a_sum_of_cents_is_exact() -> None:
    assert bill({items.PUTS: Decimal(3)}, priced(**{items.PUTS: "0.1"})).total == Decimal("0.3")


def test_every_request_that_was_measured_has_a_service_that_is_known() -> None:
    works = [
        measured.SUBMIT,
        measured.COLLECT,
        measured.REMOVE,
        measured.SEARCH,
        measured.SEARCH_HIT,
        measured.SWEEP,
        measured.SWEEP_CHECK,
        measured.SWEEP_AUDIT,
    ]
    assert {name.split()[0] for work in works for name in work.requests} == {"OSS", "IMS", "MNS"}


@pytest.mark.contract(
    "https://www.alibabacloud.com/help/en/oss/api-operation-calling-fees, PUT requests; HEAD among the GETs is our assumption"
)
def test_what_counts_as_which_request() -> None:
    assert {kind for kind, item in KIND_OF_REQUEST.items() if item == items.PUTS} == {"OSS PUT", "OSS APPEND", "OSS LIST", "OSS DELETE"}
    assert {kind for kind, item in KIND_OF_REQUEST.items() if item == items.GETS} == {"OSS GET", "OSS HEAD"}


def test_a_price_for_three_units_is_divided_last() -> None:
    price = Price(items.IMAGES, Decimal("0.01"), per=Decimal(3))
    assert bill({items.IMAGES: Decimal(30)}, Prices({items.IMAGES: price}, "CNY")).total == Decimal("0.1")
