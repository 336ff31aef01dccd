"""From files and folders to keys in the media bucket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import oss2

from cli.clients import Clients
from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.output import Output
from sightline.media.identity import media_id
from sightline.media.layout import SEQUENCE_FOLDER

PREFIX = "uploads/"
PARTS_FROM_BYTES = 10 * 2**20
MANIFEST = "manifest.json"
MOST_NAMED = 3


@dataclass(frozen=True)
class Planned:
    """A file and its key. A part of a sequence is not a media by itself."""

    path: Path
    key: str
    is_media: bool = True


@dataclass(frozen=True)
class PassedOver:
    """A file of a folder that stays where it is: as `key` it would be refused, for this `reason`."""

    path: Path
    key: str
    reason: str

    def to_json(self) -> dict[str, str | None]:
        """As the uploads beside it are told."""
        return {"key": self.key, "media_id": None, "stage": "passed over", "reason": self.reason}


Judge = Callable[[str, int], str]
"""Why a key with so many bytes would be refused; empty where it would not."""


@dataclass(frozen=True)
class Plan:
    """Both in the order in which they were come across."""

    uploads: Sequence[Planned]
    passed_over: Sequence[PassedOver]


@dataclass(frozen=True)
class Uploaded:
    """`generation` is the content's eTag, `modified` when OSS wrote it: by both the pipeline tells one upload from another."""

    path: Path
    key: str
    media_id: str
    generation: str
    modified: datetime

    @property
    def name(self) -> str:
        """What a person would call it; a sequence has its folder's name."""
        return self.path.parent.name if self.path.name == MANIFEST else self.path.name


def plan(paths: Sequence[Path], namespace: str, device: str, judge: Judge) -> Plan:
    """The uploads for `paths`. A folder with a manifest.json is one sequence; other folders are walked.

    A file that is named is uploaded whatever it is; in a folder only those that will not be refused are. Raises CommandError.
    """
    check_name("--namespace", namespace)
    check_name("--device", device)
    base = f"{PREFIX}{namespace}/{device}/"
    found: list[Planned | PassedOver] = []
    for path in paths:
        if path.is_file():
            found.append(Planned(path, base + path.name))
        elif path.is_dir():
            found.extend(_folder(path.resolve(), base, path.resolve().name, judge))
        else:
            raise CommandError(f"there is no {path}", "name files and folders that exist", NOT_FOUND)
    made = Plan([item for item in found if isinstance(item, Planned)], [item for item in found if isinstance(item, PassedOver)])
    if not made.uploads:
        raise _nothing(made.passed_over)
    _refuse_collisions(made.uploads)
    return made


def _nothing(passed_over: Sequence[PassedOver]) -> CommandError:
    if not passed_over:
        return CommandError("there is nothing to upload in there", "name files, or folders that hold some", NOT_FOUND)
    first = passed_over[0]
    return CommandError(f"nothing in there would get a job; {first.path.name}: {first.reason}", "name another folder, or a file", NOT_FOUND)


def check_name(option: str, name: str) -> None:
    """Raises CommandError for a name that would change the layout of keys."""
    if not name.strip() or "/" in name or name.endswith(SEQUENCE_FOLDER):
        raise CommandError(f"{option} can't be {name!r}", f"use a name without a slash that does not end in {SEQUENCE_FOLDER}", USAGE)


def _refuse_collisions(planned: Sequence[Planned]) -> None:
    """Two files of one key: the second would replace the first."""
    paths: dict[str, Path] = {}
    for item in planned:
        other = paths.setdefault(item.key, item.path)
        if item.is_media and other.resolve() != item.path.resolve():
            raise CommandError(f"{other} and {item.path} would both be {item.key}", "rename one, or give each a --device of its own", USAGE)


def _folder(folder: Path, base: str, name: str, judge: Judge) -> Iterator[Planned | PassedOver]:
    manifest = folder / MANIFEST
    if manifest.is_file():
        yield from _sequence(manifest, f"{base}{name.removesuffix(SEQUENCE_FOLDER)}{SEQUENCE_FOLDER}/")
        return
    if name.endswith(SEQUENCE_FOLDER):
        raise CommandError(f"{folder} is an image sequence without a {MANIFEST}", 'write {"images": ["1.jpg", "2.jpg"]} into it')
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _folder(path, base, f"{name}/{path.name}", judge)
        elif path.is_file():
            key = f"{base}{name}/{path.name}"
            reason = judge(key, path.stat().st_size)
            yield PassedOver(path, key, reason) if reason else Planned(path, key)


def _sequence(manifest: Path, base: str) -> Iterator[Planned]:
    """The images first: the manifest's arrival starts the work. What it names wrongly is said by the pipeline, as for any upload."""
    try:
        names = json.loads(manifest.read_text())["images"]
    except (ValueError, KeyError, TypeError):
        names = []
    for name in names if isinstance(names, list) else []:
        image = (manifest.parent / str(name)).resolve()
        if image.is_file() and image.is_relative_to(manifest.parent.resolve()):
            yield Planned(image, f"{base}{name}", is_media=False)
    yield Planned(manifest, base + manifest.name)


def send(clients: Clients, planned: Planned) -> Uploaded:
    """Put one file. Raises CommandError."""
    bucket = clients.oss2_bucket()
    try:
        if planned.path.stat().st_size > PARTS_FROM_BYTES:
            checkpoints = oss2.ResumableStore(root=clients.running.data, dir="uploads")
            oss2.resumable_upload(bucket, planned.key, str(planned.path), store=checkpoints, multipart_threshold=PARTS_FROM_BYTES)
        else:
            bucket.put_object_from_file(planned.key, str(planned.path))
        found = bucket.head_object(planned.key)
        etag, modified = str(found.etag).strip('"').upper(), found.last_modified
    except (oss2.exceptions.OssError, OSError) as error:
        raise CommandError(f"{planned.path} could not be uploaded: {_cause(error)}", "mend that and upload it again") from error
    identity = media_id(clients.running.media_bucket, planned.key)
    return Uploaded(planned.path, planned.key, identity, etag, datetime.fromtimestamp(modified, timezone.utc))


def say_passed_over(output: Output, passed_over: Sequence[PassedOver]) -> None:
    """A line for each reason, with some of the files."""
    by_reason: dict[str, list[str]] = {}
    for item in passed_over:
        by_reason.setdefault(item.reason, []).append(item.path.name)
    for reason, names in by_reason.items():
        more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
        output.say(f"passed over: {', '.join(names[:MOST_NAMED])}{more}: {reason}")


def _cause(error: Exception) -> str:
    if isinstance(error, oss2.exceptions.ServerError):
        return f"{error.code}: {error.message}"
    return f"{type(error).__name__}: {error}"
