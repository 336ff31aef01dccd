"""Smart tag jobs: submitted, run two at a time in the order of submission, each change of state told to the pipeline's callback."""

from __future__ import annotations

import json
import logging
import mimetypes
import sqlite3
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from engines.understanding.types import MediaKind, UnreadableMedia
from localcloud.database import Database
from localcloud.ims import tagging_parameters as p
from localcloud.ims.answers import Answer, failed, succeeded
from localcloud.ims.errors import invalid_parameter, not_found, not_implemented
from localcloud.ims.inputs import InputError, Inputs, is_web_address, oss_address
from localcloud.ims.notices import Notices
from localcloud.ims.operation import Operation
from localcloud.ims.pipelines import Pipelines
from localcloud.ims.runner import Runner
from localcloud.ims.templates import Templates
from localcloud.ims.understanding import AnalysisFailed, Memory, Understanding

log = logging.getLogger("localcloud.ims")


@dataclass(frozen=True)
class Work:
    """What a job does: understand these inputs as one media. `ignored` names what was asked for and is not done here."""

    addresses: list[str]
    kind: MediaKind
    ignored: list[str]


class SmarttagJobs:
    def __init__(
        self,
        database: Database,
        templates: Templates,
        pipelines: Pipelines,
        account_id: str,
        clock: Callable[[], float],
        submitted: Callable[[], None],
    ) -> None:
        self._database = database
        self._templates = templates
        self._pipelines = pipelines
        self._account_id = account_id
        self._clock = clock
        self._submitted = submitted

    def submit(self, given: p.SubmitSmarttagJob) -> Answer:
        if given.notify_url:
            raise not_implemented("NotifyUrl; bind a topic or a queue to the pipeline with MPS UpdatePipeline")
        config = self._templates.config(given.template_id) if given.template_id else None
        if config and "vlEventDesc" not in config.analyse_types:
            raise not_implemented("templates without vlEventDesc among their AnalyseTypes")
        work = read_input(given.input, ignored_parts(given, config))
        pipeline = self._pipelines.resolve(given.schedule_config.pipeline_id)
        identity = uuid.uuid4().hex
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO smarttag_job (id, pipeline, work, user_data, state, submitted) VALUES (?, ?, ?, ?, 'Submitted', ?)",
                (identity, pipeline, json.dumps(asdict(work)), given.user_data, self._clock()),
            )
        self._submitted()
        return {"JobId": identity}

    def query(self, given: p.QuerySmarttagJob) -> Answer:
        row = self._database.one("SELECT * FROM smarttag_job WHERE id = ?", given.job_id)
        if row is None:
            raise not_found("job", given.job_id)
        answer: Answer = {"JobStatus": row["state"], "UserData": user_data(row, self._account_id)}
        if row["results"]:
            answer["Results"] = {"Result": json.loads(row["results"])}
        return answer


class SmarttagRunner:
    """Takes jobs from the store and understands their media."""

    def __init__(
        self,
        database: Database,
        notices: Notices,
        inputs: Inputs,
        understanding: Understanding,
        memory: Memory,
        account_id: str,
        clock: Callable[[], float],
        at_once: int,
    ) -> None:
        self._database = database
        self._notices = notices
        self._inputs = inputs
        self._understanding = understanding
        self._memory = memory
        self._account_id = account_id
        self._clock = clock
        self.runner: Runner[sqlite3.Row] = Runner("ims-smarttag", at_once, self._claim, self._run, self._give_up)
        with database.transaction() as write:
            # What the last process left unfinished is done again.
            write.execute("UPDATE smarttag_job SET state = 'Submitted' WHERE state = 'Processing'")

    def _claim(self) -> sqlite3.Row | None:
        with self._database.transaction() as write:
            row: sqlite3.Row | None = write.execute(
                "SELECT job.* FROM smarttag_job AS job JOIN pipeline ON pipeline.id = job.pipeline"
                " WHERE state = 'Submitted' AND pipeline.status = 'Active' ORDER BY position LIMIT 1"
            ).fetchone()
            if row is not None:
                self._change(write, row, "Processing", None)
        self._notices.runner.call()
        return row

    def _run(self, job: sqlite3.Row) -> None:
        work = Work(**json.loads(job["work"]))
        try:
            with self._inputs.files(work.addresses) as files:
                started = time.monotonic()
                description = self._understanding.describe(files, work.kind)
                seconds = time.monotonic() - started
                self._memory.remember(self._memory.content(files, work.kind), description)
        except (InputError, UnreadableMedia, AnalysisFailed) as reason:
            self._finish(job, "Fail", failed(str(reason)))
        else:
            self._finish(job, "Success", succeeded(description, work.ignored, seconds))

    def _give_up(self, job: sqlite3.Row, error: Exception) -> None:
        log.error("job %s failed", job["id"], exc_info=error)
        self._finish(job, "Fail", failed(f"the laptop cloud failed with {type(error).__name__}; its log says more"))

    def _finish(self, job: sqlite3.Row, state: str, results: list[dict[str, str]]) -> None:
        with self._database.transaction() as write:
            self._change(write, job, state, results)
        self._notices.runner.call()

    def _change(self, write: sqlite3.Connection, job: sqlite3.Row, state: str, results: list[dict[str, str]] | None) -> None:
        finished = self._clock() if results is not None else None
        write.execute(
            "UPDATE smarttag_job SET state = ?, results = ?, finished = ? WHERE id = ?",
            (state, json.dumps(results, ensure_ascii=False) if results is not None else None, finished, job["id"]),
        )
        self._notices.write(write, job["pipeline"], job["id"], state, user_data(job, self._account_id))


