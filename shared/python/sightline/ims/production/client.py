"""Production jobs: submit one, ask about it, end it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sightline.errors import BadInput, UnusableAnswer
from sightline.ims.answers import Json, as_text, compact, is_job_id, shown
from sightline.ims.production.addresses import check_output, is_media_id
from sightline.ims.production.answers import JobState, read_bucket, read_job_state, read_keys, read_result
from sightline.ims.production.parameters import check_order, function_of, read
from sightline.ims.transport import ImsTransport
from sightline.untrusted import plain
from sightline.value import Value

__all__ = ["JobState", "ProductionClient", "ProductionJob", "ProductionRequest"]

_LONGEST_FUNCTION = 100


class ProductionRequest(Value):
    """`source` is an object's address or a media asset's id, `output` an address with the placeholders that the function needs.

    `parameters` are the function's own, by their names in JobParams. A `priority` of 1 to 10; IMS's pages contradict each other on
    which of the two goes first.
    """

    function: str
    source: str
    output: str
    parameters: Mapping[str, Any] = MappingProxyType({})
    user_data: str = ""
    name: str = ""
    priority: int | None = None
    model_id: str = ""


class ProductionJob(Value):
    """`outputs` are keys of objects in `bucket`, which is empty where no address of them was told.

    `details` is the innermost Data of what the job says it found, None where it says nothing. `reason` says why a job failed, or which
    state is meant where none is known. `notes` are what the laptop cloud says was left out, or done in part.
    """

    job_id: str
    function: str
    state: JobState
    user_data: str
    outputs: Sequence[str] = ()
    details: Any = None
    reason: str = ""
    notes: Sequence[str] = ()
    bucket: str = ""


class ProductionClient:
    def __init__(self, transport: ImsTransport, pipeline_id: str) -> None:
        self._transport = transport
        self._pipeline_id = pipeline_id

    def submit(self, request: ProductionRequest) -> str:
        """The job id. Never sent twice: the service has no client token for it, so a second call is a second job.

        Raises BadInput before anything is sent; ServiceRefused and ServiceUnreachable; UnusableAnswer where a job may run whose id was
        not told.
        """
        answer = self._transport.call("SubmitIProductionJob", _order(request, self._pipeline_id), again=False)
        told = answer.get("JobId")
        job_id = as_text(told)
        if isinstance(told, (list, dict)) or not is_job_id(job_id):
            raise UnusableAnswer("IMS", "SubmitIProductionJob", "JobId", f"is {shown(told)}", retryable=False)
        return job_id

    def query(self, job_id: str) -> ProductionJob:
        """How the job stands. A state that is missing or not documented counts as running, so that the job's deadline decides.

        Raises BadInput for what can be no job's id; ServiceRefused and ServiceUnreachable; UnusableAnswer where the answer tells neither
        a state nor whose job it is.
        """
        answer = self._transport.call("QueryIProductionJob", {"JobId": _checked(job_id)})
        told, user_data = answer.get("Status"), as_text(answer.get("UserData")).encode(errors="replace").decode()
        function = plain(as_text(answer.get("FunctionName")), _LONGEST_FUNCTION)
        state = read_job_state(told)
        if state is None:
            if not told and not user_data:
                raise UnusableAnswer("IMS", "QueryIProductionJob", "Status", f"is {shown(told)}", retryable=True)
            reason = f"the service says {shown(told)}, which is no known state"
            return ProductionJob(job_id, function, "Analysing", user_data, reason=reason)
        if state not in ("Success", "Fail"):
            return ProductionJob(job_id, function, state, user_data)
        result = read_result(answer.get("Result"))
        if state == "Fail":
            return ProductionJob(job_id, function, state, user_data, (), result.details, result.failure, result.notes)
        keys = read_keys(answer) or result.keys()
        return ProductionJob(job_id, function, state, user_data, keys, result.details, "", result.notes, read_bucket(answer))

    def cancel(self, job_id: str) -> None:
        """End a job that waits or runs. Raises as `query` does."""
        self._transport.call("CancelIProductionJob", {"JobId": _checked(job_id)})


def _order(request: ProductionRequest, pipeline_id: str) -> Mapping[str, str | None]:
    """Raises BadInput."""
    parameters = read(request.function, request.parameters, request.model_id).document()
    check_output(request.output, function_of(request.function).placeholder)
    check_order(request.source, request.user_data, request.name, request.priority)
    schedule: Json = {"PipelineId": pipeline_id} if pipeline_id else {}
    if request.priority is not None:
        schedule["Priority"] = request.priority
    return {
        "FunctionName": request.function,
        "Input": compact({"Media": request.source, "Type": "Media" if is_media_id(request.source) else "OSS"}),
        "Output": compact({"Media": request.output, "Type": "OSS"}),
        "JobParams": compact(parameters) if parameters else None,
        "ScheduleConfig": compact(schedule) if schedule else None,
        "UserData": request.user_data or None,
        "Name": request.name or None,
        "ModelId": request.model_id or None,
    }


def _checked(job_id: str) -> str:
    if not is_job_id(job_id):
        raise BadInput("JobId", f"is {shown(job_id)}", "ask about a job as SubmitIProductionJob named it")
    return job_id
