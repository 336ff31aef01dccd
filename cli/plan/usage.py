"""From a load to what is used in a month: pure, and nothing in it knows a price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from cli.plan import items, measured
from cli.plan.load import DAYS_A_MONTH, Load
from cli.plan.measured import Work
from sightline.settings import FIELDS

# OSS, "Request fees": which requests count as which; that HEAD counts as GET is our assumption.
# https://www.alibabacloud.com/help/en/oss/api-operation-calling-fees, read in the version of 2026-03-25.
KIND_OF_REQUEST: Mapping[str, str] = {
    **dict.fromkeys(("OSS PUT", "OSS APPEND", "OSS LIST", "OSS DELETE"), items.PUTS),
    **dict.fromkeys(("OSS GET", "OSS HEAD"), items.GETS),
}

# Function Compute, "Pay-as-you-go": what a compute unit (CU) is, for 10,000 invocations, a vCPU-second, and a GB-second of memory.
# https://www.alibabacloud.com/help/en/functioncompute/fc-3-0/product-overview/pay-as-you-go-billing-method-1, version of 2024-08-27.
UNITS_AN_INVOCATION = Decimal(75) / 10_000
UNITS_A_VCPU_SECOND = Decimal(1)
UNITS_A_GB_SECOND = Decimal("0.15")
UNITS_A_DISK_GB_SECOND = Decimal("0.05")

ORDER_IMAGES, ORDER_SEARCHES = 300, 75
"""What one IPC order allows a day (IMS, CreateIpcOrder, understand-search)."""
LINE_FIELDS_BYTES, METRICS_BYTES = 300, 800
"""Assumed: what the log service keeps beside the text of a line, and the line of an invocation's metrics."""
MB, GB = Decimal(2**20), Decimal(2**30)


@dataclass(frozen=True)
class Size:
    """Of a function: `cpu` in vCPUs, `memory` and `disk` in MB."""

    cpu: Decimal
    memory: int
    disk: int


@dataclass(frozen=True)
class Deployment:
    """What `s.yaml` says that costs: the functions' sizes by what they do, and how often a month the sweep runs over how much."""

    sizes: Mapping[str, Size]
    sweeps: Decimal
    checked_per_sweep: int = int(FIELDS["media_checked_per_sweep"].default or 0)
    keys_per_sweep: int = int(FIELDS["audit_keys_per_sweep"].default or 0)
    facts_retention_days: int = int(FIELDS["facts_retention_days"].default or 0)
    index_wait_seconds: Decimal = Decimal(FIELDS["index_wait_seconds"].default or 0)


@dataclass(frozen=True)
class Doing:
    """One kind of invocation, a month's."""

    function: str
    event: str
    times: Decimal
    requests: Mapping[str, Decimal]
    """One of them sends."""
    seconds: Decimal
    """One of them takes."""

    @property
    def requests_together(self) -> Mapping[str, Decimal]:
        return {name: count * self.times for name, count in self.requests.items()}


@dataclass(frozen=True)
class Usage:
    """`quantities` by the names of `items`; `requests` are all that the functions send, by service and kind.

    `index_level` is None where no level holds so much film.
    """

    doings: tuple[Doing, ...]
    quantities: Mapping[str, Decimal] = field(repr=False)
    requests: Mapping[str, Decimal] = field(repr=False)
    index_level: str | None

    @property
    def invocations(self) -> Decimal:
        return sum((doing.times for doing in self.doings), Decimal(0))


def usage_of(load: Load, deployment: Deployment) -> Usage:
    doings = tuple(_doings(load, deployment))
    requests = _sum(doing.requests_together for doing in doings)
    level = index_level(load.hours_kept)
    quantities = {
        items.COMPUTE: sum((compute_units(doing, deployment.sizes[doing.function]) for doing in doings), Decimal(0)),
        **_objects(load, deployment, requests),
        items.PAGES: load.searches * load.hits_per_search * measured.HIT_BYTES / GB,
        # A job tells that it began and that it ended: published to the topic, and delivered to `collect`.
        items.MESSAGES: 4 * load.uploads + requests["MNS GET"],
        **_logs(load, doings),
        **_analysis(load),
        items.index_item(level or items.BEYOND): Decimal(1),
    }
    return Usage(doings, quantities, requests, level)


