"""Index jobs: what makes an inserted media searchable.

A job sees that the input exists, takes the words of MsgBody, and adds the moments of the media as segments, so that hits can name
clips. The moments come from memory when a smart tag job has understood the same bytes before; otherwise the media is analysed, after
everything urgent. A media that can't be analysed (a manifest, a damaged file) is indexed by its words alone, and one without words fails.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from engines.retrieval.types import Document, Segment
from engines.understanding.types import Description, MediaKind, UnreadableMedia
from localcloud.database import Database
from localcloud.ims.inputs import InputError, Inputs
from localcloud.ims.runner import Runner
from localcloud.ims.shelf import Shelf
from localcloud.ims.understanding import AnalysisFailed, Memory, Understanding

log = logging.getLogger("localcloud.ims")

_KINDS: dict[str, MediaKind] = {"video": "video", "image": "image"}


class NothingToIndex(Exception):
    """The media can't be analysed, and MsgBody has no words for it."""


class Indexing:
    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        inputs: Inputs,
        understanding: Understanding,
        memory: Memory,
        clock: Callable[[], float],
        at_once: int,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._inputs = inputs
        self._understanding = understanding
        self._memory = memory
        self._clock = clock
        self._taken: set[int] = set()
        self._taking = threading.Lock()
        self.runner: Runner[sqlite3.Row] = Runner("ims-index", at_once, self._claim, self._run, self._give_up)

    def _claim(self) -> sqlite3.Row | None:
        # A job is Running from its submission on, so who has taken which is known to this process alone; after a restart all are free.
        with self._taking:
            for row in self._database.query("SELECT * FROM index_job WHERE status = 'Running' ORDER BY position LIMIT 100"):
                if row["position"] not in self._taken:
                    self._taken.add(row["position"])
                    return row
        return None

    def _run(self, job: sqlite3.Row) -> None:
        media = self._database.one(
            "SELECT media.* FROM media JOIN index_job AS job ON job.library = media.library AND job.media = media.id"
            " WHERE job.position = ?",
            job["position"],
        )
        if media is None:
            self._release(job)
            return
        try:
            description, note = self._look(media)
        except (InputError, NothingToIndex) as reason:
            self._finish(job, "Fail", str(reason))
            return
        self._put(job, document(media, description), description.seconds if description else None)
        self._finish(job, "Success", note)

    def _look(self, media: sqlite3.Row) -> tuple[Description | None, str]:
        with self._inputs.files([media["input"]]) as files:
            try:
                return self._understand(files, media["type"]), ""
            except (UnreadableMedia, AnalysisFailed) as reason:
                if not media["title"] and not media["description"]:
                    raise NothingToIndex(str(reason)) from None
                return None, f"indexed by its words alone: {reason}"

    def _understand(self, files: list[Path], media_type: str) -> Description | None:
        kind = _KINDS.get(media_type)
        if kind is None:
            raise UnreadableMedia(f"this laptop cloud can't look into media of type {media_type}")
        content = self._memory.content(files, kind)
        description = self._memory.recall(content)
        if description is None:
            description = self._understanding.describe(files, kind, urgent=False)
            self._memory.remember(content, description)
        return description

    def _put(self, job: sqlite3.Row, entry: Document, seconds: float | None) -> None:
        with self._shelf.hold(job["library"]), self._database.transaction() as write:
            # A later insert, a delete or a drop takes the job away: what is stale never replaces what is new.
            updated = write.execute(
                "UPDATE media SET seconds = ? WHERE library = ? AND id = ? AND EXISTS (SELECT 1 FROM index_job WHERE position = ?)"
                " AND EXISTS (SELECT 1 FROM library_index AS i WHERE i.library = media.library AND i.type = ? AND i.status = 'Active')",
                (seconds, job["library"], job["media"], job["position"], job["type"]),
            )
            if updated.rowcount:
                with self._shelf.library(job["library"]) as library:
                    library.put([entry])

    def _give_up(self, job: sqlite3.Row, error: Exception) -> None:
        log.error("the index job of media %s failed", job["media"], exc_info=error)
        self._finish(job, "Fail", f"the laptop cloud failed with {type(error).__name__}; its log says more")

    def _finish(self, job: sqlite3.Row, status: str, reason: str) -> None:
        with self._database.transaction() as write:
            write.execute(
                "UPDATE index_job SET status = ?, reason = ?, finished = ? WHERE position = ?",
                (status, reason, self._clock(), job["position"]),
            )
        self._release(job)

    def _release(self, job: sqlite3.Row) -> None:
        with self._taking:
            self._taken.discard(job["position"])


def document(media: sqlite3.Row, description: Description | None) -> Document:
    """What is searched: the words that came with the media, and the moments that were seen in it."""
    moments = description.moments if description else ()
    seen = description.caption if description and not media["description"] else ""
    return Document(
        media_id=media["id"],
        namespace=media["namespace"],
        media_type=media["type"],
        title=media["title"],
        text=media["description"] or seen,
        segments=tuple(Segment(moment.start, moment.end, moment.text) for moment in moments),
    )
