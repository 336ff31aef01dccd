"""How a production job is ordered."""

from __future__ import annotations

from sightline.ims.production.client import ProductionRequest
from sightline.ims.production.parameters import function_of, output_extension
from sightline.media.types import Media
from sightline.pipeline.home import way_home
from sightline.pipeline.plan import output_folder
from sightline.pipeline.ports import Pipeline
from sightline.rules.model import Job

LONGEST_NAME = 100
MODEL = "ModelId"
"""Stands among a rule's parameters, and beside JobParams in a request."""


def submit_production(pipeline: Pipeline, media: Media, job: Job) -> str:
    """The job's id. Raises BadInput, UnusableAnswer, ServiceRefused and ServiceUnreachable."""
    parameters = dict(job.parameters)
    model_id = str(parameters.pop(MODEL, ""))
    output = f"oss://{media.bucket}/{output_folder(pipeline, media, job)}{output_name(job)}"
    name = media.key.rpartition("/")[2][:LONGEST_NAME]
    source = f"oss://{media.bucket}/{media.key}"
    request = ProductionRequest(job.task, source, output, parameters, way_home(media, job.name), name, model_id=model_id)
    return pipeline.producing().submit(request)


def output_name(job: Job) -> str:
    """In its folder, placeholders and all. Raises BadInput for an unknown function, or parameters that it does not take."""
    function = function_of(job.task)
    suffix = f"-{function.placeholder}" if function.placeholder else ""
    parameters = {name: value for name, value in job.parameters.items() if name != MODEL}
    # A function that makes no file is given an address all the same: IMS wants one.
    return f"{function.name}{suffix}{output_extension(function.name, parameters) or '.json'}"
