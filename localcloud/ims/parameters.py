"""The parameters of the operations, with their documented limits.

Names on the wire are the PascalCase of those here. A blank parameter counts as absent: SDKs send `Namespace=` for an empty string.
Parameters that hold JSON arrive as text and are parsed here.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Json, ValidationError, WithJsonSchema
from pydantic.alias_generators import to_camel, to_pascal

from localcloud.ims.errors import invalid_parameter, missing_parameter

DEFAULT_LIBRARY = "ims-default-search-lib"
ANALYSE_TYPES: tuple[str, ...] = (
    *("ocr", "asr", "nlp", "classification", "shows", "face", "role", "object", "tvstation", "action"),
    *("emotion", "landmark", "scene", "movieIp", "subtitle", "vlEventDesc"),
)
LANGUAGES: tuple[str, ...] = (
    *("en", "ja", "id", "es", "pt", "ar", "fr", "tr", "de", "ko", "th", "vi"),
    *("ru", "ms", "zh-tw", "km", "pl", "nl", "cs", "fi", "ro", "sv", "fa", "it"),
)


def _at_most_bytes(limit: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text.encode("utf-8", "surrogateescape")) > limit:
            raise ValueError(f"it is longer than {limit} bytes")
        return text

    return AfterValidator(check)


def _comma_list(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _json_object(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"it is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return text


CommaList = Annotated[list[str], BeforeValidator(_comma_list), WithJsonSchema({"type": "string"})]
JsonText = Annotated[str, AfterValidator(_json_object)]
"""JSON that is checked, kept and echoed as it was written."""
PageNumber = Annotated[int, Field(ge=1)]
PageSize = Annotated[int, Field(ge=1, le=50)]
MediaType = Literal["video", "image", "audio"]
# Documented as unique and, where it is generated, 32 hex digits; the character set of a caller's own is an assumption.
MediaId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
# "Letters and digits", with the prefix IPCamera_ for cameras; underscores after it and the length are assumptions.
LibraryName = Annotated[str, Field(pattern=r"^([A-Za-z0-9]{1,64}|IPCamera_[A-Za-z0-9_]{1,64}|ims-default-search-lib)$")]
IndexType = Literal["mm", "face", "aiLabel"]
# The documents spell the second state in three ways.
IndexStatus = Annotated[
    Literal["Active", "Deactive"],
    BeforeValidator(lambda value: {"active": "Active", "Deactivated": "Deactive", "Invalid": "Deactive"}.get(value, value)),
]


class Parameters(BaseModel):
    """What all operations share: PascalCase names, and whatever else a caller sends (Format, RegionId …) is passed over."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="ignore", frozen=True)


class CamelCase(BaseModel):
    """JSON inside a parameter, which spells its keys in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


P = TypeVar("P", bound=Parameters)


def parse(model: type[P], given: dict[str, str]) -> P:
    """Raises AcsError: MissingParameter or InvalidParameter, naming the parameter."""
    present: dict[str, Any] = {name: value for name, value in given.items() if value != ""}
    try:
        return model.model_validate(present)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise missing_parameter(name) from None
        raise invalid_parameter(name, first["msg"].removeprefix("Value error, ")) from None


# Templates


class SmarttagConfig(Parameters):
    """TemplateConfig of type 11, https://www.alibabacloud.com/help/en/ims/developer-reference/template-parameters."""

    analyse_types: CommaList = Field(min_length=1)
    template_name: str | None = Field(None, max_length=120)
    industry: Literal["common", "microVideo", "media", "shortVideo"] | None = None
    scene: Literal["search", "recommend"] | None = None
    pedestrian_group_ids: CommaList = []
    pet_group_ids: CommaList = []

    def unknown_types(self) -> list[str]:
        return sorted(set(self.analyse_types).difference(ANALYSE_TYPES))


class CreateCustomTemplate(Parameters):
    name: str = Field(max_length=120)
    type: int
    subtype: int | None = None
    template_config: JsonText


class GetCustomTemplate(Parameters):
    template_id: str