def _doings(load: Load, deployment: Deployment) -> list[Doing]:
    checks = min(load.media_kept, Decimal(deployment.checked_per_sweep))
    listed = min(load.media_kept, Decimal(deployment.keys_per_sweep))
    more_lists = max(_ceiling(listed / measured.KEYS_A_LIST), Decimal(1)) - 1
    index_wait = min(load.index_seconds, deployment.index_wait_seconds)

    def doing(function: str, event: str, times: Decimal, *works: tuple[Work, Decimal], wait: Decimal = Decimal(0)) -> Doing:
        requests = _sum({name: count * often for name, count in work.requests.items()} for work, often in works)
        processor = sum((Decimal(str(work.processor_milliseconds)) * often for work, often in works), Decimal(0))
        return Doing(function, event, times, requests, _seconds(load, deployment.sizes[function], requests, processor) + wait)

    once = Decimal(1)
    lists = Work({"OSS LIST": 1})
    return [
        doing("submit", "an upload", load.uploads, (measured.SUBMIT, once)),
        doing("submit", "a removal", load.removals, (measured.REMOVE, once)),
        doing("collect", "a job that began", load.uploads, (measured.STILL_RUNNING, once)),
        doing("collect", "a job that ended", load.uploads, (measured.COLLECT, once), wait=index_wait),
        doing("search", "a question", load.searches, (measured.SEARCH, once), (measured.SEARCH_HIT, load.hits_per_search)),
        doing(
            "sweep",
            "its timer",
            deployment.sweeps,
            (measured.SWEEP, once),
            (measured.SWEEP_CHECK, checks),
            (measured.SWEEP_AUDIT, load.uploads / deployment.sweeps if deployment.sweeps else Decimal(0)),
            (lists, more_lists),
        ),
    ]


def _seconds(load: Load, size: Size, requests: Mapping[str, Decimal], processor_milliseconds: Decimal) -> Decimal:
    """A share of a processor makes the same work as much longer; requests are waited for one after the other."""
    waiting = sum(requests.values(), Decimal(0)) * load.request_milliseconds
    return (processor_milliseconds / min(size.cpu, Decimal(1)) + waiting) / 1000


def compute_units(doing: Doing, size: Size) -> Decimal:
    a_second = size.cpu * UNITS_A_VCPU_SECOND + size.memory * UNITS_A_GB_SECOND / 1024 + size.disk * UNITS_A_DISK_GB_SECOND / 1024
    return doing.times * (UNITS_AN_INVOCATION + doing.seconds * a_second)


def _objects(load: Load, deployment: Deployment, requests: Mapping[str, Decimal]) -> dict[str, Decimal]:
    counted = dict.fromkeys((items.PUTS, items.GETS), Decimal(0))
    for name, count in requests.items():
        if name in KIND_OF_REQUEST:
            counted[KIND_OF_REQUEST[name]] += count
    pictures, views = load.searches * load.hits_per_search, load.searches * load.views_per_search
    size = load.megabytes_uploaded / load.uploads if load.uploads else Decimal(0)
    facts = load.uploads_per_day * min(load.days_kept + deployment.facts_retention_days, 365) * measured.STATE_BYTES
    return {
        # The upload itself is one request.
        items.PUTS: counted[items.PUTS] + load.uploads,
        # IMS reads a media once for its job and once for its index entry; browsers read pictures and films.
        items.GETS: counted[items.GETS] + 2 * load.uploads + pictures + views,
        items.STORAGE: load.media_kept * size * MB / GB + facts / GB,
        # The address that a job is given is the public one.
        items.INTERNET: (load.megabytes_uploaded + views * size + pictures * load.thumbnail_kilobytes / 1024) * MB / GB,
        items.SNAPSHOTS: pictures * load.video_share,
        items.RESIZED: pictures * (1 - load.video_share) * load.image_megabytes * MB / GB,
    }


def _logs(load: Load, doings: tuple[Doing, ...]) -> dict[str, Decimal]:
    an_invocation = measured.LOG_BYTES + measured.LOG_LINES * LINE_FIELDS_BYTES + METRICS_BYTES
    written = sum((doing.times for doing in doings), Decimal(0)) * an_invocation / GB
    return {items.LOGGED: written, items.LOGS_KEPT: written * load.log_days / DAYS_A_MONTH}


def _analysis(load: Load) -> dict[str, Decimal]:
    if load.analysis == "minutes":
        return {items.VIDEO_MINUTES: load.videos * load.video_minutes, items.IMAGES: load.images}
    if load.analysis == "jobs":
        return {items.VIDEO_JOBS: load.videos, items.IMAGE_JOBS: load.images}
    orders = max(_ceiling(load.uploads_per_day / ORDER_IMAGES), _ceiling(load.searches_per_day / ORDER_SEARCHES))
    return {items.ORDERS: orders}


def index_level(hours: Decimal) -> str | None:
    """The smallest that holds so many hours of film."""
    return next((level for level, most in items.INDEX_LEVELS.items() if hours <= most), None)


def _sum(parts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    together: dict[str, Decimal] = {}
    for part in parts:
        for name, count in part.items():
            together[name] = together.get(name, Decimal(0)) + count
    return together


def _ceiling(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)