def user_data(job: sqlite3.Row, account_id: str) -> str:
    """What was submitted, unchanged; without it IMS shows a value of its own (as in the published sample of an answer)."""
    given: str | None = job["user_data"]
    return given if given is not None else json.dumps({"fromICE": True, "pk": int(account_id)}, separators=(",", ":"))


def ignored_parts(given: p.SubmitSmarttagJob, config: p.SmarttagConfig | None) -> list[str]:
    """What the job asks for besides the event description; its result says that it is missing."""
    asked: dict[str, Any] = {
        "needAsrData": given.params.need_asr_data,
        "needOcrData": given.params.need_ocr_data,
        "needMetaData": given.params.need_meta_data,
        "nlpParams": given.params.nlp_params,
        "clipSplitParams": given.params.clip_split_params,
        "TemplateConfig of the job": given.template_config,
    }
    others = [name for name in config.analyse_types if name != "vlEventDesc"] if config else []
    return [name for name, wanted in asked.items() if wanted] + [f"AnalyseTypes {name}" for name in others]


def read_input(given: p.JobInput, ignored: list[str]) -> Work:
    """Raises AcsError, naming the part of Input that is wrong."""
    if given.type == "Media":
        raise not_implemented("Input.Type Media; this laptop cloud keeps no media assets, give it a URL or an oss:// address")
    if given.type == "Multi":
        return _read_multi(given.media, ignored)
    if given.type == "OSS" and oss_address(given.media) is None:
        raise invalid_parameter("Input.Media", "it is not of the form oss://bucket/key")
    _check_addresses([given.media])
    guessed, _ = mimetypes.guess_type(urlsplit(given.media).path)
    return Work([given.media], "image" if (guessed or "").startswith("image/") else "video", ignored)


def _read_multi(text: str, ignored: list[str]) -> Work:
    try:
        media = p.MultiMedia.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise invalid_parameter(".".join(["Input.Media", *map(str, first["loc"])]), first["msg"]) from None
    _check_addresses(media.inputs)
    language = media.extra.target_language
    if language and language not in p.LANGUAGES:
        raise invalid_parameter("Input.Media.extra.targetLanguage", f"it is not one of {', '.join(p.LANGUAGES)}")
    if language and language != "en":
        ignored = [*ignored, f"targetLanguage {language} (the engine writes English)"]
    if media.extra.media_type == "video":
        if len(media.inputs) > 1:
            raise invalid_parameter("Input.Media.inputs", "a video is one input")
        return Work(media.inputs, "video", ignored)
    return Work(media.inputs, "image" if len(media.inputs) == 1 else "sequence", ignored)


def _check_addresses(addresses: list[str]) -> None:
    for address in addresses:
        if oss_address(address) is None and not is_web_address(address):
            raise invalid_parameter("Input.Media", "each input is an address that begins with http://, https:// or oss://bucket/")


OPERATIONS = (
    Operation(
        "SubmitSmarttagJob", p.SubmitSmarttagJob, SmarttagJobs.submit, lacks="NotifyUrl; Input.Type Media; templates without vlEventDesc"
    ),
    Operation("QuerySmarttagJob", p.QuerySmarttagJob, SmarttagJobs.query, lacks="Params.labelResultType; result types besides EventDesc"),
)
