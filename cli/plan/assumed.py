"""What the quantities of a month rest on, besides what was measured: in sentences, beside every estimate."""

from __future__ import annotations

from collections.abc import Iterator

from cli.plan import measured
from cli.plan.cost import plain
from cli.plan.load import Load
from cli.plan.usage import LINE_FIELDS_BYTES, METRICS_BYTES, ORDER_IMAGES, ORDER_SEARCHES, Deployment


def assumptions(load: Load, deployment: Deployment) -> Iterator[str]:
    yield from _of_media(load)
    yield from _of_jobs(load, deployment)
    yield from _of_searches(load)
    yield from _of_functions(load)
    yield from _of_services(load)


def _of_media(load: Load) -> Iterator[str]:
    yield (
        f"{plain(load.video_share * 100)}% of the uploads are videos of {plain(load.video_minutes)} minutes and "
        f"{plain(load.video_megabytes)} MB, the others images of {plain(load.image_megabytes)} MB; each arrives with one request, "
        "and is never written again; there are no sequences and no sounds"
    )
    yield f"media are deleted after {load.retention_days:,} days; the month is that after a year; 1 GB is 1,024 MB"
    yield f"what is known of a media takes {measured.STATE_BYTES:,} bytes, and is counted until its ledger goes"


def _of_jobs(load: Load, deployment: Deployment) -> Iterator[str]:
    gets = [f"{kind}s get {', '.join(job.name for job in upload.jobs) or 'no job'}" for kind, upload, _ in deployment.uploads(load)]
    yield (
        f"{'; '.join(gets)}: by the rules of {deployment.rules}, for an upload in no folder that a rule names "
        "(`sightline rules explain` tells of others); without PAI_HOST there is no job of PAI"
    )
    if any(upload.files for _, upload, _ in deployment.uploads(load)):
        yield (
            f"each file that a job makes has {plain(load.derived_megabytes)} MB (--derived-megabytes), is written with one request, "
            "and goes with its media; a Cover makes three"
        )
    if any(upload.asked for _, upload, _ in deployment.uploads(load)):
        yield "PAI is done with a video when the sweep first asks, one call each; that only the order is billed, nobody has said"


def _of_searches(load: Load) -> Iterator[str]:
    yield (
        f"{plain(load.searches_per_day)} searches a day with {plain(load.hits_per_search)} hits, a picture of "
        f"{plain(load.thumbnail_kilobytes)} KB for each, and {plain(load.views_per_search)} of the media then read whole"
    )


def _of_functions(load: Load) -> Iterator[str]:
    yield (
        f"a function waits {plain(load.request_milliseconds)} ms for a request, one after the other, and `collect` "
        f"{plain(load.index_seconds)} s for the index job: only the cloud can tell (--request-milliseconds, --index-seconds)"
    )
    yield "requests and processor time: bench/RESULTS.md; no retries, no cold starts, no waiting line, no ledgers that end"
    yield (
        f"logs: {measured.LOG_BYTES} bytes an invocation in {measured.LOG_LINES} lines, {LINE_FIELDS_BYTES} bytes of fields for each line, "
        f"{METRICS_BYTES} of metrics; kept {load.log_days} days"
    )


def _of_services(load: Load) -> Iterator[str]:
    yield (
        "IMS and PAI read a media for each job, for smart tags and PAI at its public address, and IMS each time it is put into the "
        "library: whether that traffic is billed inside a region is not known from here"
    )
    yield "a smart tag job tells twice of itself, a production job once, each time published and delivered: two requests of MNS"
    yield "traffic that reaches the cloud, or stays inside it, costs nothing"
    yield "OSS does not charge requests that end with 4xx or 5xx; here all of them count"
    yield "each production job is paid for by the job or by the minute of its input (--production): your contract says which"
    yield "no price of a call to IMS is known of; only jobs, orders and the index are items"
    if load.analysis == "orders":
        yield (
            f"an order allows {ORDER_IMAGES} images and {ORDER_SEARCHES} searches a day, and a video counts as one image: "
            "what it counts as is not documented"
        )
