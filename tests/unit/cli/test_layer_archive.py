"""Zip files and folders that depend on their content alone."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.layer.archive import write_file, write_folder, zipped

FILES = {"python/b.py": b"b = 1\n", "python/a/__init__.py": b"", "LICENSE": b"free\n"}


@pytest.fixture(params=[0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_the_order_in_which_files_were_found_does_not_matter() -> None:
    assert zipped(FILES) == zipped(dict(reversed(FILES.items())))


def test_a_zip_file_tells_of_no_time_and_no_user() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(FILES))) as archive:
        entries = archive.infolist()
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
    assert [entry.filename for entry in entries] == sorted(FILES)
    assert {(entry.date_time, entry.external_attr >> 16, entry.create_system, entry.extra) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644, 3, b"")
    }


def test_a_folder_is_the_same_under_another_umask(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "layer"
    write_folder(folder, {"old": b""})
    write_folder(folder, FILES)
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    assert {name: path.read_bytes() for name, path in found.items() if path.is_file()} == FILES
    assert {path.stat().st_mode & 0o777 for path in found.values() if path.is_file()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in (folder, folder / "python", folder / "python/a")} == {0o755}
    assert {path.stat().st_mtime for path in (folder, *found.values())} == {315_532_800.0}


def test_a_file_is_replaced_whole(tmp_path: Path, umask: int) -> None:
    file = tmp_path / "layer.zip"
    file.write_bytes(b"before")
    write_file(file, b"after")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"after", 0o644)
    assert list(tmp_path.iterdir()) == [file]
