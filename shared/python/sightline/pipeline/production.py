"""How a production job is ordered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sightline.ims.production.client import ProductionRequest
from sightline.ims.production.parameters import function_of
from sightline.media.types import Media
from sightline.pipeline.home import way_home
from sightline.pipeline.plan import output_folder
from sightline.pipeline.ports import Pipeline
from sightline.rules.model import Job

LONGEST_NAME = 100


def submit_production(pipeline: Pipeline, media: Media, job: Job) -> str:
    """The job's id. Raises BadInput, UnusableAnswer, ServiceRefused and ServiceUnreachable."""
    parameters = dict(job.parameters)
    model_id = str(parameters.pop("ModelId", ""))
    output = f"oss://{media.bucket}/{output_folder(pipeline, media, job)}{output_name(job)}"
    name = media.key.rpartition("/")[2][:LONGEST_NAME]
    source = f"oss://{media.bucket}/{media.key}"
    request = ProductionRequest(job.task, source, output, parameters, way_home(media, job.name), name, model_id=model_id)
    return pipeline.producing().submit(request)


def output_name(job: Job) -> str:
    """In its folder, placeholders and all. Raises BadInput for an unknown function."""
    function = function_of(job.task)
    suffix = f"-{function.placeholder}" if function.placeholder else ""
    return f"{function.name}{suffix}{_extension(function.extension, job.parameters)}"


def _extension(usual: str, parameters: Mapping[str, Any]) -> str:
    """By what the parameters make of it: a moving cover is a GIF, a green screen with a background an MP4."""
    if str(parameters.get("Model", "")).lower() == "gif":
        return ".gif"
    return ".mp4" if parameters.get("bgimage") else usual or ".json"
