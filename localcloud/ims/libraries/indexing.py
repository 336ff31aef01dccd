"""Index jobs: what makes an inserted media searchable.

A job sees that the input exists, has the index of its type read it, and puts what was read into the index. A media whose index can't be
made (damaged, a kind of media that nobody here can look into) fails, unless it has words of its own to be found by.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable

from localcloud.database import Database
from localcloud.ims.inputs import InputError, Inputs
from localcloud.ims.libraries.indexes import IndexKinds, NothingToIndex, Read
from localcloud.ims.libraries.shelf import Shelf
from localcloud.ims.runner import Runner, own_fault

log = logging.getLogger("localcloud.ims")


class Indexing:
    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        inputs: Inputs,
        kinds: IndexKinds,
        clock: Callable[[], float],
        at_once: int,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._inputs = inputs
        self._kinds = kinds
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
            with self._inputs.files([media["input"]]) as files:
                read, size = self._kinds[job["type"]].read(media, files), sum(file.stat().st_size for file in files)
        except (InputError, NothingToIndex) as reason:
            self._forget(job)
            self._finish(job, "Fail", str(reason))
            return
        self._put(job, media, read, size)
        self._finish(job, "Success", read.note)

    def _put(self, job: sqlite3.Row, media: sqlite3.Row, read: Read, size: int) -> None:
        with self._shelf.hold(job["library"]), self._database.transaction() as write:
            # A later insert, a delete or a drop takes the job away: what is stale never replaces what is new.
            updated = write.execute(
                "UPDATE media SET bytes = ?, seconds = COALESCE(?, seconds), width = COALESCE(?, width), height = COALESCE(?, height)"
                " WHERE library = ? AND id = ? AND EXISTS (SELECT 1 FROM index_job WHERE position = ?)"
                " AND EXISTS (SELECT 1 FROM library_index AS i WHERE i.library = media.library AND i.type = ? AND i.status = 'Active')",
                (
                    size,
                    read.facts.seconds,
                    read.facts.width,
                    read.facts.height,
                    job["library"],
                    job["media"],
                    job["position"],
                    job["type"],
                ),
            )
            if updated.rowcount:
                self._kinds[job["type"]].put(write, media, read.entry)

    def _forget(self, job: sqlite3.Row) -> None:
        """What an earlier insert put there: as far as this job is the last, nothing is found of a media whose index can't be made."""
        with self._shelf.hold(job["library"]), self._database.transaction() as write:
            if write.execute("SELECT 1 FROM index_job WHERE position = ?", (job["position"],)).fetchone():
                self._kinds[job["type"]].forget(write, job["library"], job["media"])

    def _give_up(self, job: sqlite3.Row, error: Exception) -> None:
        log.error("the index job of media %s failed", job["media"], exc_info=error)
        self._finish(job, "Fail", own_fault(error))

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
