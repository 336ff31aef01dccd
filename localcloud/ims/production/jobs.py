"""Production jobs as the API submits, queries and cancels them; `runner` does them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from localcloud.ims.answers import Answer, iso_time
from localcloud.ims.errors import not_found, operation_denied
from localcloud.ims.inputs import OssAddress
from localcloud.ims.jobs.pipelines import Pipelines
from localcloud.ims.operation import Operation
from localcloud.ims.production import parameters as p
from localcloud.ims.production.orders import Order, Orders
from localcloud.ims.production.results import CANCELLED, failed
from localcloud.ims.production.store import ProductionStore


class ProductionJobs:
    def __init__(self, store: ProductionStore, orders: Orders, pipelines: Pipelines, submitted: Callable[[], None]) -> None:
        """`submitted` is called when there is a job to run."""
        self._store = store
        self._orders = orders
        self._pipelines = pipelines
        self._submitted = submitted

    def submit(self, given: p.SubmitIProductionJob) -> Answer:
        order, schedule = self._orders.read(given), given.schedule_config
        identity = self._store.add(order, self._pipelines.resolve(schedule.pipeline_id), schedule.priority, given.user_data)
        self._submitted()
        return {"JobId": identity}

    def query(self, given: p.OneJob) -> Answer:
        job = self._job(given.job_id)
        answer: Answer = {
            "JobId": job["id"],
            "Status": job["state"],
            **Order.from_json(job["work"]).request,
            "ScheduleConfig": {"PipelineId": job["pipeline"], "Priority": job["priority"]},
            "CreateTime": iso_time(job["submitted"]),
        }
        if job["user_data"] is not None:
            answer["UserData"] = job["user_data"]
        if job["finished"] is not None:
            answer |= {"FinishTime": iso_time(job["finished"]), "Result": job["result"], **self._outputs(job)}
            if answer["OutputMediaIds"]:
                # "It returns the specified or a newly generated media asset ID" (QueryIProductionJob, Output.Media).
                answer["Output"] = {**answer["Output"], "Media": answer["OutputMediaIds"][0]}
        return answer

    def cancel(self, given: p.OneJob) -> Answer:
        """What the answer says, and that a cancelled job has failed, are assumptions: no document tells."""
        job = self._job(given.job_id)
        ended = not self._store.end(job, "Fail", failed(CANCELLED, "The job was cancelled."))
        if ended and json.loads(self._job(given.job_id)["result"])["Code"] != CANCELLED:
            raise operation_denied("the job has ended")
        return {"Message": "success"}

    def _outputs(self, job: sqlite3.Row) -> Answer:
        outputs = json.loads(job["outputs"])
        objects = [OssAddress(bucket, key) for bucket, key in outputs["objects"]]
        return {
            "OutputFiles": [each.key for each in objects],
            "OutputUrls": [self._orders.addresses.url(each) for each in objects],
            "OutputMediaIds": outputs["media"],
        }

    def _job(self, identity: str) -> sqlite3.Row:
        row = self._store.find(identity)
        if row is None:
            raise not_found("job", identity)
        return row


OPERATIONS = (
    Operation(
        "SubmitIProductionJob",
        p.SubmitIProductionJob,
        ProductionJobs.submit,
        lacks=(
            "Output.Type Media without an OutputUrl; what a TemplateId holds; Biz VOD; parameters that the engines can't follow, "
            "each of which the result names in its Notes"
        ),
    ),
    Operation("QueryIProductionJob", p.OneJob, ProductionJobs.query),
    Operation("CancelIProductionJob", p.OneJob, ProductionJobs.cancel),
)
