"""What a vision model is asked for, and what of its answer is believed: the shape is checked, the words are cleaned and cut."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from engines.endpoint import clean

_ITEMS = 20
Shape = TypeVar("Shape", bound=BaseModel)

# Asked of the model, as OpenAI's strict mode wants it, but not enforced: a key too many does no harm.
_CLOSED = ConfigDict(extra="ignore", json_schema_extra={"additionalProperties": False})


class InvalidAnswer(Exception):
    """The answer is not the JSON that was asked for; the message says what is wrong with it, in words for the model."""


def _line(longest: int) -> AfterValidator:
    return AfterValidator(lambda text: clean(text, longest))


def _said(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


def _distinct(items: list[str]) -> list[str]:
    return [item for item in dict.fromkeys(items) if item][:_ITEMS]


_Items = Annotated[list[Annotated[str, _line(60)]], AfterValidator(_distinct)]


class AnsweredMoment(BaseModel):
    model_config = _CLOSED

    start: float = Field(allow_inf_nan=False, description="seconds from the start")
    end: float = Field(allow_inf_nan=False, description="seconds from the start")
    text: Annotated[str, _line(300)] = Field(description="what happens, one sentence")


def _spoken(moments: list[AnsweredMoment]) -> list[AnsweredMoment]:
    return [moment for moment in moments if moment.text][:_ITEMS]


class VisionAnswer(BaseModel):
    model_config = _CLOSED

    title: Annotated[str, _line(100), AfterValidator(_said)] = Field(description="a few words")
    brief: Annotated[str, _line(300)] = Field(description="one sentence")
    caption: Annotated[str, _line(2000), AfterValidator(_said)] = Field(
        description="what is seen, in order; text that can be read is quoted"
    )
    events: _Items = Field(description="what happened, each in a few words")
    objects: _Items = Field(description="things that are seen, each in one or two words")
    actions: _Items = Field(description="what people, animals and vehicles do, each in one or two words")
    human: bool = Field(description="whether a person is seen")
    vehicle: bool = Field(description="whether a vehicle is seen")
    pet: bool = Field(description="whether a pet is seen")
    package: bool = Field(description="whether a parcel, or a bag that was put down, is seen")
    moments: Annotated[list[AnsweredMoment], AfterValidator(_spoken)] = Field(description="for a video; empty otherwise")


def answer_schema() -> dict[str, Any]:
    """The JSON schema of an answer, without references: some endpoints don't follow them."""
    schema = VisionAnswer.model_json_schema()
    schema["properties"]["moments"]["items"] = schema.pop("$defs")["AnsweredMoment"]
    return schema


def read_answer(text: str) -> VisionAnswer:
    """What a model says of a media. Raises InvalidAnswer."""
    return read_object(text, VisionAnswer)


def read_object(text: str, shape: type[Shape]) -> Shape:
    """The answer in a model's text, which may put its thoughts, a sentence or a code fence around the JSON. Raises InvalidAnswer."""
    # Reasoning models close their thoughts with this tag; some servers swallow the one that opens them.
    said = text.rpartition("</think>")[2]
    start = said.find("{")
    if start < 0:
        raise InvalidAnswer("there is no JSON object in it")
    try:
        value, _ = json.JSONDecoder().raw_decode(said, start)
        return shape.model_validate(value)
    except ValidationError as error:
        raise InvalidAnswer("; ".join(_complaint(problem) for problem in error.errors()[:5])) from None
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer(f"it is not valid JSON: {error}") from None


def _complaint(problem: Any) -> str:
    """Where and what, without the value: it may be long."""
    return f"{'.'.join(map(str, problem['loc'])) or 'the object'}: {problem['msg']}"
