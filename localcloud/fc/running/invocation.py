"""What an invocation gives back, and the ids by which invocations are told apart."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

from localcloud.fc.running.instances import Ran


@dataclass(frozen=True)
class Invocation:
    """The answer to InvokeFunction. `duration` in seconds, `memory` the peak in bytes; `error_type` is empty for a success."""

    status: int
    request_id: str
    payload: bytes = b""
    error_type: str = ""
    log_tail: bytes = b""
    duration: float = 0
    memory: int = 0
    instance_id: str = ""
    task_id: str = ""
    code_checksum: str = ""

    @classmethod
    def accepted(cls, request_id: str, task_id: str = "") -> Invocation:
        """An asynchronous one, which will run. Without an id of the caller's, the task has that of the request (struct AsyncTask)."""
        return cls(202, request_id, task_id=task_id or request_id)

    @classmethod
    def ended(cls, ran: Ran, request_id: str) -> Invocation:
        """A synchronous one. A function that failed is a success of the API: the status is 200 and `error_type` tells."""
        outcome = ran.outcome
        return cls(
            200,
            request_id,
            outcome.payload,
            outcome.error_type,
            outcome.log,
            outcome.duration,
            outcome.memory,
            ran.instance_id,
            code_checksum=ran.code_checksum,
        )

    def headers(self, *, log_tail: bool = False) -> dict[str, str]:
        """The response headers of InvokeFunction (official help, and the code of devsapp/fc3 that reads them)."""
        headers = {"X-Fc-Request-Id": self.request_id}
        if self.status == 202:
            return headers | {"X-Fc-Async-Task-Id": self.task_id}
        headers |= {
            "Content-Type": "application/octet-stream",
            "X-Fc-Instance-Id": self.instance_id,
            "X-Fc-Code-Checksum": self.code_checksum,
            "X-Fc-Invocation-Service-Version": "LATEST",
            "X-Fc-Invocation-Duration": str(round(self.duration * 1000)),
            "X-Fc-Max-Memory-Usage": f"{self.memory / 2**20:.2f}",
        }
        if self.error_type:
            headers["X-Fc-Error-Type"] = self.error_type
        if log_tail:
            headers["X-Fc-Log-Result"] = base64.b64encode(self.log_tail).decode()
        return headers


def new_request_id(now: float) -> str:
    """An id in Function Compute's form, such as `1-64f6cd87-16c5a1b0-39659f2a81c0`."""
    return f"1-{int(now):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"
