"""The real functions in threads of their own, of which one runs at a time: each stops at every request that it sends.

An instance is what Function Compute would start: the function's module, loaded anew, and its wiring to a network that is the scheduler.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import queue
import threading
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx

from sightline.clock import CloudClock
from sightline.host import Host
from sightline.host import Invocation as HostInvocation
from sightline.wiring import Wiring
from tests.fakes.over_httpx import OverHttpx
from tests.faults.simulated_clock import SkewedClock

ROOT = Path(__file__).parents[2]
_numbers = itertools.count()


class Killed(BaseException):
    """The instance is no more. No handler catches it, as none survives a kill."""


@dataclass
class Asking:
    """A request that has not been sent."""

    request: httpx.Request


@dataclass
class Answered:
    """A request that was served, and whose answer has not been given to who asked."""

    request: httpx.Request
    response: httpx.Response


@dataclass
class Sleeping:
    seconds: float


@dataclass
class Ended:
    """`error` is what the handler raised."""

    result: Any = None
    error: BaseException | None = None


State = Asking | Answered | Sleeping | Ended
Change = Callable[[str, ModuleType, Wiring], None]
"""Told a function's name, its module and its wiring, before they run."""


class Instance:
    """`machine` is its own clock, which may be wrong. `change` may replace parts of what was loaded: so bugs are planted."""

    def __init__(
        self,
        function: str,
        environment: MutableMapping[str, str],
        timeout: float,
        machine: SkewedClock,
        chance: Random,
        change: Change,
    ) -> None:
        self.function = function
        self.environment = environment
        self.current: Invocation | None = None
        # What Function Compute's python3.12 hands over: no credentials.
        self._context = SimpleNamespace(function=SimpleNamespace(timeout=timeout))
        self._network = OverHttpx(_ToScheduler(self))
        clock = CloudClock(machine, machine.monotonic)
        host = Host(self._network, clock, self._sleep, chance, HostInvocation(machine.monotonic))
        self._wiring = Wiring(environment, host)
        self._module = _load(function)
        self._module.wiring = lambda: self._wiring  # type: ignore[attr-defined]
        change(function, self._module, self._wiring)

    def handle(self, event: bytes) -> Any:
        result = self._module.handler(event, self._context)
        return json.loads(json.dumps(result))

    def close(self) -> None:
        self._network.close()

    def _sleep(self, seconds: float) -> None:
        assert self.current is not None
        self.current.sleep(seconds)


class _ToScheduler(httpx.BaseTransport):
    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        invocation = self._instance.current
        if invocation is None:
            raise Killed  # a thread that outlived its invocation
        return invocation.ask(request)


def _load(function: str) -> ModuleType:
    path = ROOT / "functions" / function / "index.py"
    spec = importlib.util.spec_from_file_location(f"faults_{function}_{next(_numbers)}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class _FromOtherThread:
    """A request of a thread that the handler started. It is served at once: only the handler's own thread is scheduled."""

    request: httpx.Request
    answer: queue.SimpleQueue[httpx.Response | BaseException] = field(default_factory=queue.SimpleQueue)


Serve = Callable[[httpx.Request], httpx.Response]


class Invocation:
    """One run of a handler. `state` says where it stopped; the scheduler calls `go_on` or `die`, and gets control back at the next stop."""

    def __init__(self, name: str, instance: Instance, event: bytes, serve: Serve) -> None:
        self.name = name
        self.instance = instance
        self.event = event
        self.state: State = Sleeping(0)
        self.is_killed = False
        self._serve = serve
        self._orders: queue.SimpleQueue[httpx.Response | BaseException | None] = queue.SimpleQueue()
        self._stops: queue.SimpleQueue[State | _FromOtherThread] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        instance.current = self
        self._thread.start()

    def go_on(self, order: httpx.Response | BaseException | None = None) -> State:
        """Give it the answer that it waits for, or raise an error in its place; return when it stops again."""
        self._orders.put(order)
        while isinstance(stop := self._stops.get(), _FromOtherThread):
            stop.answer.put(Killed() if self.is_killed else self._serve(stop.request))
        self.state = stop
        return stop

    def die(self) -> None:
        if not isinstance(self.state, Ended):
            self.is_killed = True
            while not isinstance(self.go_on(Killed()), Ended):
                pass

    def ask(self, request: httpx.Request) -> httpx.Response:
        if threading.current_thread() is not self._thread:
            other = _FromOtherThread(request)
            self._stops.put(other)
            return _taken(other.answer.get())
        response = self._stop(Asking(request))
        assert response is not None
        return response

    def sleep(self, seconds: float) -> None:
        if threading.current_thread() is self._thread:
            self._stop(Sleeping(seconds))

    def _stop(self, state: State) -> httpx.Response | None:
        if self.is_killed:
            raise Killed
        self._stops.put(state)
        order = self._orders.get()
        return order if order is None else _taken(order)

    def _run(self) -> None:
        ended = Ended()
        try:
            first = self._orders.get()
            if isinstance(first, BaseException):
                raise first
            ended.result = self.instance.handle(self.event)
        except BaseException as error:  # noqa: BLE001 - the boundary of a function's process
            ended.error = error
        self.instance.current = None
        self._stops.put(ended)


def _taken(order: httpx.Response | BaseException) -> httpx.Response:
    if isinstance(order, BaseException):
        raise order
    return order
