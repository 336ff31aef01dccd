"""The code: whether it is there, has the handlers that are named, and is small enough."""

from __future__ import annotations

import ast
import zipfile
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path

from cli.check.declared import Resource, Sheet
from cli.check.finding import Finding, Findings, error, warning

# Official help, "Limits": the packed code, in regions such as Shanghai, and in all others.
LARGEST, LARGEST_ANYWHERE = 500 * 2**20, 100 * 2**20


def code(sheet: Sheet) -> Findings:
    for resource in sheet.resources:
        function = resource.function
        if function.is_container:
            continue
        if not function.handler and not function.runtime.startswith("custom"):
            yield error(resource.path("handler"), "is missing", "name what is called, as in index.handler")
        if function.code_path is None:
            yield error(resource.path("code"), "is missing", "name the folder or zip file of the code")
            continue
        place = sheet.file.parent / function.code_path
        if not place.exists():
            yield error(resource.path("code"), f"{function.code_path} does not exist", "correct the path; it is relative to this file")
            continue
        yield from _size(resource, place)
        if function.is_python:
            yield from _handlers(resource, place)


def _size(resource: Resource, place: Path) -> Findings:
    size = sum(file.stat().st_size for file in (place.rglob("*") if place.is_dir() else [place]) if file.is_file())
    if place.is_dir() and size > LARGEST_ANYWHERE:
        size = _packed(place)
    if size > LARGEST:
        yield error(
            resource.path("code"),
            f"is {size / 2**20:.0f} MB packed; 500 MB are the most",
            "leave out what the function does not need, or use a layer",
        )
    elif size > LARGEST_ANYWHERE:
        problem = f"is {size / 2**20:.0f} MB packed; only some regions take more than 100 MB"
        yield warning(resource.path("code"), problem, "leave out what the function does not need, or use a layer")


class _Counter(RawIOBase):
    """Takes what is written, and keeps its length."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        written = len(memoryview(data))  # type: ignore[arg-type]
        self.size += written
        return written


def _packed(folder: Path) -> int:
    """How many bytes a zip file of it has."""
    counter = _Counter()
    with zipfile.ZipFile(counter, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*"):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return counter.size


def _handlers(resource: Resource, place: Path) -> Findings:
    function = resource.function
    hooks = function.instance_lifecycle_config
    # A handler takes event and context, a hook the context alone.
    if function.handler:
        yield from _handler(resource, place, ("handler",), function.handler, 2)
    for key, hook in (("initializer", hooks.initializer), ("preStop", hooks.pre_stop)):
        if hook is not None and not hook.command:
            yield from _handler(resource, place, ("instanceLifecycleConfig", key, "handler"), hook.handler, 1)


def _handler(resource: Resource, place: Path, keys: tuple[str, ...], handler: str, arguments: int) -> Findings:
    path = resource.path(*keys)
    module, _, name = handler.rpartition(".")
    if not module or not name:
        yield error(path, f"'{handler}' is no handler", "write file.function, as in index.handler")
        return
    source = _source(place, f"{module}.py") or _source(place, f"{module.replace('.', '/')}.py")
    if source is None:
        yield error(path, f"there is no {module}.py in {resource.function.code_path}", "correct the handler or the code's path")
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as failure:
        yield error(path, f"{module}.py can't be read: {failure}", "mend the code")
        return
    yield from _defined(path, tree, module, name, arguments)


def _defined(path: str, tree: ast.Module, module: str, name: str, arguments: int) -> Iterator[Finding]:
    found = next((node for node in _statements(tree) if name in _names(node)), None)
    if found is None and not any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body):
        yield error(path, f"{module}.py has no {name}", f"define {name} there, or correct the handler")
    elif isinstance(found, ast.FunctionDef) and not _takes(found.args, arguments):
        wanted = "event and context" if arguments == 2 else "the context alone"
        yield error(path, f"{name} in {module}.py does not take {wanted}", "correct its parameters")
    elif isinstance(found, ast.AsyncFunctionDef):
        yield error(path, f"{name} in {module}.py is async, and the runtime awaits nothing", "make it a plain function")


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Those of the module itself, also in its conditions."""
    for node in tree.body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.stmt))


def _names(node: ast.stmt) -> set[str]:
    """What a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)}


def _takes(parameters: ast.arguments, count: int) -> bool:
    positional = len(parameters.posonlyargs) + len(parameters.args)
    required = positional - len(parameters.defaults)
    return required <= count and (parameters.vararg is not None or positional >= count)


def _source(place: Path, name: str) -> str | None:
    """A file of a folder or zip file; None where there is none."""
    try:
        if place.is_dir():
            return (place / name).read_text(encoding="utf-8")
        with zipfile.ZipFile(place) as archive:
            return archive.read(name).decode()
    except (OSError, KeyError, UnicodeDecodeError, zipfile.BadZipFile):
        return None
