"""The parameters of SubmitIProductionJob, QueryIProductionJob and CancelIProductionJob, with their documented limits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, Json

from localcloud.ims.parameters import Parameters


class Input(Parameters):
    type: Literal["OSS", "Media"]
    media: str = Field(min_length=1)


class Output(Parameters):
    """`media` is an address where Type is OSS; where it is Media, an id or nothing, which asks for a new media."""

    type: Literal["OSS", "Media"]
    media: str = ""
    biz: Literal["IMS", "VOD"] | None = None
    output_url: str | None = None


class Schedule(Parameters):
    pipeline_id: str | None = None
    priority: int = Field(6, ge=1, le=10, strict=True)


class SubmitIProductionJob(Parameters):
    function_name: str
    input: Json[Input]
    output: Json[Output]
    job_params: str | None = None
    schedule_config: Json[Schedule] = Schedule()
    name: str | None = Field(None, max_length=100)
    user_data: str | None = Field(None, max_length=256)
    template_id: str | None = None
    model_id: str | None = None


class OneJob(Parameters):
    """QueryIProductionJob and CancelIProductionJob."""

    job_id: str
    client_token: str | None = None
