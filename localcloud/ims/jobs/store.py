"""The jobs in the store: added, and found with what has come of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.database import Database
from localcloud.ims.errors import not_found
from localcloud.ims.jobs.pipelines import Pipelines
from localcloud.ims.jobs.runner import user_data
from localcloud.ims.jobs.work import WORK, Family, Work
from localcloud.ims.results.shapes import Result
from localcloud.ims.results.subtitles import addressed


@dataclass(frozen=True)
class Job:
    """`results` and `usages` are None until it has ended."""

    work: Work
    state: str
    user_data: str
    results: list[Result] | None
    usages: list[dict[str, object]]


class JobStore:
    def __init__(
        self,
        database: Database,
        pipelines: Pipelines,
        account_id: str,
        clock: Callable[[], float],
        submitted: Callable[[], None],
        endpoint: Callable[[], str],
    ) -> None:
        """`submitted` is called when there is a job to run; `endpoint` is the address under which this service is reached."""
        self._database = database
        self._pipelines = pipelines
        self._account_id = account_id
        self._clock = clock
        self._submitted = submitted
        self._endpoint = endpoint

    def add(self, work: Work, given_user_data: str | None, pipeline: str | None = None) -> str:
        """The new job's id, once it is on disk. Raises AcsError where there is no such pipeline."""
        resolved, identity = self._pipelines.resolve(pipeline), uuid.uuid4().hex
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO smarttag_job (id, pipeline, work, user_data, state, submitted) VALUES (?, ?, ?, ?, 'Submitted', ?)",
                (identity, resolved, WORK.dump_json(work).decode(), given_user_data, self._clock()),
            )
        self._submitted()
        return identity

    def find(self, identity: str, family: Family) -> Job:
        """Raises AcsError: a job of another family is as unknown as one that never was."""
        row = self._database.one("SELECT * FROM smarttag_job WHERE id = ?", identity)
        work = WORK.validate_json(row["work"]) if row else None
        if row is None or work is None or work.family != family:
            raise not_found("job", identity)
        kept = json.loads(row["results"]) if row["results"] else None
        return Job(
            work=work,
            state=row["state"],
            user_data=user_data(row, self._account_id),
            results=[self._shown(each, identity, row["state"]) for each in kept["results"]] if kept else None,
            usages=kept["usages"] if kept else [],
        )

    def _shown(self, result: Result, identity: str, state: str) -> Result:
        return addressed(result, self._endpoint(), identity) if result["Type"] == "subtitle" and state == "Success" else result
