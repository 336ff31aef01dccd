"""The detector file that a person brought: `sightline models add`."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from cli.errors import NOT_FOUND, CommandError
from localcloud.ims.inputs import printable
from localcloud.ims.understanding.checks import EngineRefused, check_detector

LARGEST_BYTES = 500 * 2**20


@dataclass(frozen=True)
class Chosen:
    """A file that was checked by running it; a changed one is refused when the engine loads it."""

    path: Path
    sha256: str
    source: str


def chosen(data: Path) -> Chosen | None:
    try:
        known = json.loads(_note(data).read_text())
    except FileNotFoundError:
        return None
    return Chosen(Path(known["path"]), known["sha256"], known["source"])


def add(data: Path, source: str, sha256: str | None) -> Chosen:
    """Copy or fetch a YOLOX-style ONNX file, check its hash and that it runs, and keep it. Raises CommandError."""
    folder = data / "models"
    folder.mkdir(parents=True, exist_ok=True)
    incoming = folder / "incoming.onnx"
    _bring(source, incoming)
    found = hashlib.sha256(incoming.read_bytes()).hexdigest()
    if sha256 and found != sha256.lower():
        incoming.unlink()
        raise CommandError(f"the file's SHA-256 is {found}, not {sha256.lower()}", "fetch it again from its publisher, or correct --sha256")
    try:
        check_detector(incoming)
    except EngineRefused as error:
        incoming.unlink()
        raise CommandError(f"this is no detector that can be used: {error}", "bring a YOLOX ONNX export; see the README") from error
    kept = (folder / f"{found[:16]}.onnx").resolve()
    incoming.replace(kept)
    model = Chosen(kept, found, source)
    _note(data).write_text(json.dumps(asdict(model), default=str))
    return model


def remove(data: Path) -> None:
    known = chosen(data)
    if known is None:
        raise CommandError("there is no detector to remove", "add one with `sightline models add FILE`", NOT_FOUND)
    _note(data).unlink()
    known.path.unlink(missing_ok=True)


def _note(data: Path) -> Path:
    return data / "models" / "detector.json"


def _bring(source: str, target: Path) -> None:
    if urlsplit(source).scheme not in ("http", "https"):
        if not Path(source).is_file():
            raise CommandError(f"there is no file {source}", "name an ONNX file, or an https address", NOT_FOUND)
        shutil.copyfile(source, target)
        return
    try:
        with httpx.stream("GET", source, follow_redirects=True, timeout=30) as response, target.open("wb") as file:
            response.raise_for_status()
            for block in response.iter_bytes():
                file.write(block)
                if file.tell() > LARGEST_BYTES:
                    raise CommandError(f"the file is larger than {LARGEST_BYTES:,} bytes", "bring a smaller export")
    except httpx.HTTPStatusError as error:
        raise CommandError(f"{printable(source)} answered {error.response.status_code}", "check the address") from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        problem = f"{printable(source)} could not be reached ({type(error).__name__})"
        raise CommandError(problem, "without internet here, fetch the file elsewhere and add it: sightline models add FILE") from error
