"""Zip files and folders whose bytes depend on nothing but what is in them: not on the time, the machine, the user or the order."""

from __future__ import annotations

import io
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

Files = Mapping[str, bytes]
"""Content by path; paths are relative, with slashes."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can tell."""
_EPOCH_SECONDS = 315_532_800
_UNIX = 3
_FILE_MODE, _FOLDER_MODE = 0o644, 0o755


def zipped(files: Files) -> bytes:
    """A zip file, its names sorted. Compressed, so the same bytes on two machines take the same zlib on both."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | _FILE_MODE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def write_file(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    _settle(Path(name), _FILE_MODE)
    Path(name).replace(path)


def write_folder(folder: Path, files: Files) -> None:
    """Replaces `folder`. Times are fixed too: a tool that zips it keeps them."""
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    for path, content in files.items():
        file = fresh / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        _settle(file, _FILE_MODE)
    for inner in sorted((path for path in fresh.rglob("*") if path.is_dir()), reverse=True):
        _settle(inner, _FOLDER_MODE)
    _settle(fresh, _FOLDER_MODE)
    if folder.is_dir():
        shutil.rmtree(folder)
    fresh.rename(folder)


def _settle(path: Path, mode: int) -> None:
    path.chmod(mode)
    os.utime(path, (_EPOCH_SECONDS, _EPOCH_SECONDS))
