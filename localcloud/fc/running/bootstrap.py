"""The program of one function instance: a stand-in for the built-in Python runtime of Function Compute.

It runs in a process of its own with nothing but the standard library (`python -I -S bootstrap.py COMMANDS REPLIES`), so that no package of
ours gets into a function. Commands arrive and replies leave on the two file descriptors named on the command line; standard output and
error belong to the function's log.
"""

from __future__ import annotations

import datetime
import faulthandler
import importlib.util
import json
import logging
import os
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO

READY, INITIALIZE, INVOKE, STOP = "ready", "initialize", "invoke", "stop"
DONE, FAILED = "done", "failed"
TERMINATED = 128 + signal.SIGTERM
"""The exit code after a timeout, as the built-in runtime has it."""
Frame = dict[str, Any]


def write_frame(stream: BinaryIO, head: Frame, payload: bytes = b"") -> None:
    """Send a line of JSON that tells the length of the payload behind it."""
    stream.write(json.dumps({**head, "length": len(payload)}).encode() + b"\n" + payload)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[Frame, bytes] | None:
    """The next frame, or None when the other end is gone."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    head: Frame = json.loads(line)
    payload = stream.read(head["length"])
    return (head, payload) if len(payload) == head["length"] else None


class FunctionFailure(Exception):
    """A failure with an error type of Function Compute's own, such as a handler that is not there."""

    def __init__(self, error_type: str, message: str, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.cause = cause


class Attributes:
    """A bag of named values, as the parts of a context are."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def to_json(self) -> str:
        return json.dumps(self.__dict__, default=lambda value: value.__dict__ if isinstance(value, Attributes) else None)


class Context(Attributes):
    """What a handler gets as its second argument (official help, "Context" of Python event handlers)."""

    def getLogger(self) -> logging.Logger:  # noqa: N802 - the cloud's name
        return logging.getLogger()


class LogFormatter(logging.Formatter):
    """`2024-01-02T03:04:05.678Z <request id> [LEVEL] message`, in UTC."""

    request_id = ""

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(request_id)s [%(levelname)s] %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = self.request_id
        return super().format(record)


class Runtime:
    """Loads the function's code and calls it."""

    def __init__(self, settings: Frame) -> None:
        self._settings = settings
        self._handlers: dict[str, str] = settings["handlers"]
        self._modules: dict[str, Any] = {}
        self._formatter = LogFormatter()
        # A function may replace or close sys.stdout; the markers go out all the same.
        self._log = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace", buffering=1)
        self._process = os.getpid()
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(self._formatter)
        logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)

    def run(self, kind: str, head: Frame, payload: bytes) -> bytes:
        """Run a handler or a lifecycle hook between its two markers. Raises what it raises."""
        request_id = self._formatter.request_id = head["request_id"]
        name = {INITIALIZE: "Initialize", INVOKE: "Invoke", STOP: "PreStop"}[kind]
        self.say(f"FC {name} Start RequestId: {request_id}")
        try:
            function = self._function(self._handlers[kind])
            context = self._context(head)
            result = function(payload, context) if kind == INVOKE else function(context)
            self._end_copies()
            encoded = encode_result(result) if kind == INVOKE else b""
        except BaseException as error:
            self._end_copies()
            self._flush()
            traceback.print_exception(type(error), error, _user_frames(error), file=self._log)
            self.say(f"FC {name} End RequestId: {request_id}, Error: Unhandled function error")
            raise
        self._flush()
        self.say(f"FC {name} End RequestId: {request_id}")
        return encoded

    def say(self, line: str) -> None:
        self._log.write(line + "\n")

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()

    def _end_copies(self) -> None:
        # A child that the function forked comes back here too; the answer is its parent's to give.
        if os.getpid() != self._process:
            os._exit(0)

    def has(self, kind: str) -> bool:
        return kind in self._handlers

    def _function(self, handler: str) -> Any:
        module, _, name = handler.rpartition(".")
        if not module or not name:
            raise FunctionFailure("InvalidHandleName", f"Invalid handler '{handler}'; it is written module.function")
        if module not in self._modules:
            self._modules[module] = self._load(module)
        if not hasattr(self._modules[module], name):
            raise FunctionFailure("HandlerNotFound", f"Handler '{name}' is missing on module '{module}'")
        return getattr(self._modules[module], name)

    def _load(self, module: str) -> Any:
        # By its file, as the runtime does it: a function may be called like a module of the standard library.
        path = os.path.join(self._settings["code"], *module.replace(".", "/").split("/")) + ".py"  # noqa: PTH118
        spec = importlib.util.spec_from_file_location(module.replace("/", "."), path)
        if spec is None or spec.loader is None or not os.path.isfile(path):  # noqa: PTH113
            raise FunctionFailure("ImportModuleError", f"Unable to import module '{module}'")
        loaded = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = loaded
        try:
            spec.loader.exec_module(loaded)
        except SyntaxError as error:
            raise FunctionFailure("UserCodeSyntaxError", f"Syntax error in module '{module}': {error}", error) from error
        except ImportError as error:
            raise FunctionFailure("ImportModuleError", f"Unable to import module '{module}': {error}", error) from error
        except Exception as error:
            raise FunctionFailure("UserCodeError", f"Module initialization error: {error}", error) from error
        return loaded

    def _context(self, head: Frame) -> Context:
        settings = self._settings
        function = Attributes(**settings["function"])
        span = Attributes(span_context=None, jaeger_endpoint=None, span_baggages={})
        logs = settings["log_config"]
        values: Frame = {
            "request_id": head["request_id"],
            "requestId": head["request_id"],
            "function": function,
            "region": settings["region"],
            "account_id": settings["account_id"],
            "retry_count": head["retry_count"],
            "tracing": span,
            "logger": logging.getLogger(),
            **logs,
        }
        if settings["runtime"] in ("python3", "python3.9", "python3.10"):
            # python3.12 dropped both; its functions read the environment (official help, "Python event handlers").
            values["credentials"] = Attributes(
                access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
                security_token=os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"],
            )
            values["service"] = Attributes(name="", qualifier=function.qualifier, version_id=function.version_id, **logs)  # type: ignore[attr-defined]
        return Context(**values)


