"""Code and layers from zip files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from localcloud.checksum import crc64
from localcloud.fc.errors import ProjectError
from localcloud.fc.project.code_folder import CodeFolder
from localcloud.fc.project.package import Unpacked, packaged
from localcloud.fc.project.project import Project

PROJECT = """
edition: 3.0.0
name: one
resources:
  hello:
    component: fc3
    props:
      region: cn-shanghai
      functionName: say-hello
      runtime: python3.12
      handler: index.handler
      code: ./functions/hello
"""


def zip_of(path: Path, **files: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "functions/hello").mkdir(parents=True)
    (tmp_path / "s.yaml").write_text(PROJECT)
    return Project.read(tmp_path / "s.yaml", {})


def test_a_function_takes_the_zip_file_named_like_its_folder(project: Project, tmp_path: Path) -> None:
    package = zip_of(tmp_path / "build/hello.zip", **{"index.py": "x = 1\n"})
    assert packaged(project, tmp_path / "build").functions["say-hello"].code == package
    assert project.functions["say-hello"].code == tmp_path / "functions/hello"


@pytest.mark.parametrize("content", [None, b"no zip file"])
def test_a_function_without_a_package_is_named(project: Project, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "hello.zip").write_bytes(content)
    with pytest.raises(ProjectError, match=r"function say-hello: .*hello\.zip is not a zip file; build it"):
        packaged(project, tmp_path)


def test_a_zip_file_is_unpacked_once_and_by_its_content(tmp_path: Path) -> None:
    unpacked = Unpacked(tmp_path / "unpacked")
    first = unpacked.folder_of(zip_of(tmp_path / "a.zip", **{"python/x.py": "x = 1\n"}))
    assert (first / "python/x.py").read_text() == "x = 1\n"
    (first / "python/x.py").write_text("left alone\n")
    assert unpacked.folder_of(tmp_path / "a.zip") == first
    assert (first / "python/x.py").read_text() == "left alone\n"
    other = unpacked.folder_of(zip_of(tmp_path / "a.zip", **{"python/x.py": "x = 2\n"}))
    assert (other / "python/x.py").read_text() == "x = 2\n"


@pytest.mark.contract("fc3 v0.1.22, deploy/impl/function.ts: a code that ends with .zip is uploaded as it is")
def test_a_project_may_name_a_zip_file_itself(project: Project, tmp_path: Path) -> None:
    package = zip_of(tmp_path / "build/hello.zip", **{"index.py": "x = 1\n"})
    project.file.write_text(PROJECT.replace("./functions/hello", "./build/hello.zip"))
    assert Project.read(project.file, {}).functions["say-hello"].code == package


def test_a_folder_is_its_own(tmp_path: Path) -> None:
    assert Unpacked(tmp_path / "unpacked").folder_of(tmp_path) == tmp_path.resolve()
    assert not (tmp_path / "unpacked").exists()


def test_what_earlier_builds_had_is_dropped(tmp_path: Path) -> None:
    earlier = Unpacked(tmp_path / "unpacked").folder_of(zip_of(tmp_path / "a.zip", x="1"))
    now = Unpacked(tmp_path / "unpacked")
    kept = now.folder_of(zip_of(tmp_path / "a.zip", x="2"))
    now.drop_unused()
    assert (earlier.exists(), kept.exists()) == (False, True)


def test_nothing_is_unpacked_outside_its_folder(tmp_path: Path) -> None:
    folder = Unpacked(tmp_path / "unpacked").folder_of(zip_of(tmp_path / "a.zip", **{"../../escaped.py": "", "/rooted.py": ""}))
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*")} == {"escaped.py", "rooted.py"}
    assert not (tmp_path / "escaped.py").exists()


@pytest.mark.contract("fc3 v0.1.22, deploy/impl/function.ts: codeChecksum is the CRC-64 of the zip file that was uploaded")
def test_the_checksum_of_a_package_is_that_of_the_zip_file(tmp_path: Path) -> None:
    content = zip_of(tmp_path / "hello.zip", x="1").read_bytes()
    assert CodeFolder.of(tmp_path / "hello.zip") == CodeFolder(len(content), str(crc64(content)))
