"""The objects that a media consists of, and what a job is given of them."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.errors import BadInput
from sightline.ims.smarttag import SmarttagInput
from sightline.media.types import Media
from sightline.pipeline.ports import Pipeline


def job_input(pipeline: Pipeline, media: Media) -> SmarttagInput:
    """Presigned addresses of the media's objects. Raises BadInput."""
    seconds = pipeline.settings.input_url_seconds
    urls = [pipeline.media_bucket.presign(key, seconds) for key in image_keys(pipeline, media)]
    return SmarttagInput(urls, is_video=media.kind == "video")


def image_keys(pipeline: Pipeline, media: Media) -> Sequence[str]:
    """The media itself, or the images of its manifest. Raises BadInput."""
    if media.kind != "sequence":
        return [media.key]
    from sightline.media.manifest import parse_manifest

    manifest = parse_manifest(media.key, pipeline.media_bucket.get(media.key) or b"", pipeline.settings.max_sequence_images)
    for key in manifest.image_keys:
        if pipeline.media_bucket.head(key) is None:
            raise BadInput("images", f"{key} is not in the bucket", "upload it, then upload manifest.json again")
    return manifest.image_keys
