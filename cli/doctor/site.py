"""What the checks look at: a deployment, its services, and this machine's time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import httpx

from cli.deployment.function_compute import FunctionCompute
from cli.deployment.target import MPS_VERSION, RAM_VERSION, Target
from cli.doctor.mending import Mending
from cli.doctor.mns import Messages
from cli.doctor.oss import Buckets
from localcloud.fc.project.project import Function
from sightline.clock import utc_now
from sightline.credentials import Credentials
from sightline.host import Host
from sightline.ims.answers import Json
from sightline.ims.transport import ICE_VERSION, ImsTransport

REQUEST_SECONDS = 5


@dataclass(frozen=True)
class Site:
    """`target` is the deployment, `folder` its checkout. Every question is one attempt, given up after `seconds` of silence."""

    target: Target
    folder: Path
    clock: Callable[[], datetime]
    seconds: float
    http: httpx.Client = field(repr=False)

    @classmethod
    def of(cls, target: Target, folder: Path, clock: Callable[[], datetime] = utc_now, seconds: float = REQUEST_SECONDS) -> Site:
        # Its own host: the clock of another may have been corrected already, and its patience is that of a function.
        target = replace(target, host=Host(request_seconds=seconds))
        return cls(target, folder, clock, seconds, httpx.Client(trust_env=False, timeout=seconds))

    def close(self) -> None:
        self.http.close()

    @property
    def buckets(self) -> Buckets:
        return Buckets(self.target.bucket, self.seconds)

    @property
    def messages(self) -> Messages:
        return Messages(self.http, self._credentials(), self.target.endpoints.mns, self.clock)

    @property
    def function_compute(self) -> FunctionCompute:
        return FunctionCompute(self.http, self._credentials, self.target.endpoints.function_compute, self.clock)

    @property
    def ims(self) -> Callable[..., Json]:
        """Asks where media are understood: an action and its parameters."""
        return partial(_ask, self.target.ims(), ICE_VERSION)

    @property
    def ims_search(self) -> Callable[..., Json]:
        """The same where the search library is."""
        return partial(_ask, self.target.ims_search(), ICE_VERSION)

    @property
    def mps(self) -> Callable[..., Json]:
        return partial(_ask, self.target.mps(), MPS_VERSION)

    @property
    def ram(self) -> Callable[..., Json]:
        return partial(_ask, self.target.ram(), RAM_VERSION)

    @property
    def functions(self) -> list[Function]:
        """As s.yaml declares them."""
        return list(self.target.project.functions.values())

    @property
    def mend(self) -> Mending:
        return Mending(self.target)

    def _credentials(self) -> Credentials:
        return self.target.credentials


def _ask(transport: ImsTransport, version: str, action: str, **parameters: str | int) -> Json:
    """Once: a question that gets no answer is what the doctor wants to know."""
    return transport.call(action, parameters, again=False, version=version)
