"""Which functions read a setting, found in their sources without running them.

What a function can reach is followed from definition to definition, by the names that each uses. A class counts as a whole, but for
`Wiring`, whose methods each build another part: of those only the ones that are asked for count. `Settings` and what reads all settings
at the start to check them count for nobody.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "sightline"
WIRING = "wiring"
SETTINGS = "settings"
_HOLDERS = ("settings", "chosen")
"""How the sources call the settings, wherever they read one."""
Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True, order=True)
class Place:
    """A function or class of a module (`pipeline.collect`), or a method of `Wiring`."""

    module: str
    name: str


@dataclass(frozen=True)
class Source:
    """A module of the layer, or the entry point of a function (whose `module` is empty)."""

    module: str
    tree: ast.Module

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        found = {node.name: node for node in self.tree.body if isinstance(node, Definition)}
        if self.module != WIRING:
            return found
        wiring = found["Wiring"]
        return {node.name: node for node in wiring.body if isinstance(node, ast.FunctionDef)}

    @cached_property
    def names(self) -> dict[str, Place]:
        """What each name stands for: what is defined here, and what is imported wherever in the module, but for types alone."""
        names = {name: Place(self.module, name) for name in self.definitions}
        for node in _but_for_types(self.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
                module = (node.module or "").removeprefix(f"{PACKAGE}.")
                names |= {alias.asname or alias.name: Place(module, alias.name) for alias in node.names}
        return names


class Readers:
    """Reads the sources below `project` once."""

    def __init__(self, project: Path) -> None:
        root = project / "shared/python" / PACKAGE
        self._layer = {_module(file.relative_to(root)): _source(_module(file.relative_to(root)), file) for file in root.rglob("*.py")}
        self._entries = {file.parent.name: _source("", file) for file in (project / "functions").glob("*/index.py")}
        settings = self._layer[SETTINGS].definitions["Settings"]
        assert isinstance(settings, ast.ClassDef)
        methods = {node.name: node for node in settings.body if isinstance(node, ast.FunctionDef)}
        self._derived = {name: set(_attributes(node, ("self",))) for name, node in methods.items()}

    def of(self, setting: str) -> Mapping[str, list[str]]:
        """The functions that read a setting, each with the modules that do it there."""
        return {name: found for name in sorted(self._entries) if (found := sorted(self._read[name].get(setting, ())))}

    @cached_property
    def _read(self) -> dict[str, dict[str, set[str]]]:
        """By function and setting: the modules."""
        return {name: self._reads(entry) for name, entry in self._entries.items()}

    def _reads(self, entry: Source) -> dict[str, set[str]]:
        read: dict[str, set[str]] = defaultdict(set)
        for place in self._reached(entry):
            for name in _attributes(self._layer[place.module].definitions[place.name], _HOLDERS):
                for setting in self._derived.get(name, {name}):
                    read[setting].add(place.module)
        return read

    def _reached(self, entry: Source) -> set[Place]:
        wiring = self._layer[WIRING].definitions
        waiting = [place for node in ast.walk(entry.tree) for place in self._leads(entry, node)]
        waiting += [Place(WIRING, name) for name in ("__init__", *_called(entry.tree)) if name in wiring]
        reached: set[Place] = set()
        while waiting:
            place = waiting.pop()
            if place in reached or place.module == SETTINGS or place.name not in self._defined(place.module):
                continue
            reached.add(place)
            source = self._layer[place.module]
            definition = source.definitions[place.name]
            waiting += [found for node in ast.walk(definition) for found in self._leads(source, node)]
            if place.module == WIRING:
                waiting += [Place(WIRING, name) for name in _called(definition) if name in wiring]
        return reached

    def _defined(self, module: str) -> Mapping[str, Definition]:
        return self._layer[module].definitions if module in self._layer else {}

    def _leads(self, source: Source, node: ast.AST) -> Iterator[Place]:
        if isinstance(node, ast.Name) and node.id in source.names:
            yield self._home(source.names[node.id])

    def _home(self, place: Place) -> Place:
        """Where it is defined: a package may hand on what it imports."""
        source = self._layer.get(place.module)
        if source is None or place.name in source.definitions or place.name not in source.names:
            return place
        return self._home(source.names[place.name])


def _module(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__").removesuffix("__init__")


def _source(module: str, file: Path) -> Source:
    return Source(module, ast.parse(file.read_text(), str(file)))


def _but_for_types(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from _but_for_types(node)


def _called(tree: ast.AST) -> list[str]:
    return [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]


def _attributes(tree: ast.AST, holders: tuple[str, ...]) -> Iterator[str]:
    """What is read of a name that is one of `holders`, or of an attribute that is called so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            base = node.value
            if (isinstance(base, ast.Name) and base.id in holders) or (isinstance(base, ast.Attribute) and base.attr in holders):
                yield node.attr
