"""Where a long command was when it ended, whatever ended it: a small file in the data folder, replaced as a whole."""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from cli.errors import NOT_RUNNING, CommandError

SAVE_EVERY_SECONDS = 1.0


class UploadNote(BaseModel):
    """An upload in parts that is under way; `etag` is the content in the source."""

    upload_id: str
    etag: str
    part_bytes: int


class _Document(BaseModel):
    v: int = 1
    name: str
    after: str = ""
    failed: dict[str, str] = Field(default_factory=dict)
    uploads: dict[str, UploadNote] = Field(default_factory=dict)


class Progress:
    """Everything up to `after` is done, but for what is in `failed` (a reason for each), which the next run tries first.

    What the file does not know yet is found out by asking the services again, so it need not be written for each object.
    """

    def __init__(self, path: Path | None, name: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`path` is None for a command that changes nothing, and keeps nothing."""
        self._path = path
        self._monotonic = monotonic
        self._saved = monotonic()
        self._document = _read(path, name)

    @property
    def after(self) -> str:
        return self._document.after

    @property
    def failed(self) -> dict[str, str]:
        return self._document.failed

    @property
    def uploads(self) -> dict[str, UploadNote]:
        return self._document.uploads

    @property
    def is_begun(self) -> bool:
        return bool(self.after or self.failed or self.uploads)

    def reach(self, after: str) -> None:
        self._document.after = after
        if self._monotonic() - self._saved >= SAVE_EVERY_SECONDS:
            self.save()

    def note_upload(self, key: str, note: UploadNote) -> None:
        """Saved at once: nothing else knows of it."""
        self.uploads[key] = note
        self.save()

    def forget_upload(self, key: str) -> None:
        self.uploads.pop(key, None)

    def save(self) -> None:
        self._saved = self._monotonic()
        if self._path is not None:
            partial = self._path.with_suffix(".partial")
            partial.write_text(self._document.model_dump_json())
            partial.replace(self._path)

    def restart(self) -> None:
        """From the beginning; uploads in parts are gone on with all the same."""
        self._document.after = ""
        self.failed.clear()

    def finish(self) -> None:
        """There is nothing to go on with; the next run begins at the beginning."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _read(path: Path | None, name: str) -> _Document:
    """What can't be read is begun anew, which repeats nothing: see Progress."""
    try:
        document = _Document.model_validate_json(path.read_bytes()) if path else None
    except (FileNotFoundError, ValidationError):
        document = None
    return document if document is not None and document.name == name else _Document(name=name)


@contextmanager
def progress_of(folder: Path, name: str) -> Iterator[Progress]:
    """The progress of the work that `name` describes, for one process at a time. Raises CommandError for a second one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                "the same command is running already", "wait for it, or end it: the next goes on there", NOT_RUNNING
            ) from error
        yield Progress(path, name)
