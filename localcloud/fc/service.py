"""Function Compute on a laptop: the functions of a project, their triggers and their API."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.fc.api.descriptions import Descriptions
from localcloud.fc.api.wire import Api
from localcloud.fc.errors import InvalidArgument, PayloadTooLarge, UnknownFunction
from localcloud.fc.project.project import Project
from localcloud.fc.project.trigger import HttpTrigger
from localcloud.fc.running.instance import Call
from localcloud.fc.running.instances import Instances, Limits, Running
from localcloud.fc.running.invocation import Invocation, new_request_id
from localcloud.fc.running.launching import Launcher
from localcloud.fc.running.logs import FunctionLog
from localcloud.fc.running.queue import AsyncInvocations, growing_delay
from localcloud.fc.triggers.http_trigger import HttpFunction
from localcloud.fc.triggers.triggers import Triggers
from localcloud.http import Later, Reply, Request, Service, Terms, Trouble
from localcloud.identity import Keyring
from localcloud.place import Place
from localcloud.ports import ObjectEvent, Queues, TopicMessage

SYNC_BYTES = 32 * 2**20
ASYNC_BYTES = 128 * 2**10
_TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
WAIT_SECONDS = 10.0
"""How long a synchronous call waits for a free instance. The cloud would start one of its 300; a laptop has fewer."""


@dataclass(frozen=True)
class HttpEntry:
    """A function with an HTTP trigger, and the service to put behind a port of its own."""

    function: str
    service: Service


class FunctionCompute:
    """Runs a project's functions. State lives in `<data>/fc`, what functions print in `<data>/logs`.

    `layers` gives, for the name of each layer that a function names, the folder whose content would be /opt, or a zip file of it.
    `python` runs the functions, with the packages that are installed for it unless it is `bare`. Raises ProjectError if a layer is
    unknown.
    """

    def __init__(
        self,
        data: Path,
        place: Place,
        keyring: Keyring,
        project: Project,
        layers: Mapping[str, Path],
        queues: Queues,
        clock: Callable[[], float] = time.time,
        python: Path = Path(sys.executable),
        limits: Limits | None = None,
        retry_delay: Callable[[int], float] = growing_delay,
        bare: bool = False,
    ) -> None:
        self.project = project
        self.place = place
        self.descriptions = Descriptions(place, clock())
        self._keyring = keyring
        self._clock = clock
        launcher = Launcher(place, keyring, project, layers, python, bare, data / "fc" / "unpacked")
        self._logs = {name: FunctionLog(data / "logs", name) for name in project.functions}
        reserved = {
            name: function.concurrency_config.reserved_concurrency
            for name, function in project.functions.items()
            if function.concurrency_config
        }
        self._instances = Instances(launcher.launch, lambda name, line: self._logs[name].write(line), limits, reserved)
        self._async = AsyncInvocations(
            data / "fc" / "invocations.sqlite",
            {name: function.async_invoke_config for name, function in project.functions.items()},
            self._instances.run,
            queues,
            place.function_arn,
            clock,
            self._instances.limits.per_function,
            retry_delay,
            self._check_role,
        )
        self._triggers = Triggers(project, place, queues, self, clock, keyring.authority)
        self._api = Api(self, keyring, clock)

    def start(self) -> None:
        self._instances.start()
        self._async.start()
        self._triggers.start()

    def stop(self) -> None:
        """End everything. What was running asynchronously runs again after the next start."""
        self._instances.stop()
        self._api.stop()
        self._triggers.stop()
        self._async.stop()
        for function_log in self._logs.values():
            function_log.close()

    def invoke(
        self,
        function: str,
        payload: bytes,
        *,
        kind: str = "Sync",
        log_tail: bool = False,
        request_id: str | None = None,
        task_id: str = "",
    ) -> Invocation:
        """InvokeFunction. `log_tail` asks for the last 4 KB of what a synchronous invocation printed.

        `task_id` is what an asynchronous one will be known by, its request id otherwise.
        Raises a Refused: UnknownFunction, InvalidArgument, PayloadTooLarge, TooManyInstances, KnownTask or Stopped.
        """
        if function not in self.project.functions:
            raise UnknownFunction(function)
        request_id = request_id or new_request_id(self._clock())
        if kind == "Async":
            if task_id and not _TASK_ID.fullmatch(task_id):
                raise InvalidArgument("the id of an async task has to be 1 to 128 letters, digits, hyphens and underscores")
            if len(payload) > ASYNC_BYTES:
                raise PayloadTooLarge(ASYNC_BYTES)
            self._async.put(function, payload, request_id, task_id)
            return Invocation.accepted(request_id, task_id)
        if kind != "Sync":
            raise InvalidArgument(f"the invocation type has to be Sync or Async, not '{kind}'")
        if len(payload) > SYNC_BYTES:
            raise PayloadTooLarge(SYNC_BYTES)
        invocation = self._run(function, payload, request_id)
        return invocation if log_tail else _without_log(invocation)

    def invoke_for_web(self, function: str, payload: bytes, *, kind: str, request_id: str, task_id: str) -> Invocation:
        """As `invoke`, for an HTTP trigger: the limit is on the body of its request, and the event around it may be longer."""
        if kind == "Sync":
            return _without_log(self._run(function, payload, request_id))
        return self.invoke(function, payload, kind=kind, request_id=request_id, task_id=task_id)

    def _check_role(self, function: str, action: str, resource: str) -> None:
        """Raises NotAllowed where the function has a role, which may not do this. FC sends outcomes to destinations with it."""
        role = self.project.functions[function].role
        if role:
            self._keyring.authority.check_service("fc.aliyuncs.com", role, action, resource)

    def _run(self, function: str, payload: bytes, request_id: str) -> Invocation:
        return Invocation.ended(self._instances.run(function, Call(request_id, payload), WAIT_SECONDS), request_id)

    @property
    def kept_invocations(self) -> AsyncInvocations:
        return self._async

    def running(self, function: str) -> list[Running]:
        """The instances of a function that are up."""
        return self._instances.running(function)

    def end(self, request_id: str) -> None:
        """End the instance that runs this request, if one does."""
        self._instances.end(request_id)

    def pending(self) -> int:
        """How many asynchronous invocations have not ended."""
        return self._async.pending()

    def http_triggers(self) -> list[HttpEntry]:
        """The functions that are on the web, each as a service that takes every request."""
        return [
            HttpEntry(name, HttpFunction(name, trigger, self.invoke_for_web, self._keyring, self.place, self._clock))
            for name, function in self.project.functions.items()
            for trigger in function.triggers
            if isinstance(trigger, HttpTrigger)
        ]

    def object_event(self, event: ObjectEvent) -> None:
        self._triggers.object_event(event)

    def topic_message(self, message: TopicMessage) -> None:
        self._triggers.topic_message(message)

    def claims(self, request: Request) -> bool:
        return self._api.claims(request)

    def terms(self, request: Request) -> Terms:
        return self._api.terms(request)

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        return self._api.refuse(request, trouble)

    def serve(self, request: Request) -> Reply | Later:
        return self._api.serve(request)

    def enqueue(self, function: str, payload: bytes) -> str:
        """For the triggers, whose sources bound what they send."""
        request_id = new_request_id(self._clock())
        self._async.put(function, payload, request_id)
        return request_id

    def succeeds(self, function: str, payload: bytes) -> bool:
        """Raises a Refused where the function could not run at all."""
        return not self.invoke(function, payload).error_type


def _without_log(invocation: Invocation) -> Invocation:
    return Invocation(**{**vars(invocation), "log_tail": b""})
