"""The operations on editing jobs and on automatic analysis: kept truthfully, although nothing here makes such jobs.

ListSmartJobs lists jobs of editing (ASR, DynamicChart, VideoTranslation, TextToSpeech) and never smart tag jobs. Nothing here submits an
editing job, so the list is empty and every id unknown.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.errors import not_found
from localcloud.ims.operation import Operation
from localcloud.ims.parameters import CommaList, PageNumber, Parameters

SAVE_TYPES = ("TEXT", "FACE", "DNA")
AtMost100 = Annotated[int, Field(ge=1, le=100)]


def _save_types(values: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(values).difference(SAVE_TYPES))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not one of {', '.join(SAVE_TYPES)}")
    return values


class SetContentAnalyzeConfig(Parameters):
    auto: bool = False
    save_type: Annotated[CommaList, AfterValidator(_save_types)] = ()
    # Text recognition; classification and faces; all of these: the system templates that the API reference names.
    template_id: Literal["S00000101-100040", "S00000101-100060", "S00000101-100070"] | None = None


class Nothing(Parameters):
    """An operation without parameters."""


class ListSmartJobs(Parameters):
    job_type: Literal["ASR", "DynamicChart", "VideoTranslation", "TextToSpeech"] | None = None
    job_state: Literal["Finished", "Failed", "Executing", "Created"] | None = None
    sort_by: Literal["CreationTime:Asc", "CreationTime:Desc"] = "CreationTime:Desc"
    page_no: PageNumber = 1
    page_size: AtMost100 = 10
    max_results: AtMost100 = 10


class GetSmartHandleJob(Parameters):
    job_id: str


class DeleteSmartJob(Parameters):
    job_id: CommaList = Field(min_length=1)


class Editing:
    def __init__(self, database: Database) -> None:
        self._database = database

    def set_analysis(self, given: SetContentAnalyzeConfig) -> Answer:
        with self._database.transaction() as write:
            write.execute("DELETE FROM content_analysis")
            write.execute("INSERT INTO content_analysis VALUES (?, ?, ?)", (given.auto, ",".join(given.save_type), given.template_id))
        return {"Success": True}

    def get_analysis(self, _given: Nothing) -> Answer:
        row = self._database.one("SELECT * FROM content_analysis")
        config: Answer = {"Auto": bool(row["auto"]) if row else False, "SaveType": row["save_types"] if row else ""}
        return {"ContentAnalyzeConfig": {**config, "TemplateId": row["template"]} if row and row["template"] else config}

    def list(self, given: ListSmartJobs) -> Answer:
        return {"SmartJobList": [], "TotalCount": "0", "MaxResults": str(given.max_results)}

    def get(self, given: GetSmartHandleJob) -> Answer:
        raise not_found("job", given.job_id)

    def delete(self, given: DeleteSmartJob) -> Answer:
        raise not_found("job", given.job_id[0])


_NONE = "no operation here makes an editing job: "
OPERATIONS = (
    Operation(
        "SetContentAnalyzeConfig", SetContentAnalyzeConfig, Editing.set_analysis, lacks="kept and answered; no media is registered here"
    ),
    Operation("GetContentAnalyzeConfig", Nothing, Editing.get_analysis),
    Operation("ListSmartJobs", ListSmartJobs, Editing.list, lacks=_NONE + "the list is empty"),
    Operation("GetSmartHandleJob", GetSmartHandleJob, Editing.get, lacks=_NONE + "every id is unknown"),
    Operation("DeleteSmartJob", DeleteSmartJob, Editing.delete, lacks=_NONE + "every id is unknown"),
)
