"""Whether the code of a function, or of the layer, would change.

The service keeps a CRC-64 (ECMA-182) of the zip file that it was given. fc3 zips a code folder anew at each
deploy (`src/subCommands/deploy/impl/function.ts`, `_uploadCode`). Such a zip file tells the times of its files, and another program packs
the same files otherwise: no checksum made here can equal its own, so it is the files themselves that are compared.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from cli.plan.changes import Change
from localcloud.checksum import crc64
from localcloud.fc.project.code_folder import CodeFolder
from sightline.errors import ServiceRefused, ServiceUnreachable

FILES_NAMED = 5
_CACHE = "__pycache__"

Contents = Mapping[str, int]
"""CRC-32 of each file, by its path."""

CANT_BE_READ = (
    "the service tells a checksum of the zip file alone, and each deploy zips the folder anew; "
    "to compare the files, the key needs the right fc:GetFunctionCode"
)


def of_package(name: str, folder: Path, package: Path) -> Change:
    """`package` is the very zip file that is deployed."""
    return compared(name, of_folder(folder), of_zip(package.read_bytes()))


def on_laptop(name: str, folder: Path, checksum: str) -> Change:
    """The laptop's checksum is that of the folder it runs."""
    if CodeFolder.of(folder).checksum == checksum:
        return Change("code", name, "unchanged")
    return Change(
        "code",
        name,
        "change",
        note=f"the laptop runs something else than what lies in {folder}: another checkout, or what `sightline up --built` was given",
    )


def in_cloud(name: str, folder: Path, download: Callable[[], bytes]) -> Change:
    """`download` gives the zip file that is deployed. It raises ServiceRefused or ServiceUnreachable where it can't be had."""
    try:
        there = of_zip(download())
    except (ServiceRefused, ServiceUnreachable) as error:
        return Change("code", name, "unknown", note=f"{CANT_BE_READ} ({error})")
    except zipfile.BadZipFile:
        return Change("code", name, "unknown", note="what the service gives as its code is no zip file")
    return compared(name, of_folder(folder), there)


def compared(name: str, here: Contents, there: Contents) -> Change:
    differing = sorted(path for path in {*here, *there} if here.get(path) != there.get(path))
    if not differing:
        return Change("code", name, "unchanged")
    more = f" and {len(differing) - FILES_NAMED} more" if len(differing) > FILES_NAMED else ""
    return Change("code", name, "change", note=f"differing files: {', '.join(differing[:FILES_NAMED])}{more}")


def of_folder(folder: Path) -> Contents:
    """Without what running the code leaves there."""
    files = (path for path in folder.rglob("*") if path.is_file() and _CACHE not in path.parts)
    return {path.relative_to(folder).as_posix(): zlib.crc32(path.read_bytes()) for path in files if path.name != ".fcignore"}


def of_zip(content: bytes) -> Contents:
    """As its directory says; nothing is unpacked. Raises BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = (entry for entry in archive.infolist() if not entry.is_dir() and _CACHE not in entry.filename.split("/"))
        return {entry.filename: entry.CRC for entry in entries if not entry.filename.endswith(".fcignore")}


def checksum_of(file: Path) -> str:
    """As the service tells that of a zip file."""
    return str(crc64(file.read_bytes()))
