"""The parameters of search libraries, their media, and searches, with their documented limits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Json, ValidationError

from localcloud.ims.libraries.filters import CustomFilters, UtcCreate
from localcloud.ims.parameters import CamelCase, CommaList, JsonText, Number, PageNumber, PageSize, Parameters, comma_list, reason

DEFAULT_LIBRARY = "ims-default-search-lib"
MediaType = Literal["video", "image", "audio"]
# Documented as unique and, where it is generated, 32 hex digits; the character set of a caller's own is an assumption.
MediaId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
# "Letters and digits", with the prefix IPCamera_ for cameras; samples of streams have Stream_. Underscores after it and the length are
# assumptions.
LibraryName = Annotated[str, Field(pattern=r"^([A-Za-z0-9]{1,64}|(IPCamera|Stream)_[A-Za-z0-9_]{1,64}|ims-default-search-lib)$")]
Namespace = Annotated[str, Field(max_length=128)]
"""Only "a namespace" in the documents; the length is an assumption."""
IndexType = Literal["mm", "face", "aiLabel"]
# The documents spell the second state in three ways.
IndexStatus = Annotated[
    Literal["Active", "Deactive"],
    BeforeValidator(lambda value: {"active": "Active", "Deactivated": "Deactive", "Invalid": "Deactive"}.get(value, value)),
]


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it is blank; say what to look for")
    return text


class LibraryConfig(CamelCase):
    """SearchLibConfig: the recognition libraries whose people an index knows by name."""

    face_group_ids: CommaList = Field((), max_length=3)


def _library_config(text: str) -> str:
    try:
        LibraryConfig.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {reason(first)}") from None
    return text


class CreateSearchLib(Parameters):
    search_lib_name: LibraryName
    search_lib_config: Annotated[JsonText, AfterValidator(_library_config)] | None = None


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


class CustomFields(CamelCase):
    int_field1: Annotated[Number, Field(strict=True)] | None = Field(None, alias="intField1")
    str_field1: str | None = Field(None, alias="strField1", max_length=1024)
    str_field2: str | None = Field(None, alias="strField2", max_length=1024)


class MessageBody(CamelCase):
    title: str = ""
    vision_description: str = ""
    custom_fields: CustomFields = CustomFields()


class KeyFrames(CamelCase):
    """ImagesInput. The number of images is not documented; this is the engine's own limit for one event."""

    images: list[str] = Field(max_length=50)


class InsertMediaToSearchLib(OfLibrary):
    input: str
    media_id: MediaId | None = None
    media_type: MediaType = "video"
    msg_body: Json[MessageBody] = MessageBody()
    images_input: Json[KeyFrames] | None = None
    namespace: Namespace = ""


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
    task: Annotated[tuple[IndexType, ...], BeforeValidator(comma_list)] = ()
    namespace: str | None = None


class Search(OfLibrary):
    """SearchMediaByHybrid, and SearchMediaByMultimodal, which has no MediaId."""

    text: Annotated[str, AfterValidator(not_blank)]
    namespace: str | None = None
    media_type: MediaType | None = None
    media_id: str | None = None
    page_no: PageNumber = 1
    page_size: PageSize = 10
    custom_filters: CustomFilters = ()
    utc_create: UtcCreate = ()
