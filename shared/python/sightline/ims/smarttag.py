"""Smart tag jobs: submit one, ask about it, understand its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sightline.errors import BadInput, UnusableAnswer
from sightline.ims.answers import Json, as_text, compact, decode_data, is_job_id, objects, shown
from sightline.ims.descriptions import EventDescription, Labels, SmarttagResult, read_results
from sightline.ims.transport import ImsTransport
from sightline.untrusted import plain
from sightline.value import Value

__all__ = [
    "EventDescription",
    "Labels",
    "SmarttagClient",
    "SmarttagInput",
    "SmarttagJob",
    "SmarttagResult",
    "decode_data",
]

JobState = Literal["Submitted", "Processing", "Success", "Fail"]

_STATES: dict[str, JobState] = {"submitted": "Submitted", "processing": "Processing", "success": "Success", "fail": "Fail"}
_LONGEST_TITLE_BYTES = 256
_LONGEST_REASON = 1_000


class SmarttagJob(Value):
    """`result` is set for a job that ended well. `reason` says why one failed, why a result can't be used, or which state is meant."""

    job_id: str
    state: JobState
    user_data: str
    result: SmarttagResult | None = None
    reason: str = ""


class SmarttagInput(Value):
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
        """The job id. Never sent twice: the service has no client token, so a second call is a second job.

        Raises ServiceRefused and ServiceUnreachable; UnusableAnswer where a job may run whose id was not told.
        """
        media: Json = {"type": "URL", "inputs": list(source.urls)}
        if source.is_video:
            media["extra"] = {"mediaType": "video", "fps": 2, "targetLanguage": self._language}
        answer = self._transport.call(
            "SubmitSmarttagJob",
            {
                "Title": _cut(plain(title), _LONGEST_TITLE_BYTES),
                "Input": compact({"Media": compact(media), "Type": "Multi"}),
                "TemplateId": self._template_id,
                "Params": compact({"vlEventDescParams": {"deviceId": device}}) if device else None,
                "ScheduleConfig": compact({"PipelineId": self._pipeline_id}) if self._pipeline_id else None,
                "UserData": user_data,
            },
            again=False,
        )
        told = answer.get("JobId")
        job_id = as_text(told)
        if isinstance(told, (list, dict)) or not is_job_id(job_id):
            raise UnusableAnswer("IMS", "SubmitSmarttagJob", "JobId", f"is {shown(told)}", retryable=False)
        return job_id

    def query(self, job_id: str) -> SmarttagJob:
        """How the job stands. A state that is missing or not documented counts as not finished, so that the job's deadline decides.

        Raises BadInput for what can be no job's id; ServiceRefused and ServiceUnreachable; UnusableAnswer where the answer tells neither
        a state nor whose job it is.
        """
        if not is_job_id(job_id):
            raise BadInput("JobId", f"is {shown(job_id)}", "ask about a job as SubmitSmarttagJob named it")
        answer = self._transport.call("QuerySmarttagJob", {"JobId": job_id})
        told = answer.get("JobStatus")
        user_data = _user_data(answer.get("UserData"))
        state = _STATES.get(told.strip().lower()) if isinstance(told, str) else None
        if state is None:
            if not told and not user_data:
                raise UnusableAnswer("IMS", "QuerySmarttagJob", "JobStatus", f"is {shown(told)}", retryable=True)
            return SmarttagJob(job_id, "Processing", user_data, reason=f"the service says {shown(told)}, which is no known state")
        items = _items(answer.get("Results"))
        if state == "Success":
            return _succeeded(job_id, user_data, read_results(items))
        return SmarttagJob(job_id, state, user_data, reason=_reason(items) if state == "Fail" else "")


def _succeeded(job_id: str, user_data: str, read: SmarttagResult | str) -> SmarttagJob:
    if isinstance(read, str):
        return SmarttagJob(job_id, "Success", user_data, reason=plain(read, _LONGEST_REASON))
    return SmarttagJob(job_id, "Success", user_data, read)


def _items(results: Any) -> list[Json]:
    """`Results` is documented as an object around the list `Result`, which QueryVideoCognitionJob spells `result`."""
    held = decode_data(results)
    if isinstance(held, dict):
        held = held.get("Result", held.get("result"))
    return objects(decode_data(held))


def _user_data(told: Any) -> str:
    """What `submit` gave the job, or what the service put there instead, fit to be encoded."""
    return as_text(told).encode(errors="replace").decode()


def _reason(items: list[Json]) -> str:
    """Why a job failed stands in the first result's Data, as Alibaba's own MCP server reads it."""
    data = decode_data(items[0].get("Data")) if items else ""
    return plain(as_text(data), _LONGEST_REASON) or "the service gave no reason"


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")
