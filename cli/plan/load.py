"""What a deployment has to do: how much is uploaded, looked for and kept. None of it can be known from here, so all of it is said."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Analysis = Literal["minutes", "jobs", "orders"]
Production = Literal["jobs", "minutes"]
DAYS_A_MONTH = 30
DAYS_A_YEAR = 365


@dataclass(frozen=True)
class Load:
    """A month of 30 days, a year after the first upload. Sizes in MB of 1,024 KB; times in what their names say.

    `video_share` is the part of the uploads that are videos, from 0 to 1; the others are images. `request_milliseconds` and
    `index_seconds` are what a function waits for one request and for an index job: the cloud's, so nothing here can measure them.
    `derived_megabytes` is the size of each file that a job makes. `analysis` is what IMS is paid by for smart tags, `production` for the
    other jobs of videos.
    """

    uploads_per_day: Decimal
    video_share: Decimal = Decimal(1)
    video_minutes: Decimal = Decimal("0.5")
    video_megabytes: Decimal = Decimal(8)
    image_megabytes: Decimal = Decimal("0.5")
    searches_per_day: Decimal = Decimal(100)
    hits_per_search: Decimal = Decimal(10)
    views_per_search: Decimal = Decimal(1)
    thumbnail_kilobytes: Decimal = Decimal(30)
    retention_days: int = 90
    log_days: int = 30
    request_milliseconds: Decimal = Decimal(20)
    index_seconds: Decimal = Decimal(5)
    derived_megabytes: Decimal = Decimal(1)
    analysis: Analysis = "minutes"
    production: Production = "jobs"

    @property
    def uploads(self) -> Decimal:
        """A month's."""
        return self.uploads_per_day * DAYS_A_MONTH

    @property
    def videos(self) -> Decimal:
        """A month's."""
        return self.uploads * self.video_share

    @property
    def images(self) -> Decimal:
        """A month's."""
        return self.uploads - self.videos

    @property
    def searches(self) -> Decimal:
        """A month's."""
        return self.searches_per_day * DAYS_A_MONTH

    @property
    def days_kept(self) -> int:
        """How many days' uploads there are a year after the first."""
        return min(self.retention_days, DAYS_A_YEAR)

    @property
    def media_kept(self) -> Decimal:
        return self.uploads_per_day * self.days_kept

    @property
    def months_kept(self) -> Decimal:
        """How many months' uploads there are a year after the first."""
        return Decimal(self.days_kept) / DAYS_A_MONTH

    @property
    def removed_share(self) -> Decimal:
        """As many media end each day as begin, unless the first ones still have to."""
        return Decimal(1 if self.retention_days < DAYS_A_YEAR else 0)

    @property
    def megabytes_uploaded(self) -> Decimal:
        """A month's."""
        return self.videos * self.video_megabytes + self.images * self.image_megabytes

    @property
    def hours_kept(self) -> Decimal:
        """Of film."""
        return self.media_kept * self.video_share * self.video_minutes / 60
