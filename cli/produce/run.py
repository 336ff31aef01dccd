"""A job submitted, or one of an earlier command; followed and reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.errors import FAILED, TOO_LATE, CommandError
from cli.following import Followed, Following, told_how_to_go_on
from cli.output import Output
from cli.produce.order import Order
from cli.produce.report import details_json, show_details
from cli.scratch import Scratch, download
from sightline.ims.production.client import ProductionClient, ProductionJob


@dataclass(frozen=True)
class Run:
    """`folder` is where outputs are downloaded to; without one they stay where they are. All raise CommandError and SightlineError."""

    client: ProductionClient
    function: str
    folder: Path | None
    scratch: Scratch
    output: Output

    def submit(self, order: Order) -> str:
        """The job's id."""
        with self.scratch.cleared_unless_begun():
            request = order.request
            if order.file:
                request = request._replace(source=self._lend(order.file))
            lent = {name: self._lend(path) for name, path in order.lent.items()}
            job_id = self.client.submit(request._replace(parameters={**request.parameters, **lent}))
        self.scratch.lend_to(scratch_name(job_id))
        self.output.say(f"job {job_id}: {request.function} of {request.source}")
        return job_id

    def _lend(self, file: Path) -> str:
        return f"oss://{self.scratch.bucket_name}/{self.scratch.put(file)}"

    def leave(self, job_id: str, order: Order) -> None:
        """Without waiting."""
        self.output.result({"job_id": job_id, "function": self.function, "output": order.request.output})
        self.output.say(f"it will leave its outputs at {order.request.output}")
        self.output.say(f"{self._later(job_id)} looks at it{self.scratch.told_to_go}")

    def look(self, job_id: str, seconds: float, *, must_be_over: bool) -> None:
        with told_how_to_go_on(self.output, {"job_id": job_id, "function": self.function}, self._later(job_id, *self._where)):
            followed = Following(lambda: self.client.query(job_id), _state, _is_over).run(self.output, seconds)
        job = followed.job
        outputs = self._outputs(job) if job.state == "Success" else {}
        stay = self.folder is None and any(map(self.scratch.holds, job.outputs))
        if followed.is_over and not stay:
            self.scratch.clear()
        self._report(followed, outputs)
        if stay:
            self.output.say(f"{self._later(job_id, 'FOLDER')} downloads what is below scratch/, and takes it away there")
        self._judge(followed, must_be_over)

    def _judge(self, followed: Followed[ProductionJob], must_be_over: bool) -> None:
        job = followed.job
        if must_be_over and not followed.is_over:
            raise CommandError(
                f"job {job.job_id} is still {job.state}", f"it goes on; {self._later(job.job_id, *self._where)} looks at it", TOO_LATE
            )
        if job.state == "Fail":
            raise CommandError(f"{job.function or self.function} failed: {job.reason}", "mend what it names, and try again", FAILED)

    @property
    def _where(self) -> Sequence[str]:
        return [str(self.folder)] if self.folder else []

    def _later(self, job_id: str, *words: str) -> str:
        return self.scratch.target.command("produce", self.function, "--job", job_id, *words)

    def _outputs(self, job: ProductionJob) -> dict[str, str]:
        """Where each is, by its key: in OSS, or downloaded."""
        bucket = job.bucket or self.scratch.bucket_name
        if self.folder is None:
            return {key: f"oss://{bucket}/{key}" for key in job.outputs}
        self.folder.mkdir(parents=True, exist_ok=True)
        return {key: str(download(self.scratch.target, bucket, key, self.folder)) for key in job.outputs}

    def _report(self, followed: Followed[ProductionJob], outputs: Mapping[str, str]) -> None:
        job = followed.job
        self.output.result(_document(followed, outputs))
        for place in outputs.values():
            self.output.say(f"          {place}")
        show_details(self.output, job, outputs)
        for note in job.notes:
            self.output.say(f"note      {note}")


def scratch_name(job_id: str) -> str:
    """What a job is called among those that files are lent to."""
    return f"production {job_id}"


def _state(job: ProductionJob) -> str:
    return f"{job.state} ({job.reason})" if job.reason else job.state


def _is_over(job: ProductionJob) -> bool:
    return job.state in ("Success", "Fail")


def _document(followed: Followed[ProductionJob], outputs: Mapping[str, str]) -> dict[str, Any]:
    job = followed.job
    return {
        "job_id": job.job_id,
        "function": job.function,
        "state": job.state,
        "reason": job.reason or None,
        "states": [{"state": step.state, "seconds": step.seconds} for step in followed.steps],
        "outputs": list(outputs.values()),
        "details": details_json(job, outputs),
        "notes": list(job.notes),
    }
