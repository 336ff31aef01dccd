"""A layer may bring compiled code: the wheel for Function Compute's platform is taken, and it runs there from the layer alone."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.layer import python312
from cli.layer.build import build

ROOT = Path(__file__).parents[2]
HANDLER = """
import json
import sightline

def initialize(_context):
    pass

def handler(event, _context):
    return sightline.parsed(event)
"""
PACKAGE = """
import pydantic_core

def parsed(event):
    return [pydantic_core.from_json(event), pydantic_core.__version__]
"""
WHEELS = ("pydantic-core", "typing-extensions")


def locked(name: str) -> str:
    """The version that the laptop cloud has, with the hashes of all its files."""
    block = re.search(rf"^{name}==\S+.*?(?=^\S|\Z)", (ROOT / "requirements/local.lock").read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None, name
    return block.group()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "functions/parse/index.py": HANDLER,
        "functions/parse/beside.py": "import sightline.beside\n",
        "functions/parse/.mypy_cache/3.12/index.json": "{}",
        "functions/parse/__pycache__/index.cpython-310.pyc": "",
        "shared/python/sightline/__init__.py": PACKAGE,
        "shared/python/sightline/beside.py": "",
        "shared/python/sightline/unused.py": "import nothing_that_is_there\n",
        "shared/requirements.txt": "pydantic-core\n",
        "requirements/layer.lock": "".join(map(locked, WHEELS)),
        "LICENSE": "free\n",
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    return tmp_path


@pytest.mark.skipif((sys.platform, platform.machine()) != ("linux", "x86_64"), reason="only x86_64 Linux runs what is built for it")
def test_a_compiled_dependency_runs_from_the_layer(project: Path) -> None:
    try:
        python = python312.find(os.environ)
        build(project, project / "build", os.environ)
    except CommandError as error:
        if "no Python 3.12" in error.problem or "can be reached from here" in error.problem:
            pytest.skip(f"{error.problem}; {error.fix}")
        raise
    layer, event = project / "build/layer", project / "event.json"
    event.write_text('{"a": [1]}')
    bare = Path(__file__).with_name("bare_function.py")
    done = subprocess.run(
        [python, "-I", "-S", bare, project / "functions/parse", layer, event], capture_output=True, text=True, env={}, check=True
    )
    said = json.loads(done.stdout)
    version = locked("pydantic-core").split("==")[1].split()[0]
    assert said["answers"] == [[{"a": [1]}, version]]
    assert [path for path in said["compiled"] if path.startswith(str(layer))] == []
    assert "python/pydantic_core/_pydantic_core.cpython-312-x86_64-linux-gnu.so" in said["used"]
    with zipfile.ZipFile(project / "build/parse.zip") as package:
        assert package.namelist() == [*(f"__pycache__/{name}.cpython-312.pyc" for name in ("beside", "index")), "beside.py", "index.py"]
    assert {path.name for path in (layer / "python/sightline").glob("*.py")} == {"__init__.py", "beside.py"}
