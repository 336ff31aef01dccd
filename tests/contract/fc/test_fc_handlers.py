"""How functions are run: the handler protocol of the built-in Python runtimes."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil
import pytest

from localcloud.fc.errors import ProjectError, Stopped, TooManyInstances
from localcloud.fc.running.instance import Call, Instance, Launch
from localcloud.fc.running.instances import Limits
from localcloud.fc.running.report import read_report
from tests.contract.fc.laptop import KEYRING, Laptop, answer, eventually, has_ended

HELP = "official help, "
RUNTIME = "the built-in python3.9 runtime: "


@pytest.mark.contract(HELP + "Handlers in Python: event is bytes, passed through unmodified")
def test_the_event_is_bytes_and_arrives_as_it_was_sent(laptop: Laptop) -> None:
    fc = laptop.start("def handler(event, context): return event if type(event) is bytes else 'not bytes'")
    payload = b"\x00\xff\r\n not json"
    assert fc.invoke("work", payload).payload == payload
    large = os.urandom(3_000_000)
    assert fc.invoke("work", large).payload == large


@pytest.mark.contract(RUNTIME + "return values")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'grüße'", "grüße".encode()),
        ("b'\\x00'", b"\x00"),
        ("None", b"null"),
        ("{'b': 1, 'a': [True]}", b'{\n    "a": [\n        true\n    ],\n    "b": 1\n}'),
        ("__import__('decimal').Decimal('1.5')", b"1.5"),
        ("__import__('datetime').date(2024, 5, 6)", b'"2024-05-06"'),
    ],
)
def test_return_values(laptop: Laptop, expression: str, expected: bytes) -> None:
    fc = laptop.start(f"def handler(event, context): return {expression}")
    assert fc.invoke("work", b"").payload == expected


@pytest.mark.contract(HELP + "Error handling: status 200, X-Fc-Error-Type, and a stack trace that begins in the function's code")
def test_an_exception_becomes_error_json(laptop: Laptop) -> None:
    fc = laptop.start(
        """
        def handler(event, context):
            raise ValueError("something is wrong")
        """
    )
    invocation = fc.invoke("work", b"")
    error = json.loads(invocation.payload)
    assert (invocation.status, invocation.error_type) == (200, "UnhandledInvocationError")
    assert (error["errorMessage"], error["errorType"]) == ("something is wrong", "ValueError")
    (frame,) = error["stackTrace"]
    assert frame[0] == f'File "{laptop.folder}/code/index.py"'
    assert frame[1:] == ["line 3", "in handler", 'raise ValueError("something is wrong")']


@pytest.mark.contract(RUNTIME + "errors while loading")
@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("import nowhere", "ImportModuleError", "Unable to import module 'index'"),
        ("def handler(:", "UserCodeSyntaxError", "index"),
        ("1 / 0", "UserCodeError", "Module initialization error: division by zero"),
        ("other = 1", "HandlerNotFound", "Handler 'handler' is missing on module 'index'"),
    ],
)
def test_code_that_can_not_be_loaded(laptop: Laptop, source: str, error_type: str, message: str) -> None:
    error = json.loads(laptop.start(source).invoke("work", b"").payload)
    assert error["errorType"] == error_type
    assert message in error["errorMessage"]


@pytest.mark.contract(HELP + "Context: python3.12 has neither credentials nor service")
def test_the_context_of_python_3_12(laptop: Laptop) -> None:
    fc = laptop.start(
        """
        def handler(event, context):
            f = context.function
            return {"id": context.request_id, "name": f.name, "handler": f.handler, "memory": f.memory, "timeout": f.timeout,
                    "version": f.version_id, "qualifier": f.qualifier, "region": context.region, "account": context.account_id,
                    "retries": context.retry_count, "old": [hasattr(context, "credentials"), hasattr(context, "service")],
                    "logger": context.logger.name, "tracing": context.tracing.span_context}
        """
    )
    invocation = fc.invoke("work", b"")
    seen = json.loads(invocation.payload)
    assert seen.pop("id") == invocation.request_id
    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}", invocation.request_id)
    assert seen == {
        "name": "work",
        "handler": "index.handler",
        "memory": 512,
        "timeout": 10,
        "version": "",
        "qualifier": "LATEST",
        "region": "cn-shanghai",
        "account": "1000000000000001",
        "retries": 0,
        "old": [False, False],
        "logger": "root",
        "tracing": None,
    }


@pytest.mark.contract(HELP + "Context: python3.10 and older have credentials")
def test_the_context_of_python_3_10(laptop: Laptop) -> None:
    fc = laptop.start("def handler(event, context): return vars(context.credentials)", runtime="python3.10")
    seen = answer(fc)
    assert KEYRING.secret_for(seen["access_key_id"], seen["security_token"]) == seen["access_key_secret"]


@pytest.mark.contract(HELP + "Environment variables: temporary keys, FC_* names, and the function's own")
def test_the_environment(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "x")
    fc = laptop.start("import os\ndef handler(event, context): return dict(os.environ)", environmentVariables={"BUCKET": "media"})
    seen = answer(fc)
    secret = KEYRING.secret_for(seen["ALIBABA_CLOUD_ACCESS_KEY_ID"], seen["ALIBABA_CLOUD_SECURITY_TOKEN"])
    assert secret == seen["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    assert seen["BUCKET"] == "media"
    assert seen["FC_FUNC_CODE_PATH"] == f"{laptop.folder}/code/"
    assert (seen["FC_FUNCTION_NAME"], seen["FC_REGION"]) == ("work", "cn-shanghai")
    assert "SECRET_OF_THE_PARENT" not in seen


@pytest.mark.contract(RUNTIME + "sys.path: code, then the layer's site-packages, then the layer's python folder")
def test_sys_path_and_isolation(laptop: Laptop) -> None:
    layer = laptop.folder / "layer"
    (layer / "python").mkdir(parents=True)
    (layer / "python" / "shared_code.py").write_text("NAME = 'from the layer'")
    fc = laptop.start(
        """
        import importlib.util, sys, shared_code, httpx
        def handler(event, context):
            ours = [name for name in ("localcloud", "engines", "cli") if importlib.util.find_spec(name)]
            return {"path": sys.path, "layer": shared_code.NAME, "ours": ours}
        """,
        layer_folders={"common": layer},
        layers=["acs:fc:cn-shanghai:1000000000000001:layers/common/versions/1"],
    )
    seen = answer(fc)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    code = f"{laptop.folder}/code"
    assert seen["path"][:3] == [code, f"{layer}/python/lib/{version}/site-packages", f"{layer}/python"]
    assert seen["layer"] == "from the layer"
    assert seen["ours"] == []


@pytest.mark.contract("our assumption: a package that is installed in editable mode is no part of a function's world")
def test_packages_are_plain_folders(tmp_path: Path) -> None:
    # GIVEN a folder of packages, one of them there by way of a .pth file only
    packages, elsewhere, code = tmp_path / "packages", tmp_path / "elsewhere", tmp_path / "code"
    for folder in (packages, elsewhere, code):
        folder.mkdir()
    (packages / "installed.py").touch()
    (packages / "editable.pth").write_text(f"{elsewhere}\nimport sys; sys.started_by_pth = True\n")
    (elsewhere / "editable.py").touch()
    (code / "index.py").write_text(
        "import sys, importlib.util\n"
        "def handler(event, context):\n"
        "    found = [name for name in ('installed', 'editable') if importlib.util.find_spec(name)]\n"
        "    return [found, hasattr(sys, 'started_by_pth'), 'site' in sys.modules]\n"
    )
    settings = {
        "code": str(code),
        "layers": [],
        "packages": [str(packages)],
        "handlers": {"invoke": "index.handler"},
        "disk_size": 512,
        "runtime": "python3.12",
        "region": "",
        "account_id": "",
        "log_config": {},
        "function": {},
    }
    instance = Instance("i-1", Launch(Path(sys.executable), settings, {}, timeout=20, memory_limit=2**30), lambda _line: None)
    # WHEN a function looks for both
    try:
        assert not instance.start("1-1").error_type
        outcome = instance.invoke(Call("1-1"))
    finally:
        instance.stop()
    # THEN it finds what is really there
    assert json.loads(outcome.payload) == [["installed"], False, False]


@pytest.mark.contract(HELP + "Layers; assumption: a layer without a folder on this machine is refused at the start")
def test_an_unknown_layer_is_refused(laptop: Laptop) -> None:
    arn = "acs:fc:cn-shanghai:1000000000000001:layers/nowhere/versions/1"
    with pytest.raises(ProjectError, match=r"work.*'nowhere' has neither folder nor zip file"):
        laptop.start("", layers=[arn])


@pytest.mark.contract(RUNTIME + "PYTHONPATH=/code/python, the hint of `s build`")
def test_python_path_under_code(laptop: Laptop) -> None:
    (laptop.folder / "code" / "python").mkdir(parents=True)
    (laptop.folder / "code" / "python" / "vendored.py").write_text("NAME = 'vendored'")
    source = "import vendored\ndef handler(event, context): return vendored.NAME"
    fc = laptop.start(source, environmentVariables={"PYTHONPATH": "/code/python"})
    assert fc.invoke("work", b"").payload == b"vendored"


@pytest.mark.contract(HELP + "Execution timeout: 'Function time out after'; the next call gets a new instance")
def test_a_timeout_ends_the_instance_and_the_next_call_works(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.fc.running.instance.TERMINATION_SECONDS", 30.0)  # it ends by itself once its stacks are printed
    fc = laptop.start(
        """
        import time
        def handler(event, context):
            if event == b"hang":
                time.sleep(60)
            return "done"
        """,
        timeout=1,
    )
    hung = fc.invoke("work", b"hang", log_tail=True)
    assert 1 <= hung.duration < 30
    assert hung.error_type == "UnhandledInvocationError"
    assert json.loads(hung.payload)["errorMessage"].startswith("Function time out after 1 seconds")
    assert b"index.py" in hung.log_tail, "the log tells where the function stood"
    after = fc.invoke("work", b"")
    assert (after.payload, after.instance_id != hung.instance_id) == (b"done", True)


@pytest.mark.contract("our assumption: a function that ignores SIGTERM is killed")
def test_a_function_that_ignores_termination_is_killed(laptop: Laptop) -> None:
    told = laptop.folder / "told"
    fc = laptop.start(
        f"""
        import os, signal, subprocess, time
        def handler(event, context):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            child = subprocess.Popen(["sleep", "60"])
            with open({f"{told}.partial"!r}, "w") as file:
                file.write(f"{{os.getpid()}} {{child.pid}}")
            os.rename({f"{told}.partial"!r}, {str(told)!r})
            time.sleep(60)
        """,
        timeout=60,
    )
    with ThreadPoolExecutor() as callers:
        hung = callers.submit(fc.invoke, "work", b"", request_id="one")
        eventually(told.exists)
        fc.end("one")
        assert hung.result().error_type == "UnhandledInvocationError"
    for process in map(int, told.read_text().split()):
        eventually(partial(has_ended, process))


@pytest.mark.contract(HELP + "Limits: memorySize; the words 'Process exited unexpectedly before completing request'")
def test_the_memory_limit(laptop: Laptop) -> None:
    fc = laptop.start(
        """
        import time
        def handler(event, context):
            if event == b"grow":
                held = bytearray(200 * 2**20)
                time.sleep(60)
            return "done"
        """,
        memorySize=128,
    )
    grown = fc.invoke("work", b"grow")
    assert grown.error_type == "UnhandledInvocationError"
    message = json.loads(grown.payload)["errorMessage"]
    assert message.startswith("Process exited unexpectedly before completing request: the memory limit of 128 MB was exceeded")
    assert grown.memory > 128 * 2**20
    assert fc.invoke("work", b"").payload == b"done"


@pytest.mark.contract(HELP + "Process exited unexpectedly before completing request")
@pytest.mark.parametrize("ending", ["os._exit(3)", "sys.exit(0)", "os.kill(os.getpid(), 9)"])
def test_a_process_that_exits(laptop: Laptop, ending: str) -> None:
    fc = laptop.start(f"import os, sys\ndef handler(event, context):\n    if event == b'end': {ending}\n    return 'done'")
    ended = fc.invoke("work", b"end")
    assert ended.error_type == "UnhandledInvocationError"
    assert json.loads(ended.payload)["errorMessage"].startswith("Process exited unexpectedly before completing request")
    assert fc.invoke("work", b"").payload == b"done"


@pytest.mark.contract("our assumption: of a process that forked, the parent answers")
def test_a_child_that_comes_back_from_the_handler(laptop: Laptop) -> None:
    fc = laptop.start("""
        import os
        def handler(event, context):
            child = os.fork()
            if child:
                os.waitpid(child, 0)
            return event
    """)
    calls = [fc.invoke("work", str(number).encode()) for number in range(3)]
    assert [call.payload for call in calls] == [b"0", b"1", b"2"]
    assert len({call.instance_id for call in calls}) == 1


@pytest.mark.contract(HELP + "Process exited unexpectedly before completing request")
def test_a_process_that_exits_before_its_children(laptop: Laptop) -> None:
    fc = laptop.start("""
        import multiprocessing, os, time
        def handler(event, context):
            multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,)).start()
            os._exit(1)
    """)
    ended = fc.invoke("work", b"")
    assert json.loads(ended.payload)["errorMessage"].startswith("Process exited unexpectedly before completing request")
    assert ended.duration < 30


@pytest.mark.contract("our assumption: nothing that a function started outlives its instance")
def test_a_process_that_left_the_group_ends_with_the_instance(laptop: Laptop) -> None:
    fc = laptop.start("""
        import subprocess
        def handler(event, context):
            return str(subprocess.Popen(["sleep", "60"], start_new_session=True).pid)
    """)
    left = psutil.Process(int(fc.invoke("work", b"").payload))
    fc.stop()
    psutil.wait_procs([left], timeout=20)
    assert not left.is_running()


@pytest.mark.contract("our assumption: a function that writes into the runtime's own pipes is told so, and the next call gets another")
def test_a_function_that_writes_into_every_pipe(laptop: Laptop) -> None:
    fc = laptop.start("""
        import os
        def handler(event, context):
            for descriptor in range(3, 256) if event == b"spoil" else ():
                try:
                    os.write(descriptor, b"spoilt\\n")
                except OSError:
                    pass
            return "done"
    """)
    spoilt = fc.invoke("work", b"spoil")
    assert "wrote into the pipe" in json.loads(spoilt.payload)["errorMessage"]
    assert fc.invoke("work", b"").payload == b"done"


@pytest.mark.contract(RUNTIME + "print() goes out raw, with or without a line break")
def test_a_line_without_an_end_holds_nothing_up(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.fc.running.instance.LOG_SECONDS", 30.0)
    fc = laptop.start("def handler(event, context): print('half a line', end='')")
    began = time.monotonic()
    assert b"half a line" in fc.invoke("work", b"", log_tail=True).log_tail
    assert time.monotonic() - began < 15


@pytest.mark.contract(HELP + "Error handling: errorType is the exception's class")
def test_an_error_whose_text_is_no_utf_8(laptop: Laptop) -> None:
    fc = laptop.start(r"def handler(event, context): raise ValueError('\udcff')")
    assert json.loads(fc.invoke("work", b"").payload)["errorType"] == "ValueError"


@pytest.mark.contract(HELP + "Instance lifecycle hooks: the initializer runs once for an instance, preStop at its end")
def test_lifecycle_hooks(laptop: Laptop) -> None:
    fc = laptop.start(
        """
        count = 0
        def initialize(context):
            global count
            count += 1
        def handler(event, context): return str(count)
        def pre_stop(context): print("goodbye")
        """,
        instanceLifecycleConfig={"initializer": {"handler": "index.initialize", "timeout": 10}, "preStop": {"handler": "index.pre_stop"}},
    )
    assert [fc.invoke("work", b"").payload for _ in range(3)] == [b"1", b"1", b"1"]
    laptop.stop()
    lines = laptop.log()
    assert [line for line in lines if "Initialize" in line or "PreStop" in line or line == "goodbye"] == [
        lines[1],
        lines[2],
        *lines[-3:],
    ]
    assert lines[-3].startswith("FC PreStop Start RequestId: ")
    assert lines[-2] == "goodbye"


@pytest.mark.contract(HELP + "Instance lifecycle hooks: a failed initializer fails the invocation; the next one gets a new instance")
def test_a_failing_initializer(laptop: Laptop) -> None:
    marker = laptop.folder / "failed-once"
    fc = laptop.start(
        f"""
        import pathlib
        def initialize(context):
            marker = pathlib.Path({str(marker)!r})
            if not marker.exists():
                marker.touch()
                raise RuntimeError("not yet")
        def handler(event, context): return "done"
        """,
        instanceLifecycleConfig={"initializer": {"handler": "index.initialize", "timeout": 10}},
    )
    failed = fc.invoke("work", b"")
    assert failed.error_type
    assert json.loads(failed.payload)["errorMessage"] == "not yet"
    after = fc.invoke("work", b"")
    assert (after.payload, after.instance_id != failed.instance_id) == (b"done", True)


@pytest.mark.contract(HELP + "Print function logs: format, markers; InvokeFunction: X-Fc-Log-Result holds the last 4 KB")
def test_logs_and_markers(laptop: Laptop) -> None:
    fc = laptop.start(
        """
        import logging
        def handler(event, context):
            print("printed raw")
            logging.getLogger("x").info("logged %s", "once")
            context.logger.debug("too fine")
            if event == b"fail":
                raise ValueError("gone wrong")
            if event == b"much":
                print("x" * 10000)
        """
    )
    first = fc.invoke("work", b"", log_tail=True)
    request_id = first.request_id
    lines = first.log_tail.decode().splitlines()
    assert lines[0] == "FunctionCompute python3 runtime inited."
    assert lines[1:3] == [f"FC Invoke Start RequestId: {request_id}", "printed raw"]
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {request_id} \[INFO\] logged once", lines[3])
    assert lines[4:] == [f"FC Invoke End RequestId: {request_id}"]
    failed = fc.invoke("work", b"fail", log_tail=True)
    assert "ValueError: gone wrong" in failed.log_tail.decode()
    assert failed.log_tail.decode().splitlines()[-1] == f"FC Invoke End RequestId: {failed.request_id}, Error: Unhandled function error"
    assert len(fc.invoke("work", b"much", log_tail=True).log_tail) == 4096
    assert any(read_report(line) for line in laptop.log())


@pytest.mark.contract(HELP + "instances are reused when warm and added when busy; 429 ResourceExhausted over the limit")
def test_warm_reuse_scale_out_and_the_limit(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    fc = laptop.start(
        """
        import os, pathlib, time
        def handler(event, context):
            if event:
                pathlib.Path(f"{event.decode()}.waits").touch()
                while not os.path.exists("go"): time.sleep(0.01)
        """,
        limits=Limits(per_function=2),
    )
    first, second = fc.invoke("work", b""), fc.invoke("work", b"")
    assert first.instance_id == second.instance_id
    with ThreadPoolExecutor() as callers:
        waiting = [callers.submit(fc.invoke, "work", name) for name in (b"one", b"two")]
        eventually(lambda: len(list((laptop.folder / "code").glob("*.waits"))) == 2)
        monkeypatch.setattr("localcloud.fc.service.WAIT_SECONDS", 0.1)
        with pytest.raises(TooManyInstances):
            fc.invoke("work", b"")
        (laptop.folder / "code" / "go").touch()
        instances = {call.result().instance_id for call in waiting}
    assert len(instances) == 2
    assert first.instance_id in instances


@pytest.mark.contract("our assumption: an idle instance is let go after a while")
def test_idle_instances_are_let_go(laptop: Laptop) -> None:
    fc = laptop.start("import os\ndef handler(event, context): return str(os.getpid())", limits=Limits(idle_seconds=0.2))
    process = int(fc.invoke("work", b"").payload)
    eventually(lambda: not psutil.pid_exists(process))
    assert fc.invoke("work", b"").error_type == ""


@pytest.mark.contract("our assumption: stopping ends every process of a function, busy ones too")
def test_stop_ends_the_processes(laptop: Laptop) -> None:
    started = laptop.folder / "started"
    fc = laptop.start(
        f"""
        import os, pathlib, time
        def handler(event, context):
            pathlib.Path({str(started)!r}).write_text(str(os.getpid()))
            time.sleep(60)
        """,
        timeout=60,
    )
    refusals: list[str] = []

    def call() -> None:
        try:
            fc.invoke("work", b"")
        except Stopped as error:
            refusals.append(error.code)

    caller = threading.Thread(target=call)
    caller.start()
    process = int(eventually(lambda: started.exists() and started.read_text()))
    laptop.stop()
    caller.join(10)
    assert not psutil.pid_exists(process)
    assert refusals == ["ServiceUnavailable"]


@pytest.mark.contract(RUNTIME + "modules are loaded by their file in the code folder")
def test_one_function_can_be_named_like_a_standard_module(laptop: Laptop, tmp_path: Path) -> None:
    fc = laptop.start("", handler="queue.handler")
    (tmp_path / "code" / "queue.py").write_text("def handler(event, context): return 'mine'")
    assert fc.invoke("work", b"").payload == b"mine"


@pytest.mark.contract(
    HELP + "Instance lifecycle hooks: preStop has its own timeout; our assumption: it never holds up the end of a laptop cloud"
)
@pytest.mark.parametrize(("timeout", "patience"), [(60, 0.3), (1, 60.0)])
def test_a_pre_stop_that_hangs(laptop: Laptop, monkeypatch: pytest.MonkeyPatch, timeout: int, patience: float) -> None:
    monkeypatch.setattr("localcloud.fc.running.instances.LAST_WORDS_SECONDS", patience)
    fc = laptop.start(
        """
        import time
        def handler(event, context): return "done"
        def pre_stop(context): time.sleep(1000)
        """,
        instanceLifecycleConfig={"preStop": {"handler": "index.pre_stop", "timeout": timeout}},
    )
    fc.invoke("work", b"")
    began = time.monotonic()
    laptop.stop()
    assert time.monotonic() - began < 30
    assert any("PreStop timed out after" in line for line in laptop.log())


@pytest.mark.contract(HELP + "Limits: the size of the temporary disk; our assumption: no file may be longer than that")
def test_a_file_longer_than_the_disk(laptop: Laptop) -> None:
    fc = laptop.start(
        f"""
        def handler(event, context):
            with open({str(laptop.folder / "large")!r}, "wb") as file:
                file.truncate(513 * 2 ** 20)
        """
    )
    assert json.loads(fc.invoke("work", b"").payload)["errorMessage"] == "[Errno 27] File too large"


@pytest.mark.contract("our assumption: an instance that is killed from outside fails its invocation, and the next one gets a new instance")
def test_an_instance_that_is_killed_from_outside(laptop: Laptop) -> None:
    fc = laptop.start("""
        import os, pathlib, time
        def handler(event, context):
            pathlib.Path("process").write_text(str(os.getpid()))
            while event == b"wait": time.sleep(0.01)
            return "done"
    """)
    with ThreadPoolExecutor() as callers:
        held = callers.submit(fc.invoke, "work", b"wait")
        process = int(eventually(lambda: (file := laptop.folder / "code" / "process").exists() and file.read_text()))
        os.kill(process, signal.SIGKILL)
        assert json.loads(held.result().payload)["errorMessage"].startswith("Process exited unexpectedly")
    idle = fc.invoke("work", b"")
    os.kill(int((laptop.folder / "code" / "process").read_text()), signal.SIGKILL)
    eventually(lambda: not fc.running("work"))
    after = fc.invoke("work", b"")
    assert (idle.payload, after.payload, after.instance_id != idle.instance_id) == (b"done", b"done", True)


@pytest.mark.contract("our assumption: what a function prints is kept as text, whatever bytes it is, in files of a bounded size")
def test_a_function_that_prints_bytes_and_much(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.fc.running.logs.FILE_BYTES", 100_000)
    fc = laptop.start(r"""
        import sys
        def handler(event, context):
            sys.stdout.buffer.write(bytes(range(256)) + b"\n")
            print(("x" * 99 + "\n") * 10_000 + "日本語 \u2028")
            sys.stdout.close()
            return b"\xff\x00"
    """)
    assert fc.invoke("work", b"").payload == b"\xff\x00"
    laptop.stop()
    files = list((laptop.folder / "data" / "logs").iterdir())
    assert sum(file.stat().st_size for file in files) < 5 * 100_000
    assert any("日本語" in line for line in laptop.log())


@pytest.mark.contract("like the request metrics of the cloud's log service: isColdStart, durationMs, memoryUsageMB, errorType")
def test_each_invocation_is_reported(laptop: Laptop) -> None:
    fc = laptop.start(
        """
        import time
        def initialize(context): time.sleep(0.05)
        def handler(event, context):
            if event == b"fail": raise ValueError("no")
        """,
        instanceLifecycleConfig={"initializer": {"handler": "index.initialize"}},
    )
    ids = [fc.invoke("work", event).request_id for event in (b"", b"", b"fail")]
    reports = [report for line in laptop.log() if (report := read_report(line))]
    assert [(one["request_id"], one["start"], one["outcome"]) for one in reports] == [
        (ids[0], "cold", "Success"),
        (ids[1], "warm", "Success"),
        (ids[2], "warm", "UnhandledInvocationError"),
    ]
    first, second, _ = reports
    assert float(first["init_ms"]) >= 50 > float(second["init_ms"]) == 0
    assert float(first["billed_ms"]) >= 50
    assert float(first["memory_mb"]) > 5
