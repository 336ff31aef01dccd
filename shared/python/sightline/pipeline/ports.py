"""What the pipeline needs of the world."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Protocol

from sightline.clock import Clock, utc_now
from sightline.media.admission import Admitted, Ignored, Refused, SizeLimits, admit
from sightline.value import Value

if TYPE_CHECKING:
    from sightline.ims.production.client import ProductionJob, ProductionRequest
    from sightline.ims.search_library import IndexState
    from sightline.ims.smarttag import SmarttagInput, SmarttagJob
    from sightline.ledger.ledger import Ledger
    from sightline.line.line import Line
    from sightline.pai.client import AnalysisJob
    from sightline.pai.options import PaintingOptions, VideoLabelOptions
    from sightline.pai.results import Age, Face, ImageLabels, ImageQuality, PaintingLabels, Picture
    from sightline.record.shelf import RecordShelf
    from sightline.rules.model import Rules
    from sightline.settings import Settings
    from sightline.store.types import Bucket, ObjectInfo


class Tagging(Protocol):
    """Smart tag jobs; met by `ims.SmarttagClient`."""

    def submit(self, title: str, source: SmarttagInput, device: str | None, user_data: str) -> str: ...

    def query(self, job_id: str) -> SmarttagJob: ...


class Producing(Protocol):
    """Intelligent production; met by `ims.production.ProductionClient`."""

    def submit(self, request: ProductionRequest) -> str: ...

    def query(self, job_id: str) -> ProductionJob: ...


class Analysing(Protocol):
    """PAI's multimedia analysis; met by `pai.PaiClient`."""

    def image_quality(self, url: str, /) -> ImageQuality: ...

    def faces(self, url: str, /) -> Sequence[Face]: ...

    def age(self, url: str, /) -> Age: ...

    def labels(self, url: str, top_k: int, embedding: bool, /) -> ImageLabels: ...

    def painting_labels(self, url: str, options: PaintingOptions, /) -> PaintingLabels: ...

    def reshape_body(self, url: str, degree: float, /) -> Picture: ...

    def remove_watermark(self, url: str, /) -> Picture: ...

    def classify_post(self, video_url: str, images: Sequence[str], text: str, options: VideoLabelOptions, /) -> int: ...

    def video_quality(self, url: str, /) -> int: ...

    def classify_video(self, url: str, title: str, options: VideoLabelOptions, /) -> int: ...

    def video_quality_batch(self, urls: Sequence[str], /) -> int: ...

    def classify_videos(self, videos: Sequence[tuple[str, str]], options: VideoLabelOptions, /) -> int: ...

    def job(self, job_id: int, /) -> AnalysisJob: ...

    def batch(self, batch_id: int, /) -> Sequence[AnalysisJob]: ...


class Library(Protocol):
    """A search library; met by `ims.SearchLibrary`."""

    def insert(
        self, media_id: str, address: str, media_type: str, title: str, description: str, namespace: str, key_frames: Sequence[str] = ()
    ) -> None: ...

    def index_states(self, media_id: str) -> Sequence[IndexState]: ...

    def delete(self, media_id: str, namespace: str) -> None: ...

    def exists(self) -> bool: ...


Report = Callable[[str, Exception], None]


def log_error(what: str, error: Exception) -> None:
    logging.getLogger("sightline").error("%s", what, exc_info=error)


class Pipeline(Value):
    """The ports and the settings, wired once for an instance.

    `report` takes the surprises of one media that must not cost its neighbours their turn. `producing`, `analysing` and `rules` are got
    when they are needed: most invocations need none of them.
    """

    settings: Settings
    media_bucket: Bucket
    state_bucket: Bucket
    ledger: Ledger
    records: RecordShelf
    tagging: Tagging
    library: Library
    line: Line
    chance: Random
    producing: Callable[[], Producing]
    analysing: Callable[[], Analysing]
    rules: Callable[[], Rules]
    clock: Clock = utc_now
    sleep: Callable[[float], None] = time.sleep
    report: Report = log_error

    def namespace_of(self, key: str) -> str:
        return self.settings.key_layout.origin(key).namespace

    def admit(self, key: str, found: ObjectInfo) -> Admitted | Refused | Ignored:
        settings = self.settings
        limits = SizeLimits(settings.max_image_bytes, settings.max_video_bytes)
        return admit(self.media_bucket.name, key, found.etag, found.size, found.modified, settings.key_layout, limits)
