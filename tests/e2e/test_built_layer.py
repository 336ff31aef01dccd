"""What `make layer` builds: what is in it, that it is the same each time, and that the functions run on it as they would in the cloud."""

from __future__ import annotations

import ast
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli import journal
from cli.errors import CommandError
from cli.layer import python312
from cli.layer.build import build
from cli.layer.bytecode import cached
from sightline.ledger.story import Story
from tests.laptop import Cloud

ROOT = Path(__file__).parents[2]
BARE = Path(__file__).with_name("bare_function.py")
RULES = "sightline/rules/rules.json"
FUNCTIONS = ("collect", "search", "submit", "sweep")


@dataclass(frozen=True)
class Built:
    folder: Path
    python: Path

    def __getitem__(self, name: str) -> dict[str, bytes]:
        with zipfile.ZipFile(self.folder / f"{name}.zip") as archive:
            return {path: archive.read(path) for path in archive.namelist()}

    def all(self) -> dict[str, bytes]:
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


def built_in(folder: Path, project: Path = ROOT) -> Built:
    try:
        python = python312.find(os.environ)
        build(project, folder, os.environ)
    except CommandError as error:
        if "no Python 3.12" in error.problem or "can be reached from here" in error.problem:
            pytest.skip(f"{error.problem}; {error.fix}")
        raise
    return Built(folder, python)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built_in(tmp_path_factory.mktemp("built"))


class BuiltCloud(Cloud):
    """Runs what was built."""

    built: Path

    def up(self) -> list[str | Path]:
        return [*super().up(), "--built", self.built]


