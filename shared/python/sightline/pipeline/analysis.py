"""PAI's jobs: images are answered at once, videos are asked about by the sweep, since PAI sends no callbacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sightline.errors import ServiceRefused, UnusableAnswer
from sightline.media.types import Media
from sightline.pai.options import ImageLabelOptions, PaintingOptions, ReshapingOptions, VideoLabelOptions
from sightline.pai.results import Tag, VideoLabels, VideoQuality
from sightline.pai.services import service_of
from sightline.pipeline.derivatives import remember_likeness
from sightline.pipeline.plan import output_folder
from sightline.pipeline.ports import Analysing, Pipeline
from sightline.record.findings import LONGEST_TAG, MOST_TAGS, Derived, Findings, FoundTag
from sightline.rules.model import Job
from sightline.untrusted import plain

# By their first bytes: PAI does not say in which format it answers a picture.
_FORMATS: Mapping[bytes, str] = {b"\xff\xd8": ".jpg", b"\x89PNG": ".png", b"RIFF": ".webp", b"GIF8": ".gif"}


def submit_analysis(pipeline: Pipeline, media: Media, job: Job) -> Findings | str:
    """What an image's service answered, or the id of a video's job.

    Raises BadInput, UnusableAnswer, ServiceRefused and ServiceUnreachable.
    """
    service = service_of(job.task)
    service.limits.check("size", media.size, None, None)
    url = pipeline.media_bucket.presign(media.key, pipeline.settings.input_url_seconds)
    client = pipeline.analysing()
    if service.is_job:
        return str(_begin(client, media, job, url))
    if service.makes_picture:
        return _keep_picture(pipeline, media, job, _picture(client, job, url))
    found, embedding = _look(client, job, url)
    return found._replace(alike=_remember(pipeline, media, embedding))


def findings_of_video(pipeline: Pipeline, media: Media, result: VideoQuality | VideoLabels | None) -> Findings:
    """Raises UnusableAnswer for a job that ended well and says nothing."""
    if isinstance(result, VideoQuality):
        return Findings(quality=result.score, seconds=result.seconds)
    if result is None:
        raise UnusableAnswer("PAI", "GetAsyncJob", "Result", "says nothing that is known", retryable=False)
    tags = _tags([*result.classes, *result.tags])
    return Findings(tags=tags, alike=_remember(pipeline, media, result.embedding), seconds=result.seconds)


def video_of(pipeline: Pipeline, media: Media) -> tuple[str, str]:
    """Address and title, as a batch takes them."""
    return pipeline.media_bucket.presign(media.key, pipeline.settings.input_url_seconds), media.key.rpartition("/")[2]


def begin_batch(client: Analysing, job: Job, videos: Sequence[tuple[str, str]]) -> int:
    """The batch's id; only for services that take one."""
    if job.task == "video_qa":
        return client.video_quality_batch([url for url, _ in videos])
    return client.classify_videos(videos, VideoLabelOptions.read(job.parameters))


def takes_batches(job: Job) -> bool:
    return job.task in ("video_qa", "classify_label_video")


def _begin(client: Analysing, media: Media, job: Job, url: str) -> int:
    title = media.key.rpartition("/")[2]
    if job.task == "video_qa":
        return client.video_quality(url)
    options = VideoLabelOptions.read(job.parameters)
    if job.task == "classify_label_video":
        return client.classify_video(url, title, options)
    video, images = (url, []) if media.kind == "video" else ("", [url])
    return client.classify_post(video, images, title, options)


def _look(client: Analysing, job: Job, url: str) -> tuple[Findings, Sequence[float]]:
    """What a service of images says, and the embedding, empty without one."""
    if job.task == "image_qa":
        return Findings(quality=client.image_quality(url).score), ()
    if job.task == "multi_label_image_v2":
        options = ImageLabelOptions.read(job.parameters)
        labels = client.labels(url, options.top_k, options.embedding)
        return Findings(tags=_tags(labels.tags)), labels.embedding
    if job.task == "tagger":
        return Findings(tags=[FoundTag(name, 1.0) for name in client.painting_labels(url, PaintingOptions.read(job.parameters)).tags]), ()
    if job.task == "fairface":
        age = client.age(url)
        return Findings(tags=[FoundTag(f"age {age.years}", age.probability or 0.0)]), ()
    faces = client.faces(url)
    return Findings(tags=[FoundTag("face", max(face.score or 0.0 for face in faces))] if faces else []), ()


def _picture(client: Analysing, job: Job, url: str) -> bytes:
    if job.task == "body_reshaping":
        return client.reshape_body(url, ReshapingOptions.read(job.parameters).degree).content
    return client.remove_watermark(url).content


def _keep_picture(pipeline: Pipeline, media: Media, job: Job, picture: bytes) -> Findings:
    extension = next((extension for begin, extension in _FORMATS.items() if picture.startswith(begin)), "")
    if not extension:
        raise ServiceRefused("PAI", job.task, 200, "UnusableAnswer", "its data is no picture")
    key = f"{output_folder(pipeline, media, job)}{job.task}{extension}"
    pipeline.media_bucket.put(key, picture, {".jpg": "image/jpeg"}.get(extension, f"image/{extension[1:]}"))
    return Findings(derived=[Derived(job.task, key)])


def _remember(pipeline: Pipeline, media: Media, embedding: Sequence[float]) -> int:
    """How many numbers it has; one without a direction is like nothing, and is not kept."""
    if not any(embedding):
        return 0
    remember_likeness(pipeline, media, embedding)
    return len(embedding)


def _tags(told: Sequence[Tag]) -> Sequence[FoundTag]:
    return [FoundTag(plain(tag.name, LONGEST_TAG), tag.score) for tag in told][:MOST_TAGS]
