"""Jobs of the sibling operations, over the same runner: SubmitVideoCognitionJob with its query, and SubmitMediaAiAnalysisJob."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

from pydantic import ValidationError

from localcloud.ims.answers import Answer
from localcloud.ims.errors import invalid_parameter
from localcloud.ims.jobs import parameters as p
from localcloud.ims.jobs.store import JobStore
from localcloud.ims.jobs.templates import Templates
from localcloud.ims.jobs.work import Sources, plan
from localcloud.ims.operation import Operation

_ASKED_FOR = {"ASR": "need_asr", "OCR": "need_ocr"}
"""Results that a query must ask for, and by which parameter."""


class CognitionJobs:
    def __init__(self, store: JobStore, templates: Templates, sources: Sources) -> None:
        self._store = store
        self._sources = sources
        self._templates = templates

    def submit(self, given: p.SubmitVideoCognitionJob) -> Answer:
        if given.input.type == "Multi":
            raise invalid_parameter("Input.Type", "it is not one of OSS, Media, URL")
        # Which of these a query will ask for is not known yet, so both are made.
        params = given.params.model_copy(update={"need_asr_data": True, "need_ocr_data": True})
        work = plan(self._sources.read(given.input), params, self._templates.of_job(given.template_id, given.template_config))
        request: dict[str, object] = {"Input": {"Type": given.input.type, "Media": given.input.media}}
        request |= {"TemplateId": given.template_id} if given.template_id else {}
        request |= {"Params": given.params.model_dump_json(by_alias=True, exclude_unset=True)} if given.params.model_fields_set else {}
        identity = self._store.add(replace(work, family="cognition", title=given.title or "", request=request), given.user_data)
        return {"JobId": identity}

    def query(self, given: p.QueryVideoCognitionJob) -> Answer:
        job = self._store.find(given.job_id, "cognition")
        answer = {**job.work.request, "JobStatus": job.state, "UserData": job.user_data}
        if job.results is not None:
            included = given.include_results
            shown = [each for each in job.results if each["Type"] not in _ASKED_FOR or getattr(included, _ASKED_FOR[each["Type"]])]
            answer["Results"] = {"result": shown}
        return answer

    def analyse(self, given: p.SubmitMediaAiAnalysisJob) -> Answer:
        """The answer names a media, not a job: the given one, or a new one of an address. MediaAiAnalysisComplete tells its end."""
        named = _analysis_input(given.input)
        work = plan(self._sources.read(named), given.analysis_params, None)
        media_id = named.media if named.type == "Media" else uuid.uuid4().hex
        self._store.add(replace(work, family="analysis", media_id=media_id), given.user_data)
        return {"MediaId": media_id}


def _analysis_input(text: str) -> p.JobInput:
    if not text.lstrip().startswith("{"):
        return p.JobInput(Type="URL" if "://" in text else "Media", Media=text)
    try:
        given = p.AnalysisInput.model_validate(json.loads(text))
    except (ValueError, RecursionError, ValidationError):
        raise invalid_parameter("Input", 'it is neither an address nor JSON like {"MediaType":"video","Media":"https://…"}') from None
    return p.JobInput(Type=given.type or "URL", Media=given.media)


OPERATIONS = (
    Operation(
        "SubmitVideoCognitionJob",
        p.SubmitVideoCognitionJob,
        CognitionJobs.submit,
        lacks="nlpParams other than sourceLanguage; AnalyseTypes that no engine here has",
    ),
    Operation(
        "QueryVideoCognitionJob",
        p.QueryVideoCognitionJob,
        CognitionJobs.query,
        lacks="IncludeResults.NeedProcess, which asks for a link to the raw results of each algorithm; Params",
    ),
    Operation(
        "SubmitMediaAiAnalysisJob",
        p.SubmitMediaAiAnalysisJob,
        CognitionJobs.analyse,
        lacks="nlpParams other than sourceLanguage; the result goes into no search library, and no operation here shows it",
    ),
)
