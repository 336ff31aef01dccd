"""Smart tag jobs as the API submits and queries them; `runner` does them."""

from __future__ import annotations

from dataclasses import replace

from localcloud.ims.answers import Answer
from localcloud.ims.errors import invalid_parameter
from localcloud.ims.inputs import is_web_address
from localcloud.ims.jobs import parameters as p
from localcloud.ims.jobs.store import JobStore
from localcloud.ims.jobs.templates import Templates
from localcloud.ims.jobs.work import Sources, plan
from localcloud.ims.operation import Operation


class SmarttagJobs:
    def __init__(self, store: JobStore, templates: Templates, sources: Sources) -> None:
        self._store = store
        self._sources = sources
        self._templates = templates

    def submit(self, given: p.SubmitSmarttagJob) -> Answer:
        if given.notify_url and not is_web_address(given.notify_url):
            raise invalid_parameter("NotifyUrl", "it is no http or https URL")
        work = plan(self._sources.read(given.input), given.params, self._templates.of_job(given.template_id, given.template_config))
        work = replace(work, title=given.title or "", notify_url=given.notify_url)
        return {"JobId": self._store.add(work, given.user_data, given.schedule_config.pipeline_id)}

    def query(self, given: p.QuerySmarttagJob) -> Answer:
        job = self._store.find(given.job_id, "smarttag")
        answer: Answer = {"JobStatus": job.state, "UserData": job.user_data}
        if job.results is not None:
            # CPVLabel belongs to tagging v2.0, for which labelResultType is; nobody here makes the labels of "hmi", by hand.
            hidden = "" if given.params.label_result_type == "auto" else "CPVLabel"
            answer["Results"] = {"Result": [each for each in job.results if each["Type"] != hidden]}
            answer["Usages"] = {"Usage": job.usages}
        return answer


OPERATIONS = (
    Operation(
        "SubmitSmarttagJob",
        p.SubmitSmarttagJob,
        SmarttagJobs.submit,
        lacks=(
            "nlpParams other than sourceLanguage; extra.fps; targetLanguage other than en, but by a vision endpoint; "
            "AnalyseTypes nlp, classification, shows, role, tvstation, emotion, landmark, scene, movieIp"
        ),
    ),
    Operation(
        "QuerySmarttagJob", p.QuerySmarttagJob, SmarttagJobs.query, lacks="results made by hand (labelResultType hmi); the result type NLP"
    ),
)
