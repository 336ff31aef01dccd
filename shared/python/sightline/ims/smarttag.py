"""Smart tag jobs: submit one, ask about it, understand its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sightline.ims.transport import ImsTransport, Json

_Model = TypeVar("_Model", bound=BaseModel)

JobState = Literal["Submitted", "Processing", "Success", "Fail"]

_LONGEST_TITLE_BYTES = 256
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Labels(BaseModel):
    model_config = ConfigDict(extra="ignore")

    human: bool = False
    package: bool = False
    pet: bool = False
    vehicle: bool = False

    def names(self) -> list[str]:
        return [name for name, present in self if present]


class EventDescription(BaseModel):
    """The decoded `EventDesc` of a job; its texts come from a model and are not to be trusted."""

    model_config = ConfigDict(extra="ignore")

    title: str = ""
    brief: str = ""
    caption: str = ""
    event: list[str] = Field(default_factory=list)
    object: list[str] = Field(default_factory=list)
    action: list[str] = Field(default_factory=list)
    label: Labels = Field(default_factory=Labels)


class EngineNote(BaseModel):
    """What the laptop cloud says of the engine that answered; the cloud sends nothing of the kind."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    name: str
    seconds: float | None = None
    cannot_see: list[str] = Field(default_factory=list, alias="cannotSee")
    notes: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class SmarttagResult:
    description: EventDescription
    engine: EngineNote | None


@dataclass(frozen=True)
class SmarttagJob:
    """`result` is set for a job that ended well, `reason` for one that failed."""

    job_id: str
    state: JobState
    user_data: str
    result: SmarttagResult | None = None
    reason: str = ""


@dataclass(frozen=True)
class SmarttagInput:
    """Addresses that IMS can fetch; `is_video` adds what the IPC guide wants for a video."""

    urls: Sequence[str]
    is_video: bool


class SmarttagClient:
    def __init__(self, transport: ImsTransport, template_id: str, pipeline_id: str, language: str) -> None:
        self._transport = transport
        self._template_id = template_id
        self._pipeline_id = pipeline_id
        self._language = language

    def submit(self, title: str, source: SmarttagInput, device: str | None, user_data: str) -> str:
        """The job id. Never sent twice: the service has no client token, so a second call is a second job."""
        media: Json = {"type": "URL", "inputs": list(source.urls)}
        if source.is_video:
            media["extra"] = {"mediaType": "video", "fps": 2, "targetLanguage": self._language}
        answer = self._transport.call(
            "SubmitSmarttagJob",
            {
                "Title": _cut(title, _LONGEST_TITLE_BYTES),
                "Input": _compact({"Media": _compact(media), "Type": "Multi"}),
                "TemplateId": self._template_id,
                "Params": _compact({"vlEventDescParams": {"deviceId": device}}) if device else None,
                "ScheduleConfig": _compact({"PipelineId": self._pipeline_id}) if self._pipeline_id else None,
                "UserData": user_data,
            },
            again=False,
        )
        return str(answer["JobId"])

    def query(self, job_id: str) -> SmarttagJob:
        answer = self._transport.call("QuerySmarttagJob", {"JobId": job_id})
        state: JobState = answer["JobStatus"]
        items = (answer.get("Results") or {}).get("Result") or []
        user_data = str(answer.get("UserData") or "")
        if state == "Success":
            return SmarttagJob(job_id, state, user_data, result=_result(items))
        return SmarttagJob(job_id, state, user_data, reason=_reason(items) if state == "Fail" else "")


def _result(items: list[Json]) -> SmarttagResult | None:
    """None where there is no usable EventDesc among the results."""
    by_type = {str(item.get("Type")): decode_data(str(item.get("Data", ""))) for item in items}
    description, engine = by_type.get("EventDesc"), by_type.get("Engine")
    said = _valid(EventDescription, description)
    return None if said is None else SmarttagResult(said, _valid(EngineNote, engine))


def _valid(model: type[_Model], data: Any) -> _Model | None:
    """None for what has another form than documented: a language model wrote some of it."""
    try:
        return model.model_validate(_cleaned(data))
    except ValidationError:
        return None


def decode_data(data: str) -> Any:
    """JSON that may be encoded twice: EventDesc is a string in a string; `Meta` ends in white space. The text itself on failure."""
    value: Any = data.strip()
    for _ in range(3):
        if not isinstance(value, str):
            return value
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return value


def _cleaned(value: Any) -> Any:
    """The same without control characters, since captions go to terminals and pages; a field that is null is one left out."""
    if isinstance(value, str):
        return _CONTROL.sub(" ", value).strip()
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {name: _cleaned(item) for name, item in value.items() if item is not None}
    return value


def _reason(items: list[Json]) -> str:
    """Why a job failed stands in the first result's Data, as Alibaba's own MCP server reads it."""
    data = decode_data(str(items[0].get("Data", ""))) if items else ""
    return _cleaned(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)) or "the service gave no reason"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")
