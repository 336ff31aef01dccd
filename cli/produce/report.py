"""What a production job found, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import Output
from sightline.ims.production.client import ProductionJob
from sightline.ims.production.results import cover_images, music_segments, quality_scores


def details_json(job: ProductionJob, outputs: Mapping[str, str]) -> Any:
    """Typed where the function finds something out; else as the service told it. `outputs` are by their keys."""
    if job.state != "Success":
        return None
    if job.function == "Cover":
        images = cover_images(job)
        return [{"score": image.score, "seconds": image.seconds, "image": outputs.get(image.key, image.key)} for image in images]
    if job.function == "MusicSegmentDetect":
        return [segment._asdict() for segment in music_segments(job)]
    if job.function == "AudioQualityAssessment":
        return dict(quality_scores(job))
    return _with_places(job.details, outputs)


def _with_places(told: Any, outputs: Mapping[str, str]) -> Any:
    """Files that a result names are where `outputs` says: what was lent for the job alone is gone by now."""
    if isinstance(told, Mapping):
        return {name: _with_places(value, outputs) for name, value in told.items()}
    if isinstance(told, list):
        return [_with_places(value, outputs) for value in told]
    return outputs.get(told, told) if isinstance(told, str) else told


def show_details(output: Output, job: ProductionJob, outputs: Mapping[str, str]) -> None:
    told = details_json(job, outputs)
    if job.function == "AudioQualityAssessment" and isinstance(told, dict):
        output.table(("measure", ""), [(name, f"{value:g}") for name, value in told.items()])
    elif job.function in ("Cover", "MusicSegmentDetect") and told:
        output.table(tuple(told[0]), [tuple(_shown(value) for value in row.values()) for row in told])
    elif job.function == "MusicSegmentDetect" and job.state == "Success":
        output.say("no chorus was found")


def _shown(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else "" if value is None else str(value)
