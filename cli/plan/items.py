"""What is billed, by the names that prices are given for, each with the unit that it is counted in. A GB is 1,024 MB throughout."""

from __future__ import annotations

from collections.abc import Mapping

from sightline.rules.model import PAI_SERVICES, PRODUCTION_FUNCTIONS

INDEX_LEVELS: Mapping[str, int] = {
    "Shared": 1_000,
    "S.large": 10_000,
    "S.2xlarge": 20_000,
    "S.4xlarge": 40_000,
    "S.8xlarge": 80_000,
    "S.16xlarge": 160_000,
}
"""Hours of film that an index of each level holds (IMS, CreateSearchIndex, IndexConfig)."""

COMPUTE = "fc.compute_units"
PAGES = "fc.internet_gb"
PUTS, GETS, STORAGE, INTERNET = "oss.put_requests", "oss.get_requests", "oss.storage_gb_months", "oss.internet_gb"
SNAPSHOTS, RESIZED = "oss.video_snapshots", "oss.image_processing_gb"
MESSAGES = "mns.requests"
LOGGED, LOGS_KEPT = "sls.ingested_gb", "sls.storage_gb_months"
VIDEO_MINUTES, IMAGES, VIDEO_JOBS, IMAGE_JOBS = "ims.video_minutes", "ims.images", "job.video", "job.image"
SEQUENCE_JOBS, ORDERS = "job.sequence", "ims.ipc_orders"


BEYOND = "beyond"
"""Stands for the level that more film than the largest holds would need: there is none, so somebody has to be asked."""


def index_item(level: str) -> str:
    return f"ims.search_index.{level}"


def production_item(function: str, *, by_the_minute: bool = False) -> str:
    """Contracts differ: a job has a price, or a minute of its input."""
    return f"production{'_minutes' if by_the_minute else ''}.{function}"


def analysis_item(service: str) -> str:
    return f"pai.{service}"


UNITS: Mapping[str, str] = {
    COMPUTE: "CU",
    PAGES: "GB",
    PUTS: "request",
    GETS: "request",
    STORAGE: "GB-month",
    INTERNET: "GB",
    SNAPSHOTS: "snapshot",
    RESIZED: "GB",
    MESSAGES: "request",
    LOGGED: "GB",
    LOGS_KEPT: "GB-month",
    VIDEO_MINUTES: "minute",
    IMAGES: "image",
    VIDEO_JOBS: "job",
    IMAGE_JOBS: "job",
    SEQUENCE_JOBS: "job",
    ORDERS: "order-month",
    **{index_item(level): "index-month" for level in [*INDEX_LEVELS, BEYOND]},
    **{production_item(function): "job" for function in PRODUCTION_FUNCTIONS},
    **{production_item(function, by_the_minute=True): "minute" for function in PRODUCTION_FUNCTIONS},
    **{analysis_item(service): "call" for service in PAI_SERVICES},
}

MEANINGS: Mapping[str, str] = {
    COMPUTE: "Function Compute: invocations, vCPU, memory and disk, each by its conversion factor",
    PAGES: "Function Compute: answers to browsers over the internet",
    PUTS: "OSS: requests that write, append, copy, list or delete",
    GETS: "OSS: requests that read or look",
    STORAGE: "OSS: media and what is known about them",
    INTERNET: "OSS: traffic that leaves over the internet",
    SNAPSHOTS: "OSS: pictures taken out of videos, a thumbnail each",
    RESIZED: "OSS: originals of images that thumbnails are made of",
    MESSAGES: "MNS: messages published, delivered and asked for",
    LOGGED: "SLS: log lines written, uncompressed",
    LOGS_KEPT: "SLS: log lines kept",
    VIDEO_MINUTES: "IMS: smart tag of videos by their length (--analysis minutes)",
    IMAGES: "IMS: smart tag of images (--analysis minutes)",
    VIDEO_JOBS: "IMS: smart tag of a video, by the job (--analysis jobs)",
    IMAGE_JOBS: "IMS: smart tag of an image, by the job (--analysis jobs)",
    SEQUENCE_JOBS: "IMS: smart tag of a sequence, by the job (`sightline backfill --dry-run`)",
    ORDERS: "IMS: IPC orders of one month (--analysis orders)",
    **{index_item(level): f"IMS: search index of level {level}, to {hours:,} hours of film" for level, hours in INDEX_LEVELS.items()},
    **{production_item(function): f"IMS: {function}, by the job (--production jobs)" for function in PRODUCTION_FUNCTIONS},
    **{
        production_item(function, by_the_minute=True): f"IMS: {function}, by the length of its input (--production minutes)"
        for function in PRODUCTION_FUNCTIONS
    },
    **{analysis_item(service): f"PAI: {service}, by the call" for service in PAI_SERVICES},
    index_item(BEYOND): f"IMS: film beyond {max(INDEX_LEVELS.values()):,} hours, by arrangement: no level holds it",
}