def encode_result(result: Any) -> bytes:
    """Text and bytes as they are, anything else as the JSON that the built-in runtime makes of it."""
    if isinstance(result, bytes):
        return result
    if isinstance(result, str):
        return result.encode()
    return json.dumps(result, indent=4, sort_keys=True, default=_plain).encode()


def _plain(value: Any) -> Any:
    decimal = sys.modules.get("decimal")  # whoever has a Decimal has imported it, and nobody else is to wait for that
    if decimal is not None and isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if hasattr(value, "to_json"):
        return value.to_json()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def encode_error(error: BaseException) -> bytes:
    """The error JSON of the built-in runtime; the first frame of its stack is the function's own code."""
    shown = error.cause or error if isinstance(error, FunctionFailure) else error
    frames = traceback.extract_tb(_user_frames(shown))
    stack = [[f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line or ""] for frame in frames]
    error_type = error.error_type if isinstance(error, FunctionFailure) else type(error).__name__
    return json.dumps({"errorMessage": str(error), "errorType": error_type, "stackTrace": stack}, ensure_ascii=False).encode(
        errors="replace"
    )


def _user_frames(error: BaseException) -> Any:
    """The traceback from the first frame on that is neither ours nor the import system's."""
    trace = error.__traceback__
    while trace and (trace.tb_frame.f_code.co_filename == __file__ or "importlib" in trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def search_path(code: str, layers: list[str], packages: list[str], python_path: str) -> list[str]:
    """sys.path as Function Compute has it: the code, the layers, what PYTHONPATH adds, the standard library, installed packages.

    Packages are plain folders: no .pth file of theirs is read, so nothing that is installed in editable mode can be imported.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layered = [f"{layer}/python/lib/{version}/site-packages" for layer in layers] + [f"{layer}/python" for layer in layers]
    # In the cloud the code lies in /code; `s build` tells people to put /code/python there.
    added = [entry.replace("/code", code, 1) if entry.startswith("/code") else entry for entry in python_path.split(":") if entry]
    return [code, *layered, *added, *sys.path, *packages]


def _listen(stream: BinaryIO, commands: queue.SimpleQueue[tuple[Frame, bytes]]) -> None:
    """Hand on commands; when the parent is gone, so are we, in the middle of whatever runs."""
    while frame := read_frame(stream):
        commands.put(frame)
    os._exit(0)


def _terminate(_signal: int, _frame: object) -> None:
    faulthandler.dump_traceback(file=2)
    os._exit(TERMINATED)


def _serve(runtime: Runtime, commands: queue.SimpleQueue[tuple[Frame, bytes]], replies: BinaryIO) -> None:
    while True:
        head, payload = commands.get()
        kind = head["kind"]
        try:
            result = runtime.run(kind, head, payload) if runtime.has(kind) else b""
        except Exception as error:  # noqa: BLE001 - the boundary of the function: whatever it raises becomes an error JSON
            write_frame(replies, {"kind": FAILED}, encode_error(error))
        else:
            write_frame(replies, {"kind": DONE}, result)
        if kind == STOP:
            return


def _limit_files(disk_size: int) -> None:
    """As far as a process without a disk of its own can: no file may be longer than the disk (in MB), and a crash leaves no core."""
    for kind, most in ((resource.RLIMIT_FSIZE, disk_size * 2**20), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        bounded = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bounded, bounded))


def main() -> None:
    faulthandler.enable()
    signal.signal(signal.SIGTERM, _terminate)
    # A Ctrl-C in the terminal reaches the whole group; the parent ends us in its own order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptors = [int(number) for number in sys.argv[1:3]]
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    source, replies = os.fdopen(descriptors[0], "rb"), os.fdopen(descriptors[1], "wb")
    first = read_frame(source)
    if first is None:
        return
    settings = first[0]
    _limit_files(settings["disk_size"])
    sys.argv = [settings["code"]]
    sys.path[:] = search_path(settings["code"], settings["layers"], settings["packages"], os.environ.get("PYTHONPATH", ""))
    runtime = Runtime(settings)
    commands: queue.SimpleQueue[tuple[Frame, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, commands), name="commands", daemon=True).start()
    runtime.say("FunctionCompute python3 runtime inited.")
    write_frame(replies, {"kind": READY})
    _serve(runtime, commands, replies)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
