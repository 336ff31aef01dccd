"""From a load to what is used in a month: pure, and nothing in it knows a price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from cli.plan import items, measured
from cli.plan.load import DAYS_A_MONTH, Load
from cli.plan.measured import Work
from cli.plan.uploads import Upload
from sightline.ledger.story import SMARTTAG
from sightline.rules.model import Job
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
ONCE, NONE = Decimal(1), Decimal(0)
TAGGED = Upload([Job(SMARTTAG)])
MB, GB = Decimal(2**20), Decimal(2**30)


@dataclass(frozen=True)
class Size:
    """Of a function: `cpu` in vCPUs, `memory` and `disk` in MB."""

    cpu: Decimal
    memory: int
    disk: int


@dataclass(frozen=True)
class Deployment:
    """What `s.yaml` says that costs: the functions' sizes by what they do, how often a month the sweep runs over how much, and what the
    rules give a video and an image.
    """

    sizes: Mapping[str, Size]
    sweeps: Decimal
    checked_per_sweep: int = int(FIELDS["media_checked_per_sweep"].default or 0)
    keys_per_sweep: int = int(FIELDS["audit_keys_per_sweep"].default or 0)
    facts_retention_days: int = int(FIELDS["facts_retention_days"].default or 0)
    index_wait_seconds: Decimal = Decimal(FIELDS["index_wait_seconds"].default or 0)
    video: Upload = TAGGED
    image: Upload = TAGGED
    rules: str = ""
    """Where they stand, for people."""

    def uploads(self, load: Load) -> Sequence[tuple[str, Upload, Decimal]]:
        """Each kind, what one of it gets, and how many there are in a month."""
        return ("video", self.video, load.videos), ("image", self.image, load.images)


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
        items.MESSAGES: _messages(load, deployment) + requests["MNS GET"],
        **_logs(load, doings),
        **_jobs(load, deployment),
        items.index_item(level or items.BEYOND): Decimal(1),
    }
    return Usage(doings, quantities, requests, level)


def _doings(load: Load, deployment: Deployment) -> Iterator[Doing]:
    index_wait = min(load.index_seconds, deployment.index_wait_seconds)

    def doing(function: str, event: str, times: Decimal, works: Iterable[tuple[Work, Decimal]], wait: Decimal = NONE) -> Doing:
        together = list(works)
        requests = _sum({name: count * often for name, count in work.requests.items()} for work, often in together)
        processor = sum((Decimal(str(work.processor_milliseconds)) * often for work, often in together), NONE)
        return Doing(function, event, times, requests, _seconds(load, deployment.sizes[function], requests, processor) + wait)

    for kind, upload, times in deployment.uploads(load):
        yield doing("submit", f"an upload of {kind}", times, _each(upload.submit()))
        yield doing("submit", f"a removal of {kind}", times * load.removed_share, _each(upload.remove()))
        tagged = times if upload.is_tagged else NONE
        yield doing("collect", f"smart tags of {kind}: began", tagged, _each([measured.STILL_RUNNING]))
        yield doing("collect", f"smart tags of {kind}: ended", tagged, _each(upload.collect()), index_wait)
        for job, works in upload.collect_production():
            yield doing("collect", f"{job.task} of {kind}: ended", times, _each(works), index_wait)
    searching = [(measured.SEARCH, ONCE), (measured.SEARCH_HIT, load.hits_per_search)]
    yield doing("search", "a question", load.searches, searching)
    yield doing("sweep", "its timer", deployment.sweeps, _sweeping(load, deployment))


def _each(works: Iterable[Work]) -> Iterator[tuple[Work, Decimal]]:
    return ((work, ONCE) for work in works)


def _sweeping(load: Load, deployment: Deployment) -> Iterator[tuple[Work, Decimal]]:
    """What one does, and how often."""
    listed = min(load.media_kept, Decimal(deployment.keys_per_sweep))
    yield measured.SWEEP, ONCE
    yield measured.SWEEP_CHECK, min(load.media_kept, Decimal(deployment.checked_per_sweep))
    yield Work({"OSS LIST": 1}), max(_ceiling(listed / measured.KEYS_A_LIST), ONCE) - 1
    if deployment.sweeps:
        yield measured.SWEEP_AUDIT, load.uploads / deployment.sweeps
        for _, upload, times in deployment.uploads(load):
            yield from ((work, times / deployment.sweeps) for work in upload.ask())


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
    # What a function writes is counted with its requests.
    written = _files(load, deployment, lambda upload: upload.files_of_production)
    made = _files(load, deployment, lambda upload: upload.files)
    return {
        # The upload itself is one request, and each file that IMS writes.
        items.PUTS: counted[items.PUTS] + load.uploads + written,
        # Services read a media once for each job and once for each time it is put into the library; browsers read pictures and films.
        items.GETS: counted[items.GETS] + _reads(load, deployment) + pictures + views,
        items.STORAGE: (load.media_kept * size + made * load.months_kept * load.derived_megabytes) * MB / GB + facts / GB,
        # The address that a smart tag job and PAI are given is the public one.
        items.INTERNET: (_megabytes_fetched(load, deployment) + views * size + pictures * load.thumbnail_kilobytes / 1024) * MB / GB,
        items.SNAPSHOTS: pictures * load.video_share,
        items.RESIZED: pictures * (1 - load.video_share) * load.image_megabytes * MB / GB,
    }


def _files(load: Load, deployment: Deployment, of: Callable[[Upload], int]) -> Decimal:
    """That jobs make in a month."""
    return sum((of(upload) * times for _, upload, times in deployment.uploads(load)), NONE)


def _reads(load: Load, deployment: Deployment) -> Decimal:
    return sum(((len(upload.jobs) + upload.inserts) * times for _, upload, times in deployment.uploads(load)), NONE)


def _megabytes_fetched(load: Load, deployment: Deployment) -> Decimal:
    sizes = {"video": load.video_megabytes, "image": load.image_megabytes}
    fetched = ((upload.is_tagged + len(upload.analyses)) * times * sizes[kind] for kind, upload, times in deployment.uploads(load))
    return sum(fetched, NONE)


def _messages(load: Load, deployment: Deployment) -> Decimal:
    """A smart tag job tells that it began and that it ended, a production job that it ended: published to the topic, and delivered."""
    counts = ((2 * upload.is_tagged + len(upload.productions)) * times for _, upload, times in deployment.uploads(load))
    return 2 * sum(counts, NONE)


def _logs(load: Load, doings: tuple[Doing, ...]) -> dict[str, Decimal]:
    an_invocation = measured.LOG_BYTES + measured.LOG_LINES * LINE_FIELDS_BYTES + METRICS_BYTES
    written = sum((doing.times for doing in doings), Decimal(0)) * an_invocation / GB
    return {items.LOGGED: written, items.LOGS_KEPT: written * load.log_days / DAYS_A_MONTH}


def _jobs(load: Load, deployment: Deployment) -> dict[str, Decimal]:
    return _sum([_smart_tags(load, deployment), *_other_jobs(load, deployment)])


def _smart_tags(load: Load, deployment: Deployment) -> dict[str, Decimal]:
    videos, images = load.videos * deployment.video.is_tagged, load.images * deployment.image.is_tagged
    if load.analysis == "minutes":
        return {items.VIDEO_MINUTES: videos * load.video_minutes, items.IMAGES: images}
    if load.analysis == "jobs":
        return {items.VIDEO_JOBS: videos, items.IMAGE_JOBS: images}
    a_day = (videos + images) / DAYS_A_MONTH
    return {items.ORDERS: max(_ceiling(a_day / ORDER_IMAGES), _ceiling(load.searches_per_day / ORDER_SEARCHES))}


def _other_jobs(load: Load, deployment: Deployment) -> Iterator[dict[str, Decimal]]:
    by_the_minute = load.production == "minutes"
    for _, upload, times in deployment.uploads(load):
        for job in upload.productions:
            # They are of videos: sound alone is no media here.
            yield {items.production_item(job.task, by_the_minute=by_the_minute): times * (load.video_minutes if by_the_minute else 1)}
        for job in upload.analyses:
            yield {items.analysis_item(job.task): times}


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
