"""Files that are lent to a service for one job: put beside the uploads, where nothing watches, and taken away when it is done.

Who does not wait asks about the job later, so a note beside the folder says which job it was lent to.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import oss2

from cli.deployment.target import Target
from cli.errors import FAILED, NOT_FOUND, USAGE, CommandError
from sightline.errors import SightlineError

PREFIX = "scratch/"
_LONGEST_NOTE = 100
_FOLDER = re.compile(f"{PREFIX}[0-9a-f]{{12}}/")
# What a service may need to come and fetch it.
URL_SECONDS = 6 * 3600


@dataclass
class Scratch:
    """A folder of its own in the media bucket; `is_used` once anything is put there, or is going to be. All raise CommandError.

    `note` is the key of the object that says whose it is, once a job has it.
    """

    target: Target
    folder: str
    is_used: bool = False
    files: int = 0
    note: str = ""

    @classmethod
    def of(cls, target: Target) -> Scratch:
        watched = watched_prefix(target)
        if PREFIX.startswith(watched):
            raise CommandError(
                f"{PREFIX} lies below {watched}, where uploads are watched for", "set UPLOAD_PREFIX to another folder", USAGE
            )
        return cls(target, f"{PREFIX}{uuid.uuid4().hex[:12]}/")

    @classmethod
    def of_job(cls, target: Target, job: str) -> Scratch:
        """What was lent to a job of an earlier command; a new one, which is not used, where nothing was, or where it is gone."""
        scratch, note = cls.of(target), _note(job)
        try:
            with told_by_oss(f"oss://{scratch.bucket_name}/{note} can't be read"):
                folder = scratch._bucket().get_object(note).read(_LONGEST_NOTE).decode(errors="replace")
        except CommandError as error:
            if error.exit_code == NOT_FOUND:
                return scratch
            raise
        # Nothing but a folder of ours is ever deleted, whatever somebody wrote there.
        return cls(target, folder, is_used=True, note=note) if _FOLDER.fullmatch(folder) else scratch

    @property
    def bucket_name(self) -> str:
        return self.target.names.media_bucket

    def put(self, path: Path) -> str:
        """The key."""
        self.is_used, self.files = True, self.files + 1
        key = f"{self.folder}in/{self.files}/{path.name}"
        with told_by_oss(f"{path} could not be uploaded"):
            self._bucket().put_object_from_file(key, str(path))
        return key

    def room(self, name: str) -> str:
        """The address of what a service is going to leave here."""
        self.is_used = True
        return f"oss://{self.bucket_name}/{self.folder}out/{name}"

    def lend_to(self, job: str) -> None:
        """A note that can't be written costs nothing but the room of the folder, which then stays: the job goes on."""
        if self.is_used:
            with suppress(CommandError), told_by_oss("the note could not be written"):
                self._bucket().put_object(_note(job), self.folder)
                self.note = _note(job)

    @property
    def told_to_go(self) -> str:
        """For whoever does not wait: the end of a sentence about the command that asks later."""
        return ", and takes away what was uploaded for it once it has ended" if self.is_used else ""

    def holds(self, key: str) -> bool:
        return self.is_used and key.startswith(self.folder)

    def clear(self) -> None:
        if not self.is_used:
            return
        with told_by_oss(f"oss://{self.bucket_name}/{self.folder} could not be deleted"):
            for found in oss2.ObjectIteratorV2(self._bucket(), prefix=self.folder):
                self._bucket().delete_object(found.key)
            if self.note:
                self._bucket().delete_object(self.note)

    @contextmanager
    def cleared_unless_begun(self) -> Iterator[None]:
        """Around the submit of a job: what was put here for one that did not begin is taken away."""
        try:
            yield
        except (SightlineError, CommandError, KeyboardInterrupt) as error:
            if getattr(error, "took_no_effect", True):
                with suppress(CommandError):
                    self.clear()
            raise

    def _bucket(self) -> oss2.Bucket:
        return self.target.bucket(self.bucket_name)


def _note(job: str) -> str:
    return f"{PREFIX}of/{quote(job, safe='')}"


def watched_prefix(target: Target) -> str:
    """Keys of the media bucket below it are uploads."""
    return target.settings.get("UPLOAD_PREFIX") or "uploads/"


def presigned(target: Target, bucket: str, key: str) -> str:
    """An address that anybody can fetch for some hours. Raises CommandError."""
    with told_by_oss(f"oss://{bucket}/{key} can't be lent"):
        address: str = target.bucket(bucket).sign_url("GET", key, URL_SECONDS, slash_safe=True)
    return address


def size_of(target: Target, bucket: str, key: str) -> int:
    """In bytes. Raises CommandError."""
    with told_by_oss(f"oss://{bucket}/{key} can't be looked at"):
        size: int = target.bucket(bucket).head_object(key).content_length
    return size


def download(target: Target, bucket: str, key: str, folder: Path) -> Path:
    """The object, as a file of its name. Raises CommandError."""
    name = PurePosixPath(key).name
    if name in ("", ".", ".."):
        raise CommandError(f"{key!r} is no name of a file", "take it from the bucket yourself")
    path = folder / name
    with told_by_oss(f"oss://{bucket}/{key} could not be downloaded"):
        target.bucket(bucket).get_object_to_file(key, str(path))
    return path


@contextmanager
def told_by_oss(problem: str) -> Iterator[None]:
    """Raises CommandError for what OSS or the way there raises inside the block."""
    try:
        yield
    except oss2.exceptions.ServerError as error:
        code = NOT_FOUND if error.status == 404 else FAILED
        raise CommandError(
            f"{problem}: {error.status} {error.code or 'without a reason'}", "check the address and the rights", code
        ) from error
    except oss2.exceptions.OssError as error:
        raise CommandError(f"{problem}: {type(error).__name__}", "check the address and the way to it") from error
