"""What a job works on and where it leaves what it makes, from the words of a command line; all of it checked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.deployment.target import Target
from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.parameters import wrong_ones_told
from cli.scratch import Scratch, watched_prefix
from sightline.ims.production.addresses import may_lie_below
from sightline.ims.production.client import ProductionRequest
from sightline.ims.production.parameters import FUNCTIONS, check, check_order, output_extension
from sightline.media.identity import is_media_id

# In place of an address that is known only after the upload.
_LATER = "oss://bucket/input"
# Parameters that are addresses of files: a background, and a sound to mix in.
_OF_FILES = ("bgimage", "inputs")


@dataclass(frozen=True)
class Words:
    """As they were typed. `place` is an address, a folder, or missing."""

    function: str
    source: str
    place: str | None
    parameters: Mapping[str, str]
    name: str = ""
    priority: int | None = None
    model: str = ""


@dataclass(frozen=True)
class Order:
    """`file` is uploaded first, and `request.source` follows from it; `folder` is where outputs are downloaded to.

    `lent` are the files that parameters name in place of an address, by the parameter.
    """

    request: ProductionRequest
    file: Path | None
    folder: Path | None
    lent: Mapping[str, Path]


def order(target: Target, words: Words, scratch: Scratch) -> Order:
    """Raises CommandError."""
    file, lent = _file(words.source), _lent(words.parameters)
    with wrong_ones_told():
        parameters = {**words.parameters, **dict.fromkeys(lent, _LATER)}
        default = _default_name(words.function, parameters)
        address, folder = _place(words, scratch, default)
        check(words.function, parameters, address, words.model)
        check_order(_LATER if file else words.source, "", words.name, words.priority)
    for name, path in lent.items():
        if not path.is_file():
            raise CommandError(f"{name}: there is no file {path}", "name a file, or an oss:// or https:// address", NOT_FOUND)
    bucket, watched = target.names.media_bucket, watched_prefix(target)
    if may_lie_below(address, bucket, watched):
        problem = f"OUTPUT {address} could lie below oss://{bucket}/{watched}, where it would be taken for an upload"
        raise CommandError(problem, "name another folder", USAGE)
    request = ProductionRequest(words.function, words.source, address, words.parameters, "", words.name, words.priority, words.model)
    return Order(request, file, folder, lent)


def _file(source: str) -> Path | None:
    """None for an address, and for the id of a media asset."""
    if "://" in source or (is_media_id(source) and not Path(source).exists()):
        return None
    if not source:
        raise CommandError("INPUT is missing", "name a file, an oss:// or https:// address, or the id of a media asset", USAGE)
    if not Path(source).is_file():
        raise CommandError(
            f"there is no file {source}", "name a file, an oss:// or https:// address, or the id of a media asset", NOT_FOUND
        )
    return Path(source)


def _lent(parameters: Mapping[str, str]) -> dict[str, Path]:
    """What is neither an address nor JSON with addresses is a file, whether it is there or not."""
    given = {name: parameters[name] for name in _OF_FILES if parameters.get(name)}
    return {name: Path(value) for name, value in given.items() if "://" not in value and value[0] not in "[{"}


def _default_name(function: str, parameters: Mapping[str, str]) -> str:
    """With the function in it: beside its input, an output may not replace that. Raises BadInput."""
    known = FUNCTIONS[function]
    parts = filter(None, ("{source}", function, known.placeholder))
    return "-".join(parts) + (output_extension(function, parameters) or ".json")


def _place(words: Words, scratch: Scratch, name: str) -> tuple[str, Path | None]:
    """The address of the outputs, and the folder that they are downloaded to."""
    if words.place is None:
        if FUNCTIONS[words.function].extension:
            raise CommandError(f"{words.function} makes a file: where to?", "name OUTPUT, an oss:// address or a folder", USAGE)
        return scratch.room(name), None
    if "://" in words.place:
        return (f"{words.place}{name}" if words.place.endswith("/") else words.place), None
    return scratch.room(name), folder_of(words.place)


def folder_of(word: str) -> Path:
    """Of this machine, to download into. Raises CommandError."""
    folder = Path(word)
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"{folder} is no folder", "name a folder to download into, or an oss:// address", USAGE)
    return folder