@pytest.fixture(scope="module")
def built_cloud(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = BuiltCloud(tmp_path_factory.mktemp("built-cloud"))
    cloud.built = built.folder
    yield cloud.start()
    assert cloud.end() == 0


def test_the_same_bytes_in_another_folder_at_another_time(built: Built, tmp_path: Path) -> None:
    """Under another umask, time zone and order of hashes too. Git keeps no times, so a copy has others."""
    copy = tmp_path / "elsewhere"
    for part in ("functions", "shared", "requirements"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
    shutil.copyfile(ROOT / "LICENSE", copy / "LICENSE")
    shutil.copytree(ROOT / ".cache/layer-wheels", copy / ".cache/layer-wheels")
    program = (
        "import os, sys; from pathlib import Path; from cli.layer.build import build; os.umask(0o077);"
        "build(Path(sys.argv[1]), Path(sys.argv[2]), os.environ)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, copy, tmp_path / "again"], cwd=tmp_path, env=environment, check=True)
    assert Built(tmp_path / "again", built.python).all() == built.all()


def test_the_layer_is_a_folder_too(built: Built) -> None:
    """`s layer publish --code` takes either."""
    layer = built["layer"]
    assert {path.removeprefix("layer/"): content for path, content in built.all().items() if path.startswith("layer/")} == layer
    assert {path.split("/")[0] for path in layer} == {"python", "licenses"}


def imported(module: str, sources: dict[str, bytes], seen: set[str]) -> set[str]:
    """The files of `sources` that importing a module runs, whatever function it calls; not what only a type checker reads."""
    for path in [path for path in (f"{module.replace('.', '/')}/__init__.py", f"{module.replace('.', '/')}.py") if path in sources][:1]:
        if path not in seen:
            seen.add(path)
            follow(sources[path], sources, seen)
    return seen


def follow(source: bytes, sources: dict[str, bytes], seen: set[str], package: str = "") -> None:
    for node in at_run_time(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            for length in range(1, len(parts) + 1):
                imported(".".join(parts[:length]), sources, seen)


def at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from at_run_time(node)


def test_nothing_is_in_it_that_the_functions_never_import(built: Built) -> None:
    layer = {path.removeprefix("python/"): content for path, content in built["layer"].items() if path.startswith("python/")}
    seen: set[str] = set()
    for name in FUNCTIONS:
        follow(built[name]["index.py"], layer, seen)
    ours = {path for path in layer if path.startswith("sightline/")} - {RULES}
    assert ours == {path for path in seen if path.startswith("sightline/")} | {
        cached(path) for path in seen if path.startswith("sightline/")
    }
    # zoneinfo imports the packages of tzdata, and opens what lies in them; each other dependency has to be imported by somebody.
    packages = {path.split("/")[0] for path in layer} - {"sightline", "tzdata"}
    assert packages == {path.split("/")[0] for path in seen} - {"sightline"}
    assert not [path for path in layer if ".dist-info" in path or path.endswith((".pyi", "py.typed", "RECORD", "METADATA", ".tab", ".zi"))]


def test_every_module_is_there_and_compiled_once(built: Built) -> None:
    for name in ("layer", *FUNCTIONS):
        files = built[name]
        sources = {path for path in files if path.endswith(".py")}
        assert {path for path in files if path.endswith(".pyc")} == {cached(path) for path in sources}
        assert {files[cached(path)][:8] for path in sources} == {python312.MAGIC + b"\1\0\0\0"}
    checkout = {path.relative_to(ROOT / "shared/python").as_posix() for path in (ROOT / "shared/python").rglob("*.py")}
    assert {path.removeprefix("python/") for path in built["layer"] if path.startswith("python/sightline/")} - checkout - {RULES} <= {
        cached(path) for path in checkout
    }


def test_a_traceback_names_the_place_in_the_cloud(built: Built) -> None:
    program = """
import io, marshal, sys, types, zipfile
def names(code):
    yield code.co_filename
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from names(part)
root, archive = sys.argv[1], zipfile.ZipFile(sys.argv[2])
for path in archive.namelist():
    if path.endswith(".pyc"):
        source = path.replace("__pycache__/", "").replace(".cpython-312.pyc", ".py")
        assert source in archive.namelist(), source
        assert set(names(marshal.loads(archive.read(path)[16:]))) == {f"{root}/{source}"}, path
"""
    for name, root in (("layer", "/opt"), *((function, "/code") for function in FUNCTIONS)):
        subprocess.run([built.python, "-I", "-S", "-c", program, root, built.folder / f"{name}.zip"], check=True)


def test_nothing_tells_of_the_machine_that_built_it(built: Built) -> None:
    traces = {str(ROOT), str(built.folder), str(Path.home()) + "/", str(built.python), os.uname().nodename}
    found = [(path, trace) for path, content in built.all().items() for trace in traces if len(trace) > 3 and trace.encode() in content]
    assert found == []


def test_the_layer_brings_its_rules(built: Built, opt: Path) -> None:
    assert built["layer"][f"python/{RULES}"] == (ROOT / "shared/python" / RULES).read_bytes()
    program = f"""
import sys
sys.path.insert(0, {str(opt / "python")!r})
from sightline.rules.file import load_rules
print(*(rule.name for rule in load_rules().rules), sep=", ")
"""
    done = subprocess.run([built.python, "-I", "-S", "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "videos, images, image sequences\n"


def test_licences_stay(built: Built) -> None:
    layer = built["layer"]
    assert layer["licenses/sightline/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    pinned = {line.split("==")[0] for line in (ROOT / "requirements/layer.lock").read_text().splitlines() if "==" in line}
    texts = {path.split("/")[1].split("-")[0].replace("_", "-").lower() for path in layer if path.startswith("licenses/")}
    assert texts == pinned | {"sightline"}


def bare(built: Built, function: str, layer: Path, cloud: Cloud, events: list[str], **settings: str) -> dict[str, Any]:
    """Run a function outside of any Function Compute, against the services of a laptop cloud."""
    assert cloud.running is not None
    code = layer.parent / f"code-{function}"
    for path, content in built[function].items():
        (code / path).parent.mkdir(parents=True, exist_ok=True)
        (code / path).write_bytes(content)
    environment = {
        **journal.environment_of(cloud.running, function),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud.running.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud.running.access_key_secret,
        "FC_ACCOUNT_ID": cloud.running.account_id,
        **settings,
    }
    program: list[str | Path] = [built.python, "-I", "-S", BARE, code, layer, *(ROOT / "events" / f"{event}.json" for event in events)]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.fixture
def opt(built: Built, tmp_path: Path) -> Path:
    """The layer where a function finds it; nobody may write into it, as far as the user that runs the tests can be kept from it."""
    folder = tmp_path / "opt"
    with zipfile.ZipFile(io.BytesIO((built.folder / "layer.zip").read_bytes())) as archive:
        archive.extractall(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


KEY = "uploads/home/front_door/2026-11-21T08-15-30.mp4"


@pytest.fixture(scope="module")
def uploaded(built_cloud: Cloud, clips: dict[str, Path]) -> Story:
    """What the sample events tell of, put there and understood by functions that run from zip files."""
    built_cloud.bucket().put_object_from_file(KEY, str(clips["street-by-day"]))
    return built_cloud.wait(KEY)[0]


def test_the_built_functions_take_a_clip_from_upload_to_search(built: Built, built_cloud: Cloud, uploaded: Story) -> None:
    assert uploaded.stage == "searchable"
    assert [hit["key"] for hit in built_cloud.search("a person in red walks to the right", "home")["hits"]] == [KEY]
    unpacked = [folder for folder in (built_cloud.data / "fc/unpacked").iterdir() if (folder / "python").is_dir()]
    assert [{path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} for folder in unpacked] == [
        set(built["layer"])
    ]


def essence(function: str, answers: list[Any]) -> Any:
    """What a search found, what failed in a sweep, and all that the others say."""
    if function == "search":
        return [answers[0]["statusCode"], [hit["key"] for hit in json.loads(answers[0]["body"])["hits"]]]
    return {name: part["errors"] for name, part in answers[0].items()} if function == "sweep" else answers


IGNORED = {"outcomes": ["ignored: the service knows no such job"], "letters": []}
KNOWN = {"outcomes": ["nothing to do: this content has been taken on"], "letters": []}


@pytest.mark.parametrize(
    ("function", "events", "expected"),
    [
        ("submit", ["oss_put", "oss_delete"], [KNOWN] * 2),  # the object is there, whatever the second one says
        ("collect", ["mns_topic_json", "mns_topic_stream", "mns_queue_eventbridge"], [IGNORED] * 3),
        ("collect", ["mns_topic_production", "ai_produce_complete"], [IGNORED] * 2),
        ("search", ["http_search"], [200, [KEY]]),
        ("sweep", ["timer"], {"queue": [], "media": {}, "letters": {}}),
    ],
)
def test_a_function_runs_with_python_and_the_layer_alone(
    built: Built, opt: Path, built_cloud: Cloud, uploaded: Story, function: str, events: list[str], expected: Any
) -> None:
    """Without a time zone database of the machine, and without anything that is compiled or written when it starts."""
    before = {path: path.stat().st_mtime_ns for path in opt.rglob("*")}
    said = bare(built, function, opt, built_cloud, events, CAMERA_TIME_ZONE="Asia/Shanghai", PYTHONTZPATH="")
    assert (said["compiled"], said["written"], said["foreign"]) == ([], [], [])
    assert {path: path.stat().st_mtime_ns for path in opt.rglob("*")} == before
    assert "python/tzdata/zoneinfo/Asia/__init__.py" in said["used"]
    assert essence(function, said["answers"]) == expected


def test_without_compiled_files_it_would_be_seen(built: Built, opt: Path, built_cloud: Cloud) -> None:
    for folder in list(opt.rglob("__pycache__")):
        shutil.rmtree(folder)
    said = bare(built, "search", opt, built_cloud, ["http_search"])
    assert f"{opt}/python/sightline/wiring.py" in said["compiled"]


def test_a_build_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = Cloud(tmp_path / "data").command("up", "--port", "0", "--built", str(tmp_path / "none"), code=4)
    assert "there is no layer.zip in" in done.stderr
    assert "make layer" in done.stderr


def test_a_folder_that_cannot_be_filled_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run([sys.executable, "-m", "cli.layer", "--to", tmp_path / "file/build"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert "--to" in done.stderr


def test_a_wrong_python_is_said_before_anything_is_written(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHON312": "/nowhere/python"}
    done = subprocess.run(
        [sys.executable, "-m", "cli.layer", "--to", tmp_path / "build"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert "PYTHON312: /nowhere/python is not a Python 3.12" in done.stderr
    assert not (tmp_path / "build").exists()
