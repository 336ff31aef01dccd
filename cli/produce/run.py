"""A job submitted, followed and reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.errors import FAILED, TOO_LATE, CommandError
from cli.following import Followed, Following
from cli.output import Output
from cli.produce.order import Order
from cli.produce.report import details_json, show_details
from cli.scratch import Scratch, download
from sightline.ims.production.addresses import parse
from sightline.ims.production.client import ProductionClient, ProductionJob


@dataclass(frozen=True)
class Run:
    client: ProductionClient
    order: Order
    scratch: Scratch
    output: Output

    def submit(self) -> str:
        """The job's id."""
        file, request = self.order.file, self.order.request
        with self.scratch.cleared_unless_begun():
            if file:
                request = request._replace(source=f"oss://{self.scratch.bucket_name}/{self.scratch.put(file)}")
            job_id = self.client.submit(request)
        self.output.say(f"job {job_id}: {request.function} of {request.source}")
        return job_id

    def leave(self, job_id: str) -> None:
        """Without waiting."""
        self.output.result({"job_id": job_id, "function": self.order.request.function, "output": self.order.request.output})
        self.output.say(f"it will leave its outputs at {self.order.request.output}")
        if self.order.file:
            self.output.say(self.scratch.told_to_stay)

    def wait(self, job_id: str, seconds: float) -> None:
        """Raises CommandError where the job fails, or takes longer."""
        followed = Following(lambda: self.client.query(job_id), _state, _is_over).run(self.output, seconds)
        job = followed.job
        outputs = self._outputs(job) if job.state == "Success" else {}
        if followed.is_over:
            self.scratch.clear()
        self._report(followed, outputs)
        if not followed.is_over:
            raise CommandError(f"job {job_id} is still {job.state}", "it goes on; ask for a longer --timeout next time", TOO_LATE)
        if job.state == "Fail":
            raise CommandError(
                f"{job.function or self.order.request.function} failed: {job.reason}", "mend what it names, and try again", FAILED
            )

    def _outputs(self, job: ProductionJob) -> dict[str, str]:
        """Where each is, by its key: in OSS, or downloaded."""
        folder = self.order.folder
        if folder is None:
            return {key: f"oss://{self._bucket}/{key}" for key in job.outputs}
        folder.mkdir(parents=True, exist_ok=True)
        return {key: str(download(self.scratch.target, self._bucket, key, folder)) for key in job.outputs}

    @property
    def _bucket(self) -> str:
        address = parse(self.order.request.output)
        return address.bucket if address else self.scratch.bucket_name

    def _report(self, followed: Followed[ProductionJob], outputs: Mapping[str, str]) -> None:
        job = followed.job
        self.output.result(_document(followed, outputs))
        for place in outputs.values():
            self.output.say(f"          {place}")
        show_details(self.output, job, outputs)
        for note in job.notes:
            self.output.say(f"note      {note}")


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
