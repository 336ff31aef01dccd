"""Fakes of the services beside the smart tags: intelligent production, and PAI's multimedia analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sightline.errors import ServiceRefused
from sightline.ims.production.client import ProductionJob, ProductionRequest
from sightline.pai.client import AnalysisJob
from sightline.pai.options import PaintingOptions, VideoLabelOptions
from sightline.pai.results import Age, Face, ImageLabels, ImageQuality, PaintingLabels, Picture, Tag, VideoLabels, VideoQuality
from sightline.store.types import Bucket


@dataclass
class FakeProducing:
    """Jobs by id, in the state that the test gives them. `refuse` is raised by the next submit, which then starts nothing."""

    bucket: Bucket
    jobs: dict[str, ProductionJob] = field(default_factory=dict)
    requests: dict[str, ProductionRequest] = field(default_factory=dict)
    refuse: Exception | None = None
    after_submit: Exception | None = None
    queries: int = 0

    def submit(self, request: ProductionRequest) -> str:
        if self.refuse is not None:
            problem, self.refuse = self.refuse, None
            raise problem
        job_id = f"made-{len(self.jobs) + 1}"
        self.jobs[job_id] = ProductionJob(job_id, request.function, "Queuing", request.user_data)
        self.requests[job_id] = request
        if self.after_submit is not None:
            problem, self.after_submit = self.after_submit, None
            raise problem
        return job_id

    def query(self, job_id: str) -> ProductionJob:
        self.queries += 1
        if job_id not in self.jobs:
            raise ServiceRefused("IMS", "QueryIProductionJob", 404, "ResourceNotFound", "no such job")
        return self.jobs[job_id]

    def succeed(self, job_id: str, contents: Sequence[bytes] = (), details: Any = None) -> Sequence[str]:
        """The job writes its outputs and ends well; their keys."""
        _, _, place = self.requests[job_id].output.removeprefix("oss://").partition("/")
        keys = [
            place.replace("{sequenceId}", f"{number:05}").replace("{resultType}", f"r{number}") for number in range(1, len(contents) + 1)
        ]
        for key, content in zip(keys, contents, strict=True):
            self.bucket.put(key, content)
        self.jobs[job_id] = self.jobs[job_id]._replace(state="Success", outputs=keys, details=details)
        return keys

    def fail(self, job_id: str, reason: str) -> None:
        self.jobs[job_id] = self.jobs[job_id]._replace(state="Fail", reason=reason)


@dataclass
class FakeAnalysing:
    """What each kind of question is answered; `calls` are the questions. `refuse` is raised by the next."""

    quality: float = 66.88
    image_labels: ImageLabels = field(default_factory=lambda: ImageLabels([Tag("garden", 0.9)], ()))
    jobs: dict[int, AnalysisJob] = field(default_factory=dict)
    batches: dict[int, list[int]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refuse: Exception | None = None

    def image_quality(self, url: str) -> ImageQuality:
        self._called("image_quality")
        return ImageQuality(self.quality)

    def faces(self, url: str) -> Sequence[Face]:
        self._called("faces")
        return [Face((0.0, 0.0, 120.0, 120.0), 0, 0.8)]

    def age(self, url: str) -> Age:
        self._called("age")
        return Age("20-29", 0.7)

    def labels(self, url: str, top_k: int = 10, embedding: bool = True) -> ImageLabels:
        self._called("labels")
        return self.image_labels

    def painting_labels(self, url: str, options: PaintingOptions) -> PaintingLabels:
        self._called("painting_labels")
        return PaintingLabels("1girl, solo", ["1girl", "solo"])

    def reshape_body(self, url: str, degree: float) -> Picture:
        self._called("reshape_body")
        return Picture(b"\xff\xd8 slim")

    def remove_watermark(self, url: str) -> Picture:
        self._called("remove_watermark")
        return Picture(b"\x89PNG clean")

    def classify_post(self, video_url: str, images: Sequence[str], text: str, options: VideoLabelOptions) -> int:
        return self._begin("classify_post", video_url or images[0])

    def video_quality(self, url: str) -> int:
        return self._begin("video_quality", url)

    def classify_video(self, url: str, title: str, options: VideoLabelOptions) -> int:
        return self._begin("classify_video", url)

    def video_quality_batch(self, urls: Sequence[str]) -> int:
        return self._begin_batch("video_quality_batch", urls)

    def classify_videos(self, videos: Sequence[tuple[str, str]], options: VideoLabelOptions) -> int:
        return self._begin_batch("classify_videos", [url for url, _ in videos])

    def job(self, job_id: int) -> AnalysisJob:
        self._called("job")
        return self.jobs[job_id]

    def batch(self, batch_id: int) -> Sequence[AnalysisJob]:
        self._called("batch")
        return [self.jobs[job_id] for job_id in self.batches[batch_id]]

    def succeed(self, results: Mapping[int, VideoQuality | VideoLabels]) -> None:
        for job_id, result in results.items():
            self.jobs[job_id] = self.jobs[job_id]._replace(state="done", message="success", result=result)

    def _begin(self, call: str, address: str) -> int:
        self._called(call)
        job_id = 100 + len(self.jobs)
        self.jobs[job_id] = AnalysisJob(job_id, "waiting", "", address)
        return job_id

    def _begin_batch(self, call: str, addresses: Sequence[str]) -> int:
        self._called(call)
        batch_id = 1 + len(self.batches)
        self.batches[batch_id] = [100 + len(self.jobs) + place for place, _ in enumerate(addresses)]
        for job_id, address in zip(self.batches[batch_id], addresses, strict=True):
            self.jobs[job_id] = AnalysisJob(job_id, "waiting", "", address)
        return batch_id

    def _called(self, call: str) -> None:
        if self.refuse is not None:
            problem, self.refuse = self.refuse, None
            raise problem
        self.calls.append(call)
