"""What the jobs of one upload cost, at the prices that somebody has set. What has no price is named, and never taken for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from cli.plan.cost import Bill, Line
from cli.plan.items import IMAGE_JOBS, IMAGES, SEQUENCE_JOBS, VIDEO_JOBS, VIDEO_MINUTES, analysis_item, production_item
from cli.prices import Prices
from sightline.rules.model import Job, Subject

ONE = Decimal(1)
Ways = Sequence[tuple[str, "Decimal | None"]]


def bill_of(jobs: Iterable[Job], subject: Subject, prices: Prices) -> Bill:
    """A line for each job. What is free each month is not taken off: whether it is used up, nobody knows here."""
    lines = tuple(_line(job, subject, prices) for job in jobs)
    return Bill(lines, prices.currency if any(line.price for line in lines) else "")


def _line(job: Job, subject: Subject, prices: Prices) -> Line:
    """By the first way of counting that has a price and a known quantity."""
    ways = _ways(job, subject)
    for item, quantity in ways:
        price = prices.by_item.get(item)
        if price is not None and quantity is not None:
            return Line(item, quantity, replace(price, free=Decimal(0)))
    return Line(ways[0][0], ONE, None)


def _ways(job: Job, subject: Subject) -> Ways:
    """How a job may be counted: once, or by the minutes of what it works on, where these are known."""
    minutes = None if subject.duration is None else Decimal(str(subject.duration)) / 60
    if job.family == "production":
        return (production_item(job.task), ONE), (production_item(job.task, by_the_minute=True), minutes)
    if job.family == "pai":
        return ((analysis_item(job.task), ONE),)
    if subject.kind == "video":
        return (VIDEO_JOBS, ONE), (VIDEO_MINUTES, minutes)
    return ((IMAGE_JOBS, ONE), (IMAGES, ONE)) if subject.kind == "image" else ((SEQUENCE_JOBS, ONE),)
