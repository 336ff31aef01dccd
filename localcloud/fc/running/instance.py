"""One function instance: a process of its own that handles one invocation at a time."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from localcloud.fc.running import bootstrap
from localcloud.fc.running.bootstrap import FAILED, INITIALIZE, INVOKE, STOP
from localcloud.fc.running.logs import LINE_BYTES, Tail

START_SECONDS = 60.0
"""How long a process may take to come up. Not the function's time, and a busy laptop is slow."""
TERMINATION_SECONDS = 0.5
"""Between SIGTERM, on which the runtime prints its stacks, and SIGKILL."""
LOG_SECONDS = 1.0
"""How long to wait for the end of an invocation's log; a process that the function left behind may hold it open."""
MEMORY_CHECK_SECONDS = 0.1
# Documented words (official help, "Process exited unexpectedly before completing request").
_EXITED = "Process exited unexpectedly before completing request"
_NAMES = {INITIALIZE: "Initialize", INVOKE: "Invoke", STOP: "PreStop"}


@dataclass(frozen=True)
class Launch:
    """All that an instance is started with. `memory_limit` in bytes, the rest as in the project file."""

    python: Path
    settings: Mapping[str, Any]
    environment: Mapping[str, str] = field(repr=False)
    timeout: float
    memory_limit: int
    initializer_timeout: float | None = None
    pre_stop_timeout: float = 1.0
    code_checksum: str = ""


@dataclass(frozen=True)
class Call:
    request_id: str
    payload: bytes = b""
    retry_count: int = 0


@dataclass(frozen=True)
class Outcome:
    """What became of a call. `error_type` is empty for a success; `duration` in seconds, `memory` the peak in bytes."""

    payload: bytes
    error_type: str = ""
    duration: float = 0
    memory: int = 0
    log: bytes = b""


class InstanceLost(Exception):
    """The process ended, or was ended, before it answered; the message is what its caller is told."""


