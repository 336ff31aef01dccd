"""The parameters of recognition libraries, their entities and samples, with the limits of their pages in the IMS API reference."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from localcloud.ims.parameters import CommaList, JsonText, PageNumber, PageSize, Parameters, at_most_bytes

# The page of the API names the first five; pedestrian is from "IPC content understanding", pet is implied there.
Algorithm = Literal["landmark", "object", "logo", "face", "label", "pedestrian", "pet"]


def _visible(name: str) -> str:
    """An assumption: a name of blanks, or of what nobody sees, would be a hole in a sentence."""
    if not name.strip() or not any(character.isprintable() and not character.isspace() for character in name):
        raise ValueError("it holds no character that can be seen")
    return name


Name = Annotated[str, at_most_bytes(64), AfterValidator(_visible)]
ANY = "ANY"
"""The EntityId that stands for every entity, or for those of an EntityName."""


class OfAlgorithm(Parameters):
    algorithm: Algorithm


class CreateRecognitionLib(OfAlgorithm):
    lib_name: Name
    lib_description: Annotated[str, at_most_bytes(128)] | None = None


class ListRecognitionLibs(OfAlgorithm):
    lib_id: CommaList = ()
    page_number: PageNumber
    page_size: PageSize


class OfLib(OfAlgorithm):
    """DeleteRecognitionLib."""

    lib_id: str


class CreateRecognitionEntity(OfLib):
    entity_name: Name
    entity_info: Annotated[JsonText, at_most_bytes(256)] | None = None


class ListRecognitionEntities(OfLib):
    page_number: PageNumber
    page_size: PageSize


class OfEntity(OfLib):
    """DeleteRecognitionEntity."""

    entity_id: str


class CreateRecognitionSample(OfEntity):
    """A picture; of the algorithm label a text may stand for it."""

    image_url: str | None = None
    label_prompt: Annotated[str, at_most_bytes(1024)] | None = None


class OfSample(OfEntity):
    """DeleteRecognitionSample."""

    sample_id: str


class ListRecognitionSamples(OfAlgorithm):
    lib_id: CommaList
    entity_id: str
    entity_name: str | None = None
    page_number: PageNumber
    page_size: PageSize
