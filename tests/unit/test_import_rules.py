"""Who may import whom: functions -> sightline; localcloud -> engines; cli -> sightline, localcloud; and nothing else of ours."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {"sightline": "shared/python/sightline", "functions": "functions", "localcloud": "localcloud", "engines": "engines", "cli": "cli"}
ALLOWED = {
    "functions": {"sightline"},
    "localcloud": {"engines"},
    "cli": {"sightline", "localcloud"},
    "sightline": set(),
    "engines": set(),
}
LAYER_PACKAGES = {"certifi"}


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """What is run: not what stands there for a type checker alone."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield from walk(child)


def imports(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(folder.rglob("*.py")):
        for node in walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield file, node.module.partition(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    found = list(imports(ROOT / ROOMS[room]))
    assert found, f"no imports were read in {room}"
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}" for file, name in found if name in ROOMS and name != room and name not in ALLOWED[room]
    ]
    assert wrong == []


def test_the_layer_imports_only_what_its_requirements_name() -> None:
    import sys

    required = {line.split(">=")[0] for line in (ROOT / "shared/requirements.txt").read_text().splitlines() if line and line[0] != "#"}
    assert required == LAYER_PACKAGES | {"tzdata"}  # which zoneinfo reads, and nobody imports
    outside = {name for _, name in imports(ROOT / ROOMS["sightline"]) if name not in sys.stdlib_module_names and name != "sightline"}
    assert outside == LAYER_PACKAGES


def test_the_functions_are_thin() -> None:
    for name in ("submit", "collect", "search", "sweep"):
        assert len((ROOT / "functions" / name / "index.py").read_text().splitlines()) <= 35