class Instance:
    """A running process. After a failure that ended it `alive` is false and it must not be used again."""

    def __init__(self, instance_id: str, launch: Launch, write_log: Callable[[str], None]) -> None:
        self.instance_id = instance_id
        self.started = time.monotonic()
        self.since = time.time()
        self.code_checksum = launch.code_checksum
        self.idle_since = self.started
        self._launch = launch
        self._write_log = write_log
        self._replies: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        self._tail = Tail()
        self._marker = ""
        self._marker_seen = threading.Event()
        self._fault = ""
        self._peak = 0
        self._process, self._commands = self._spawn()
        self._send(dict(launch.settings), b"")

    @property
    def alive(self) -> bool:
        return not self._fault and self._process.poll() is None

    def start(self, request_id: str) -> Outcome:
        """Wait for the process, then run the initializer if there is one. What it prints belongs to the first invocation.

        A failure ends the instance. The duration of the outcome is the initializer's.
        """
        began = time.monotonic()
        try:
            self._await(START_SECONDS, "Function instance did not start")
        except InstanceLost as lost:
            return self._lost(lost, began)
        if self._launch.initializer_timeout is None:
            return Outcome(b"")
        said = "Function initialization timed out after"
        outcome = self._run(INITIALIZE, Call(request_id), self._launch.initializer_timeout, said)
        if outcome.error_type:
            self._fault = self._fault or "the initializer failed"
            self.kill()
        return outcome

    def invoke(self, call: Call) -> Outcome:
        """Run the handler; a function that fails, hangs, takes too much memory or dies gives an outcome with an error JSON."""
        # The documented words (official help, "Function time out after").
        outcome = self._run(INVOKE, call, self._launch.timeout, "Function time out after")
        self._tail = Tail()
        return outcome

    def stop(self, patience: float | None = None) -> None:
        """Let the process run preStop and end by itself, then end what is left of it: after the hook's timeout, or `patience` seconds."""
        children = self._children()
        if self.alive:
            timeout = min(self._launch.pre_stop_timeout, self._launch.pre_stop_timeout if patience is None else patience)
            self._run(STOP, Call(f"stop-{self.instance_id}"), timeout, "PreStop timed out after")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(TERMINATION_SECONDS)
        self._end(children)

    def kill(self) -> None:
        """End the process and all that it started; SIGTERM first, so that the log tells where a hanging function stood."""
        self._end(self._children())

    def _end(self, children: list[psutil.Process]) -> None:
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(TERMINATION_SECONDS)
        self._signal(signal.SIGKILL)
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._commands.close()

    def _spawn(self) -> tuple[subprocess.Popen[bytes], BinaryIO]:
        command_source, command_sink = os.pipe()
        reply_source, reply_sink = os.pipe()
        program = [str(self._launch.python), "-I", "-S", "-u", "-X", "utf8", bootstrap.__file__, str(command_source), str(reply_sink)]
        try:
            process = subprocess.Popen(
                program,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(command_source, reply_sink),
                cwd=self._launch.settings["code"],
                env=dict(self._launch.environment),
                start_new_session=True,
            )
        finally:
            os.close(command_source)
            os.close(reply_sink)
        assert process.stdout
        self._thread(self._read_log, process.stdout)
        self._thread(self._read_replies, os.fdopen(reply_source, "rb"))
        return process, os.fdopen(command_sink, "wb")

    def _thread(self, target: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, name=f"{self.instance_id} {target.__name__}", daemon=True).start()

    def _run(self, kind: str, call: Call, timeout: float, timed_out: str) -> Outcome:
        self._peak = self._resident()
        self._marker = f"FC {_NAMES[kind]} End RequestId: {call.request_id}"
        self._marker_seen.clear()
        began = time.monotonic()
        try:
            head, payload = self._exchange(kind, call, timeout, f"{timed_out} {timeout:g} seconds")
        except InstanceLost as lost:
            return self._lost(lost, began)
        duration = time.monotonic() - began
        self._measure()
        self._marker_seen.wait(LOG_SECONDS)
        failed = "UnhandledInitializationError" if kind == INITIALIZE else "UnhandledInvocationError"
        return Outcome(payload, failed if head["kind"] == FAILED else "", duration, self._peak, self._tail.read())

    def _exchange(self, kind: str, call: Call, timeout: float, timed_out: str) -> tuple[dict[str, Any], bytes]:
        head = {"kind": kind, "request_id": call.request_id, "retry_count": call.retry_count}
        # In a thread: a pipe takes 64 KB, and a process that hangs reads no more.
        self._thread(self._send, head, call.payload)
        return self._await(timeout, timed_out)

    def _send(self, head: dict[str, Any], payload: bytes) -> None:
        try:
            bootstrap.write_frame(self._commands, head, payload)
        except (OSError, ValueError):
            self._fault = self._fault or _EXITED

    def _await(self, timeout: float, timed_out: str) -> tuple[dict[str, Any], bytes]:
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                reply = self._replies.get(timeout=min(left, MEMORY_CHECK_SECONDS))
            except queue.Empty:
                self._limit_memory()
                self._end_orphans()
                continue
            if reply is None:
                raise InstanceLost(self._fault or _EXITED)
            return reply
        self._fault = timed_out
        raise InstanceLost(timed_out)

    def _lost(self, lost: InstanceLost, began: float) -> Outcome:
        duration = time.monotonic() - began
        self._fault = str(lost)
        self.kill()
        self._marker_seen.wait(LOG_SECONDS)
        detail = f"{lost} (duration: {duration * 1000:.0f}ms, maxMemoryUsage: {self._peak / 2**20:.2f}MB)"
        line = f"{self._marker}, Error: {detail}" if self._marker else detail
        self._write_log(line)
        self._tail.add(line)
        body = json.dumps({"errorMessage": detail}).encode()
        return Outcome(body, "UnhandledInvocationError", duration, self._peak, self._tail.read())

    def _children(self) -> list[psutil.Process]:
        """Those too that have left the process group, as daemons do."""
        try:
            return psutil.Process(self._process.pid).children(recursive=True) if self._process.poll() is None else []
        except psutil.Error:
            return []

    def _resident(self) -> int:
        """The memory of the process alone, without what looking for its children costs."""
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _measure(self) -> int:
        try:
            main = psutil.Process(self._process.pid)
            used = sum(process.memory_info().rss for process in (main, *main.children(recursive=True)))
        except psutil.Error:
            return 0
        self._peak = max(self._peak, used)
        return used

    def _limit_memory(self) -> None:
        limit = self._launch.memory_limit
        if self._measure() > limit:
            self._fault = f"{_EXITED}: the memory limit of {limit // 2**20} MB was exceeded"
            self._signal(signal.SIGKILL)

    def _end_orphans(self) -> None:
        """Children of a process that is gone may hold its pipes open; once they are ended, the end of the replies is seen."""
        if self._process.poll() is not None:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read_replies(self, stream: BinaryIO) -> None:
        try:
            with stream:
                while frame := bootstrap.read_frame(stream):
                    self._replies.put(frame)
        except (ValueError, KeyError, TypeError):
            self._fault = self._fault or "the function wrote into the pipe that is kept for its answers"
        finally:
            self._replies.put(None)

    def _read_log(self, stream: BinaryIO) -> None:
        with stream:
            while line := stream.readline(LINE_BYTES):
                text = line.decode(errors="replace").rstrip("\r\n")
                self._write_log(text)
                self._tail.add(text)
                # Not at the start of the line, where the function printed no line break before it.
                if self._marker and self._marker in text:
                    self._marker_seen.set()
        self._marker_seen.set()
