"""What a function imports until its first answer: modules are counted, since milliseconds are another machine's tomorrow.

Each function runs once in a fresh process that does what Function Compute's runtime does, against a laptop cloud. What the runtime has
imported itself does not count. Where a budget is exceeded on purpose, `python -m bench.cold_start --profile ours` tells the price.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.cold_start import process
from bench.cold_start.process import Program, Runtime, first_answer
from bench.cold_start.scenes import FUNCTIONS, Stage, check, stage
from localcloud.fc.running import bootstrap

ROOT = Path(__file__).parents[3]


class Budget(NamedTuple):
    """The most modules of our own, and of all together; a few more than there are, since Python's own differ from version to version."""

    ours: int
    all: int


BUDGETS = {
    "search": Budget(ours=42, all=91),
    "collect": Budget(ours=66, all=123),
    "submit": Budget(ours=92, all=150),
    "sweep": Budget(ours=121, all=215),
}

# Each costs more than what it would be good for here, or is another function's.
NEVER = (
    *("httpx", "pydantic", "oss2", "requests", "urllib3", "asyncio", "multiprocessing", "subprocess", "concurrent"),
    *("zoneinfo", "html", "encodings.idna", "logging.handlers"),
)
NEVER_AT_ONCE = ("dataclasses", "inspect", "tempfile", "urllib.request", "sightline.letters.letters", "sightline.mns")
NOT_OF = {
    "search": (*NEVER_AT_ONCE, "xml", "sightline.pipeline", "sightline.ledger", "sightline.letters", "sightline.line", "sightline.acts"),
    "collect": (*NEVER_AT_ONCE, "xml.etree", "sightline.search"),
    "submit": (*NEVER_AT_ONCE, "xml.etree", "sightline.search"),
    "sweep": ("sightline.search",),
}


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    folder = tmp_path_factory.mktemp("runtime")
    for file in (Path(process.__file__).with_name("driver.py"), Path(bootstrap.__file__)):
        shutil.copy(file, folder)
    return Runtime(Path(sys.executable), folder)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture(scope="module")
def imported(runtime: Runtime, theatre: Stage) -> Mapping[str, Collection[str]]:
    """By function, the modules that were imported when it had answered."""
    return {function: _modules(function, runtime, theatre) for function in FUNCTIONS}


def _modules(function: str, runtime: Runtime, theatre: Stage) -> Collection[str]:
    scene = theatre.scene(function)
    program = Program(ROOT / "functions" / function, layers=[ROOT / "shared"], has_initializer=True)
    taken = first_answer(runtime, program, theatre.environment, scene.event)
    check(function, taken.answer)
    return taken.modules


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_keeps_its_budget(imported: Mapping[str, Collection[str]], function: str) -> None:
    modules, budget = imported[function], BUDGETS[function]
    ours = _of(modules, ["sightline"])
    assert len(ours) <= budget.ours, ours
    assert len(modules) <= budget.all, sorted(set(modules) - set(ours))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_first_answer_does_not_need_is_not_imported(imported: Mapping[str, Collection[str]], function: str) -> None:
    assert _of(imported[function], [*NEVER, *NOT_OF[function]]) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_of_email_only_what_the_http_client_imports_itself(imported: Mapping[str, Collection[str]], function: str) -> None:
    program = "import sys, json, http.client; print(json.dumps(list(sys.modules)))"
    of_http = json.loads(subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, check=True).stdout)
    assert set(_of(imported[function], ["email"])) <= set(of_http)


def test_an_import_anywhere_in_a_function_is_seen(runtime: Runtime, theatre: Stage, tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text("def handler(event, context):\n    import dataclasses\n    return {}\n")
    taken = first_answer(runtime, Program(tmp_path), theatre.environment, "")
    assert "inspect" in _of(taken.modules, NEVER_AT_ONCE)


def _of(modules: Collection[str], names: Collection[str]) -> list[str]:
    """Those that are called so, or lie in what is called so."""
    return sorted(module for module in modules if any(module == name or module.startswith(f"{name}.") for name in names))
