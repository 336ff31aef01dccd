"""Runs the jobs: takes them from the store in the order of submission, looks and listens, and writes what came of it."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from engines.speech.types import Transcript, Untranscribed
from engines.understanding.types import Description, UnreadableMedia, Wishes
from localcloud.database import Database
from localcloud.ims.inputs import InputError, Inputs
from localcloud.ims.jobs.notices import StateChanges
from localcloud.ims.jobs.work import WORK, Work
from localcloud.ims.recognition.samples import Acquaintance
from localcloud.ims.results.shapes import Result, Understood, failed, succeeded, usages
from localcloud.ims.runner import Runner, own_fault
from localcloud.ims.understanding.engine import AnalysisFailed, Memory, Understanding

log = logging.getLogger("localcloud.ims")

KEPT_SECONDS = 180 * 86_400.0
""""Jobs and their results are retained for 180 days" (SubmitSmarttagJob)."""


class CognitionRunner:
    def __init__(
        self,
        database: Database,
        changes: StateChanges,
        inputs: Inputs,
        understanding: Understanding,
        memory: Memory,
        acquaintance: Callable[[Sequence[str]], Acquaintance],
        account_id: str,
        clock: Callable[[], float],
        at_once: int,
    ) -> None:
        self._database = database
        self._changes = changes
        self._inputs = inputs
        self._understanding = understanding
        self._memory = memory
        self._acquaintance = acquaintance
        self._account_id = account_id
        self._clock = clock
        self.runner: Runner[sqlite3.Row] = Runner("ims-smarttag", at_once, self._claim, self._run, self._give_up)
        with database.transaction() as write:
            # What the last process left unfinished is done again.
            write.execute("UPDATE smarttag_job SET state = 'Submitted' WHERE state = 'Processing'")
            write.execute("DELETE FROM smarttag_job WHERE finished < ?", (clock() - KEPT_SECONDS,))

    def _claim(self) -> sqlite3.Row | None:
        with self._database.transaction() as write:
            row: sqlite3.Row | None = write.execute(
                "SELECT job.* FROM smarttag_job AS job JOIN pipeline ON pipeline.id = job.pipeline"
                " WHERE state = 'Submitted' AND pipeline.status = 'Active' ORDER BY position LIMIT 1"
            ).fetchone()
            if row is not None:
                self._change(write, row, "Processing", None, ())
        self._changes.wake()
        return row

    def _run(self, job: sqlite3.Row) -> None:
        work = WORK.validate_json(job["work"])
        try:
            with self._inputs.files(work.addresses) as files:
                understood = self._understand(work, files)
        except (InputError, UnreadableMedia, AnalysisFailed) as reason:
            self._finish(job, "Fail", failed(str(reason)))
        else:
            self._finish(job, "Success", succeeded(work, understood), usages(work, understood))

    def _understand(self, work: Work, files: list[Path]) -> Understood:
        """What is seen or heard, and a note where one of the two failed. Raises UnreadableMedia where both did, and AnalysisFailed."""
        started = time.monotonic()
        transcript, unheard = self._hear(work, files)
        description, unseen = self._see(work, files)
        if transcript is None and description is None:
            # Of sound alone nobody expects anything to be seen.
            raise UnreadableMedia(unheard if work.kind == "audio" and unheard else unseen)
        notes = (unheard, f"nothing was seen: {unseen}" if unseen else "")
        return Understood(description, transcript, time.monotonic() - started, tuple(filter(None, notes)))

    def _hear(self, work: Work, files: list[Path]) -> tuple[Transcript | None, str]:
        """What was said, or why that is not known; neither where nobody asked."""
        if not work.hear:
            return None, ""
        try:
            return self._understanding.transcribe(files[0], work.speech_language), ""
        except (Untranscribed, UnreadableMedia, AnalysisFailed) as reason:
            return None, f"nothing was transcribed: {reason}"

    def _see(self, work: Work, files: list[Path]) -> tuple[Description | None, str]:
        """What was seen, or why the media shows nothing. Raises AnalysisFailed: what broke down while looking may show all the same."""
        if work.kind == "audio":
            return None, "the media is sound alone"
        acquaintance = self._acquaintance(work.groups)
        wishes = Wishes(work.language, places=set(work.wanted) != {"EventDesc"}, every_text=work.read, known=acquaintance.known)
        try:
            description = self._understanding.describe(files, work.kind, wishes)
        except UnreadableMedia as reason:
            return None, str(reason)
        if not acquaintance.known:
            # Names belong to the job that asked for them, and go with the samples that they came from.
            self._memory.remember(self._memory.content(files, work.kind, work.language), description)
        return replace(description, notes=(*description.notes, *acquaintance.notes)), ""

    def _give_up(self, job: sqlite3.Row, error: Exception) -> None:
        log.error("job %s failed", job["id"], exc_info=error)
        self._finish(job, "Fail", failed(own_fault(error)))

    def _finish(self, job: sqlite3.Row, state: str, results: list[Result], used: Sequence[dict[str, object]] = ()) -> None:
        with self._database.transaction() as write:
            self._change(write, job, state, results, used)
        self._changes.wake()

    def _change(
        self, write: sqlite3.Connection, job: sqlite3.Row, state: str, results: list[Result] | None, used: Sequence[dict[str, object]]
    ) -> None:
        kept = None if results is None else json.dumps({"results": results, "usages": list(used)}, ensure_ascii=False)
        finished = None if results is None else self._clock()
        write.execute("UPDATE smarttag_job SET state = ?, results = ?, finished = ? WHERE id = ?", (state, kept, finished, job["id"]))
        self._changes.tell(write, job, WORK.validate_json(job["work"]), state, user_data(job, self._account_id))


def user_data(job: sqlite3.Row, account_id: str) -> str:
    """What was submitted, unchanged; without it IMS shows a value of its own (as in the published sample of an answer)."""
    given: str | None = job["user_data"]
    return given if given is not None else json.dumps({"fromICE": True, "pk": int(account_id)}, separators=(",", ":"))
