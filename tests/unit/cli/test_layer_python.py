"""Which Python compiles, and that what it makes depends on its input alone."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path

import pytest

from cli.errors import NOT_FOUND, CommandError
from cli.layer import compiler, python312
from cli.layer.bytecode import cached, with_bytecode

NONE = "/nowhere/python"
# Names and constants of all kinds, some of which the standard library has too.
SOURCE = b'''"""What it is."""
import asyncio
LIMIT = 2.5
NAMES = {"asyncio", "append", "zzz"}
def run(path, *parts, strict=False):
    """Its own."""
    found = [part for part in parts if part in {"a", "b", "c"}]
    return asyncio.run(found, 2.5, 2**70, b"bytes", ("a", ("b", 1))), NAMES, path
class Reader:
    def append(self): return lambda: self.append
'''


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        return python312.find(os.environ)
    except CommandError as error:
        pytest.skip(error.problem)


def script(path: Path, said: str) -> str:
    """A stand-in for an interpreter: it answers whatever it is asked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{said}\n")
    path.chmod(0o755)
    return str(path)


def python_that_is(path: Path, magic: str = "cb0d0d0a") -> str:
    return script(path, f"echo cpython {magic} {path}")


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing is installed."""
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}


def test_a_named_python_comes_first(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    python_that_is(tmp_path / "bin/python3.12")
    named = python_that_is(tmp_path / "mine")
    assert python312.find({**elsewhere, "PYTHON312": named}, NONE) == Path(named)


def test_one_on_the_path_is_found(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    python_that_is(tmp_path / "bin/python3.12")
    assert python312.find({**elsewhere, "PATH": f"/nowhere:{tmp_path / 'bin'}"}, NONE) == tmp_path / "bin/python3.12"


def test_the_python_that_runs_is_taken_if_it_is_one(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    python_that_is(tmp_path / "bin/python3.12")
    assert python312.find(elsewhere, python_that_is(tmp_path / "this")) == tmp_path / "this"
    assert python312.find(elsewhere, python_that_is(tmp_path / "older", "a70d0d0a")) == tmp_path / "bin/python3.12"


@pytest.mark.parametrize("folder", [".pyenv/versions/3.12.1/bin", ".local/share/uv/python/cpython-3.12.8-linux-x86_64-gnu/bin"])
def test_a_shim_that_leads_nowhere_is_passed_over(tmp_path: Path, elsewhere: dict[str, str], folder: str) -> None:
    script(tmp_path / "bin/python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    python_that_is(tmp_path / "home" / folder / "python3.12")
    assert python312.find(elsewhere, NONE) == tmp_path / "home" / folder / "python3.12"


@pytest.mark.parametrize("magic", ["a70d0d0a", "f30d0d0a", "c90d0d0a"])
def test_another_version_is_refused_whatever_its_name(tmp_path: Path, elsewhere: dict[str, str], magic: str) -> None:
    """3.11, 3.13, and an alpha of 3.12, whose bytecode the final one does not load."""
    other = python_that_is(tmp_path / "bin/python3.12", magic)
    with pytest.raises(CommandError, match=r"no Python 3\.12 was found") as none:
        python312.find(elsewhere, NONE)
    assert "apt install python3.12" in none.value.fix
    assert none.value.exit_code == NOT_FOUND
    with pytest.raises(CommandError, match=f"PYTHON312: {other} is not a Python 3.12"):
        python312.find({**elsewhere, "PYTHON312": other})


def test_a_named_python_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="/nowhere/python"):
        python312.find({"PYTHON312": "/nowhere/python"})


@pytest.mark.parametrize("before", ["", "import asyncio, email, json, unittest; kept = 'zzz found strict LIMIT'.split()"])
@pytest.mark.parametrize("seed", ["0", "1", "77"])
def test_the_same_bytes_whatever_else_its_process_has_loaded(python: Path, before: str, seed: str) -> None:
    """marshal looks at how often an object is referred to, and sets have an order that goes by PYTHONHASHSEED."""
    program = f"{before}\nimport runpy\nrunpy.run_path({compiler.__file__!r}, run_name='__main__')"
    sources = [("/opt/python/one.py", SOURCE), ("/opt/python/other.py", SOURCE + b"other = 'zzz'\n")]
    made = [
        pickle.loads(
            subprocess.run(
                [python, "-c", program], input=pickle.dumps(order), capture_output=True, env={"PYTHONHASHSEED": seed}, check=True
            ).stdout
        )
        for order in (sources, sources[::-1])
    ]
    plain = with_bytecode({"python/one.py": SOURCE, "python/other.py": sources[1][1]}, "/opt", python)
    assert made[0] == made[1][::-1] == [plain[cached("python/one.py")], plain[cached("python/other.py")]]


@pytest.mark.contract('PEP 552, "Deterministic pycs": bit 0 of the flags for a hash, bit 1 for one that is checked')
def test_a_compiled_file_is_taken_as_it_is(python: Path) -> None:
    made = with_bytecode({"python/one.py": SOURCE, "page/index.html": b"<html>"}, "/opt", python)
    assert sorted(made) == ["page/index.html", "python/__pycache__/one.cpython-312.pyc", "python/one.py"]
    content = made["python/__pycache__/one.cpython-312.pyc"]
    assert content[:4] == python312.MAGIC
    assert int.from_bytes(content[4:8], "little") == 0b01
    program = "import marshal, sys; code = marshal.loads(sys.stdin.buffer.read()[16:]); print(code.co_filename, code.co_consts[0])"
    said = subprocess.run([python, "-c", program], input=content, capture_output=True, check=True).stdout.decode()
    assert said == "/opt/python/one.py What it is.\n"


def test_a_module_that_3_12_cannot_compile_is_named(python: Path) -> None:
    with pytest.raises(CommandError, match=r"/opt/python/broken\.py"):
        with_bytecode({"python/broken.py": b"def f(:\n"}, "/opt", python)