class ListCustomTemplates(Parameters):
    type: int
    subtype: int | None = None
    name: str | None = None
    template_id: CommaList = []
    order_by: Literal["CreateTimeDesc", "CreateTimeAsc"] = "CreateTimeDesc"
    page_number: PageNumber = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20


class UpdateCustomTemplate(Parameters):
    template_id: str
    name: str | None = Field(None, max_length=120)
    template_config: JsonText | None = None


class DeleteCustomTemplate(Parameters):
    template_id: str


# Pipelines


class CreatePipeline(Parameters):
    name: str = Field(max_length=128)
    speed: str = Field(pattern=r"^[A-Za-z0-9]{1,64}$")
    priority: int = Field(6, ge=1, le=10)


class UpdatePipeline(Parameters):
    pipeline_id: str
    name: str | None = Field(None, max_length=128)
    priority: int | None = Field(None, ge=1, le=10)
    status: Literal["Active", "Paused"] | None = None


class GetPipeline(Parameters):
    pipeline_id: str


class ListPipelines(Parameters):
    speed: str | None = None


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
    title: Annotated[str, _at_most_bytes(256)] | None = None
    content: Annotated[str, _at_most_bytes(1024)] | None = None
    params: Json[JobParams] = JobParams()
    template_id: str | None = None
    template_config: str | None = None
    schedule_config: Json[Schedule] = Schedule()
    user_data: Annotated[str, _at_most_bytes(1024)] | None = None
    notify_url: str | None = None


class QuerySmarttagJob(Parameters):
    job_id: str


# Search libraries


class CreateSearchLib(Parameters):
    search_lib_name: LibraryName
    search_lib_config: JsonText | None = None


class ListSearchLib(Parameters):
    page_no: PageNumber = 1
    page_size: PageSize = 10


class NamedLibrary(Parameters):
    """QuerySearchLib and DropSearchLib."""

    search_lib_name: str


class OfLibrary(Parameters):
    """Where the name is optional, the default library is meant."""

    search_lib_name: str = DEFAULT_LIBRARY


class IndexConfig(CamelCase):
    level: Literal["Shared", "S.large", "S.2xlarge", "S.4xlarge", "S.8xlarge", "S.16xlarge"] = "Shared"


class CreateSearchIndex(OfLibrary):
    index_type: IndexType
    index_status: IndexStatus = "Active"
    index_config: Json[IndexConfig] = IndexConfig()


class AlterSearchIndex(OfLibrary):
    index_type: IndexType
    index_status: IndexStatus | None = None
    index_config: Json[IndexConfig] | None = None


class OfIndex(OfLibrary):
    """QuerySearchIndex and DropSearchIndex."""

    index_type: IndexType


class MessageBody(CamelCase):
    title: str = ""
    vision_description: str = ""


class KeyFrames(CamelCase):
    images: list[str]


class InsertMediaToSearchLib(OfLibrary):
    input: str
    media_id: MediaId | None = None
    media_type: MediaType = "video"
    msg_body: Json[MessageBody] = MessageBody()
    images_input: Json[KeyFrames] | None = None
    namespace: str = Field("", max_length=128)


class UpdateMediaToSearchLib(OfLibrary):
    media_id: str
    msg_body: Json[MessageBody]
    namespace: str | None = None


class DeleteMediaFromSearchLib(OfLibrary):
    media_id: str
    namespace: str | None = None


class QueryMediaIndexJob(OfLibrary):
    media_id: str


class SearchIndexJobRerun(OfLibrary):
    media_ids: CommaList = Field(min_length=1, max_length=20)
    task: CommaList = []
    namespace: str | None = None


class Search(OfLibrary):
    """SearchMediaByHybrid, and SearchMediaByMultimodal, which has no MediaId."""

    text: str
    namespace: str | None = None
    media_type: MediaType | None = None
    media_id: str | None = None
    page_no: PageNumber = 1
    page_size: PageSize = 10
    custom_filters: str | None = None
    utc_create: str | None = None
