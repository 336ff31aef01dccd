"""A service asked about its inputs: an image at once, videos and posts by a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.analyse.inputs import Input
from cli.errors import FAILED, TOO_LATE, USAGE, CommandError
from cli.following import Followed, Following
from cli.output import Output
from sightline.pai.client import AnalysisJob, PaiClient
from sightline.pai.options import ImageLabelOptions, PaintingOptions, ReshapingOptions, VideoLabelOptions
from sightline.pai.services import Service


@dataclass(frozen=True)
class Asked:
    """`text` is a post's, `title` a video's."""

    service: Service
    options: Mapping[str, Any]
    text: str = ""
    title: str = ""


def look_at(pai: PaiClient, asked: Asked, url: str) -> Any:
    """What an image's service finds: one of `sightline.pai.results`. Raises SightlineError."""
    options = asked.service.options.read(asked.options)
    if isinstance(options, ImageLabelOptions):
        return pai.labels(url, options.top_k, options.embedding)
    if isinstance(options, PaintingOptions):
        return pai.painting_labels(url, options)
    if isinstance(options, ReshapingOptions):
        return pai.reshape_body(url, options.degree)
    simple: Mapping[str, Callable[[str], Any]] = {
        "image_qa": pai.image_quality,
        "face_attr_image": pai.faces,
        "fairface": pai.age,
        "watermark_remover": pai.remove_watermark,
    }
    return simple[asked.service.name](url)


@dataclass(frozen=True)
class Submitted:
    """A job, or a batch of them."""

    id: int
    is_batch: bool

    @property
    def name(self) -> str:
        return f"{'batch' if self.is_batch else 'job'} {self.id}"

    @property
    def scratch_name(self) -> str:
        """What it is called among those that files are lent to."""
        return f"analysis {self.name}"

    def to_json(self) -> dict[str, int]:
        return {"batch_id" if self.is_batch else "job_id": self.id}


def submit(pai: PaiClient, asked: Asked, inputs: Sequence[Input]) -> Submitted:
    """Raises SightlineError and CommandError."""
    options = asked.service.options.read(asked.options)
    if asked.service.source == "post":
        chosen = options if isinstance(options, VideoLabelOptions) else VideoLabelOptions()
        return Submitted(_post(pai, asked, inputs, chosen), is_batch=False)
    urls = [each.url for each in inputs]
    if isinstance(options, VideoLabelOptions):
        if len(urls) == 1:
            return Submitted(pai.classify_video(urls[0], asked.title, options), is_batch=False)
        return Submitted(pai.classify_videos([(url, asked.title) for url in urls], options), is_batch=True)
    if len(urls) == 1:
        return Submitted(pai.video_quality(urls[0]), is_batch=False)
    return Submitted(pai.video_quality_batch(urls), is_batch=True)


def _post(pai: PaiClient, asked: Asked, inputs: Sequence[Input], options: VideoLabelOptions) -> int:
    videos = [each.url for each in inputs if not each.is_image]
    if len(videos) > 1:
        raise CommandError("a post has one video at most", "name one, and as many images as you like", USAGE)
    return pai.classify_post(videos[0] if videos else "", [each.url for each in inputs if each.is_image], asked.text, options)


def follow(pai: PaiClient, submitted: Submitted, count: int, output: Output, seconds: float) -> Followed[Sequence[AnalysisJob]]:
    """`count` is how many videos a batch has, as far as that is known: its jobs may not all be there at once."""

    def look() -> Sequence[AnalysisJob]:
        return pai.batch(submitted.id) if submitted.is_batch else [pai.job(submitted.id)]

    def is_over(jobs: Sequence[AnalysisJob]) -> bool:
        return len(jobs) >= max(count if submitted.is_batch else 1, 1) and all(job.state in ("done", "failed") for job in jobs)

    return Following(look, _state, is_over).run(output, seconds)


def _state(jobs: Sequence[AnalysisJob]) -> str:
    if len(jobs) == 1:
        job = jobs[0]
        return f"{job.state} ({job.message})" if job.message and job.message != "success" else job.state
    return ", ".join(f"{count} {state}" for state, count in Counter(job.state for job in jobs).items()) or "waiting"


def judge(followed: Followed[Sequence[AnalysisJob]], submitted: Submitted, later: str) -> None:
    """Raises CommandError where it is not over, or where a job failed; `later` is the command that looks again."""
    if not followed.is_over:
        raise CommandError(f"{submitted.name} is not done yet", f"it goes on; {later} looks at it", TOO_LATE)
    failed = [job for job in followed.job if job.state == "failed" or job.result is None]
    if failed:
        reason = failed[0].message if failed[0].state == "failed" else "its result can't be read"
        raise CommandError(f"{len(failed)} of {len(followed.job)} failed: {reason}", "mend what it names, and try again", FAILED)
