"""The parameters of templates, pipelines and smart tag jobs, with their documented limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Json

from localcloud.ims.parameters import CamelCase, CommaList, JsonText, Number, PageNumber, Parameters, at_most_bytes, comma_list

ANALYSE_TYPES: tuple[str, ...] = (
    *("ocr", "asr", "nlp", "classification", "shows", "face", "role", "object", "tvstation", "action"),
    *("emotion", "landmark", "scene", "movieIp", "subtitle", "vlEventDesc"),
)
LANGUAGES: tuple[str, ...] = (
    *("en", "ja", "id", "es", "pt", "ar", "fr", "tr", "de", "ko", "th", "vi"),
    *("ru", "ms", "zh-tw", "km", "pl", "nl", "cs", "fi", "ro", "sv", "fa", "it"),
    # Ours: the documents name none for simplified Chinese, which is presumed to be what the cloud writes unasked.
    "zh",
)


class SmarttagConfig(Parameters):
    """TemplateConfig of type 11, https://www.alibabacloud.com/help/en/ims/developer-reference/template-parameters."""

    analyse_types: CommaList = Field(min_length=1)
    template_name: str | None = Field(None, max_length=120)
    industry: Literal["common", "microVideo", "media", "shortVideo"] | None = None
    scene: Literal["search", "recommend"] | None = None
    pedestrian_group_ids: CommaList = ()
    pet_group_ids: CommaList = ()
    face_category_ids: CommaList = ()

    def unknown_types(self) -> list[str]:
        return sorted(set(self.analyse_types).difference(ANALYSE_TYPES))


SUBTYPES: dict[int, tuple[str, ...]] = {
    1: ("Normal", "AudioTranscode", "Remux", "NarrowBandV1", "NarrowBandV2"),
    2: ("Normal", "Sprite", "WebVtt"),
    7: ("Video", "Audio", "Image"),
    9: ("VideoDelogo", "VideoDetext"),
}
"""The subtypes of each type that has any, numbered from 1. CreateCustomTemplate, API reference."""
TemplateType = Annotated[int, Field(ge=1, le=11)]


class CreateCustomTemplate(Parameters):
    name: str = Field(max_length=120)
    type: TemplateType
    subtype: Number | None = None
    template_config: JsonText


class GetCustomTemplate(Parameters):
    """By id; without one, the default template of a type and subtype."""

    template_id: str | None = None
    type: TemplateType | None = None
    subtype: Number | None = None


class ListCustomTemplates(Parameters):
    type: Annotated[tuple[TemplateType, ...], BeforeValidator(comma_list)] = Field(min_length=1)
    subtype: Number | None = None
    name: str | None = None
    template_id: CommaList = ()
    order_by: Literal["CreationTime:Desc", "CreationTime:Asc", "CreateTimeDesc", "CreateTimeAsc"] = "CreationTime:Desc"
    page_number: PageNumber = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20


class UpdateCustomTemplate(Parameters):
    template_id: str
    name: str | None = Field(None, max_length=120)
    template_config: JsonText | None = None


class OneTemplate(Parameters):
    """DeleteCustomTemplate and SetDefaultCustomTemplate."""

    template_id: str


# Pipelines


# The first three are those of IMS; MPS, whose pipelines these are, has the others (AddPipeline).
Speed = Literal["Standard", "Boost", "NarrowBandHDV2", "AIVideoCover", "AIVideoFPShot", "AIVideoCensor", "AIVideoMCU", "AIVideoTag"]


class CreatePipeline(Parameters):
    name: str = Field(max_length=128)
    speed: Speed
    priority: int = Field(6, ge=1, le=10)


class UpdatePipeline(Parameters):
    pipeline_id: str
    name: str | None = Field(None, max_length=128)
    priority: int | None = Field(None, ge=1, le=10)
    status: Literal["Active", "Paused"] | None = None


class GetPipeline(Parameters):
    pipeline_id: str


class ListPipelines(Parameters):
    speed: Speed | None = None


class DeletePipeline(Parameters):
    pipeline_id: str


class NotifyConfig(Parameters):
    """One of the two."""

    topic: str | None = None
    queue_name: str | None = None


class BindPipeline(Parameters):
    """UpdatePipeline of the older MPS API, the only one that binds a pipeline's callbacks."""

    pipeline_id: str
    name: str = Field(max_length=128)
    state: Literal["Active", "Paused"]
    notify_config: Json[NotifyConfig] | None = None
    role: str = "AliyunMTSDefaultRole"


class QueryPipelineList(Parameters):
    """Of the MPS API too, the only one that tells a pipeline's binding."""

    pipeline_ids: CommaList = Field(min_length=1, max_length=10)


# Smart tag jobs


class Extra(CamelCase):
    media_type: Literal["video", "image"] | None = None
    fps: float | None = Field(None, gt=0, le=60)
    target_language: str | None = None


class MultiMedia(CamelCase):
    """Input.Media of an Input.Type Multi. The number of inputs is not documented; this is the engine's own limit."""

    type: Literal["URL", "OSS"]
    inputs: list[str] = Field(min_length=1, max_length=50)
    extra: Extra = Extra()


class JobInput(Parameters):
    type: Literal["Multi", "URL", "OSS", "Media"]
    media: str


class EventDescription(CamelCase):
    device_id: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,32}$")


class JobParams(CamelCase):
    vl_event_desc_params: EventDescription = EventDescription()
    need_asr_data: bool = False
    need_ocr_data: bool = False
    need_meta_data: bool = False
    nlp_params: dict[str, Any] | None = None
    clip_split_params: dict[str, Any] | None = None


class Schedule(Parameters):
    pipeline_id: str | None = None


class SubmitSmarttagJob(Parameters):
    input: Json[JobInput]
    title: Annotated[str, at_most_bytes(256)] | None = None
    content: Annotated[str, at_most_bytes(1024)] | None = None
    params: Json[JobParams] = JobParams()
    template_id: str | None = None
    template_config: Json[FaceOverride] | None = None
    schedule_config: Json[Schedule] = Schedule()
    user_data: Annotated[str, at_most_bytes(1024)] | None = None
    notify_url: str | None = None


class QueryParams(CamelCase):
    label_result_type: Literal["auto", "hmi"] | None = None


class QuerySmarttagJob(Parameters):
    job_id: str
    params: Json[QueryParams] = QueryParams()


class FaceOverride(Parameters):
    """TemplateConfig of a job: of a template's settings only this one can be overridden."""

    face_category_ids: CommaList | None = None


class SubmitVideoCognitionJob(Parameters):
    input: Json[JobInput]
    title: Annotated[str, at_most_bytes(256)] | None = None
    params: Json[JobParams] = JobParams()
    template_id: str | None = None
    template_config: Json[FaceOverride] | None = None
    user_data: Annotated[str, at_most_bytes(1024)] | None = None


class IncludedResults(Parameters):
    need_asr: bool = False
    need_ocr: bool = False
    need_process: bool = False


class QueryVideoCognitionJob(Parameters):
    job_id: str
    include_results: Json[IncludedResults] = IncludedResults()


class AnalysisInput(Parameters):
    """MediaType video or audio, Media an address."""

    media: str
    media_type: Literal["video", "audio", "image"] | None = None
    type: Literal["URL", "OSS", "Media"] | None = None


class SubmitMediaAiAnalysisJob(Parameters):
    """`input` is the JSON of an AnalysisInput, or an address alone; both are documented."""

    input: str
    analysis_params: Json[JobParams] = JobParams()
    user_data: Annotated[str, at_most_bytes(512)] | None = None
