"""Who is measured: our function, and those beside it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cold_start import folders
from bench.cold_start.process import Program, Runtime
from bench.cold_start.recorder import fill
from bench.cold_start.scenes import FUNCTIONS, Scene, Stage
from cli.layer import python312
from cli.layer.archive import Files, write_folder
from cli.layer.build import Project, code_files, layer_files
from localcloud.fc.running import bootstrap

RIVALS = Path(__file__).with_name("rivals")
SEEDS = ("alibabacloud_ice20201109", "alibabacloud_credentials", "oss2")


@dataclass(frozen=True)
class Contender:
    """`packages` are what it needs of the lock; `event` makes what it is asked, from a scene and the requests that ours makes there."""

    name: str
    module: str
    packages: Sequence[str]
    event: Callable[[Stage, Scene, str], str]
    functions: Sequence[str] = FUNCTIONS
    makes_the_same_requests: bool = False


def _same_requests(_stage: Stage, scene: Scene, template: str) -> str:
    return fill(template, scene.names)


def _one_object(stage: Stage, _scene: Scene, _template: str) -> str:
    return json.dumps({"key": stage.record_key(), "address": stage.presigned(stage.record_key())})


def _one_search(stage: Stage, _scene: Scene, _template: str) -> str:
    library = stage.environment["SEARCH_LIBRARY"]
    parameters = {"SearchLibName": library, "Text": "a person", "Namespace": "home", "PageNo": "1", "PageSize": "10"}
    return json.dumps({"action": "SearchMediaByHybrid", "parameters": parameters})


OURS, BARE_SIGNER = "ours", "bare signer, one search"
THE_SEEDS_WAY = "the seeds' way: ice, credentials, oss2"
FLOOR = "bare signer, the same requests"
WITH_A_QUEUE = f"{THE_SEEDS_WAY}, mns"

OTHERS = (
    Contender(THE_SEEDS_WAY, "seeds", SEEDS, _same_requests, ("search", "collect", "submit"), makes_the_same_requests=True),
    Contender(WITH_A_QUEUE, "seeds", (*SEEDS, "aliyun-mns-sdk"), _same_requests, ("sweep",), makes_the_same_requests=True),
    Contender("oss2 alone, one GET", "oss2_alone", ("oss2",), _one_object),
    Contender("httpx + pydantic alone, one GET", "httpx_pydantic", ("httpx", "pydantic"), _one_object),
    Contender(FLOOR, "signer_same_requests", (), _same_requests, makes_the_same_requests=True),
    Contender(BARE_SIGNER, "signer", (), _one_search),
    Contender("the runtime alone", "nothing", (), _one_search),
)


@dataclass(frozen=True)
class Disk:
    """All programs by name, once with `.pyc` and once without; `sizes` in bytes of what each brings besides its own code."""

    runtime: Runtime
    programs: Mapping[tuple[str, bool], Program]
    sizes: Mapping[tuple[str, bool], int]


class Installer:
    """Lays out every program in `folder`, with the functions and the layer of `project`; a function is named by itself."""

    def __init__(self, folder: Path, project: Project) -> None:
        self._folder = folder
        self._project = project
        self._python = python312.find(os.environ)
        self._programs: dict[tuple[str, bool], Program] = {}
        self._sizes: dict[tuple[str, bool], int] = {}

    def install(self, functions: Sequence[str]) -> Disk:
        layers = self._as_built(layer_files(self._project, self._python))
        for name in functions:
            codes = self._as_built(code_files(self._project.folder / "functions" / name, self._python))
            for has_pyc in (True, False):
                self._add(name, has_pyc, Program(codes[has_pyc], layers=[layers[has_pyc]], has_initializer=True), layers[has_pyc])
        self._install_others([other for other in OTHERS if set(other.functions) & set(functions)])
        return Disk(Runtime(self._python, self._driver()), self._programs, self._sizes)

    def _install_others(self, others: Sequence[Contender]) -> None:
        installed = folders.rivals(self._python)
        for other in others:
            code = self._new("code")
            shutil.copy2(RIVALS / f"{other.module}.py", code / "index.py")
            brought = self._new("layer")
            folders.copy_of(installed, other.packages, brought / "python")
            codes, layers = self._both(code), self._both(brought)
            for has_pyc in (True, False):
                self._add(other.name, has_pyc, Program(codes[has_pyc], layers=[layers[has_pyc]]), layers[has_pyc])

    def _add(self, name: str, has_pyc: bool, program: Program, brings: Path) -> None:
        self._programs[name, has_pyc] = program
        self._sizes[name, has_pyc] = folders.size(brings)

    def _driver(self) -> Path:
        source = self._new("driver")
        shutil.copy2(Path(__file__).with_name("driver.py"), source)
        shutil.copy2(bootstrap.__file__, source)
        return self._both(source)[True]

    def _as_built(self, files: Files) -> Mapping[bool, Path]:
        """As `make layer` packs it."""
        built = self._new("built")
        write_folder(built, files)
        return {True: built, False: folders.without_pyc(built, self._new("without"))}

    def _both(self, source: Path) -> Mapping[bool, Path]:
        bare = folders.without_pyc(source, self._new("without"))
        return {True: folders.compiled(self._python, bare, self._new("with")), False: bare}

    def _new(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))
