"""JobParams: what each function takes, with its documented limits ("SubmitIProductionJob", JobParams JSON fields)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from localcloud.ims.errors import invalid_parameter, missing_parameter
from localcloud.ims.parameters import reason

Box = tuple[float, float, float, float]
"""Left, top, width and height, as shares of the picture."""
Range = tuple[float, float]
"""Seconds from the start."""

BOTTOM_QUARTER: Box = (0.0, 0.75, 1.0, 0.25)
_ROUNDING = 1e-6
_LOGO_BOXES = 2


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shares(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(_number(each) and 0 <= each <= 1 for each in value)


def _box(value: object) -> Box:
    if not isinstance(value, list) or not _shares(value, 4):
        raise ValueError("a box is [xmin, ymin, width, height], each a number from 0 to 1")
    left, top, width, height = map(float, value)
    if not width or not height:
        raise ValueError(f"the box {value} is empty")
    if left + width > 1 + _ROUNDING or top + height > 1 + _ROUNDING:
        raise ValueError(f"the box {value} reaches beyond the picture")
    return left, top, width, height


def _boxes(value: object) -> list[Box]:
    if not isinstance(value, list) or not value:
        raise ValueError("it is a list of boxes [xmin, ymin, width, height]")
    return [_box(each) for each in value]


def _logo_boxes(value: object) -> list[Box]:
    if not isinstance(value, str):
        raise ValueError('it is a string that holds the boxes, like "[[0, 0, 0.3, 0.3]]"')
    try:
        boxes = _boxes(json.loads(value))
    except (json.JSONDecodeError, RecursionError):
        raise ValueError('it is not of the form "[[0, 0, 0.3, 0.3], [0.7, 0, 0.3, 0.3]]"') from None
    if len(boxes) > _LOGO_BOXES:
        raise ValueError(f"it has {len(boxes)} boxes, and may have {_LOGO_BOXES}")
    return boxes


def _logo_models(value: object) -> list[str]:
    models = [model.strip() for model in value.split(",")] if isinstance(value, str) else []
    if not models or not set(models) <= {"tv", "internet"}:
        raise ValueError("it is tv, internet, or both with a comma between them")
    return models


def _top_left(value: object) -> Box:
    """[[top, bottom], [left, right]]."""
    if not isinstance(value, list) or len(value) != 2 or not all(_shares(each, 2) and each[0] < each[1] for each in value):
        raise ValueError("it is [[top, bottom], [left, right]], each a number from 0 to 1 and the first of a pair the smaller")
    (top, bottom), (left, right) = value
    return float(left), float(top), float(right - left), float(bottom - top)


def _range(value: object) -> Range:
    if not isinstance(value, list) or len(value) != 2 or not all(_number(each) for each in value):
        raise ValueError("it is [start, end] in seconds")
    start, end = map(float, value)
    if not 0 <= start < end < float("inf"):
        raise ValueError(f"{value} does not end after it begins")
    return start, end


def _ranges(value: object) -> list[Range]:
    if isinstance(value, list) and value and isinstance(value[0], list):
        return [_range(each) for each in value]
    return [_range(value)]


def _beauty(value: object) -> dict[str, str]:
    pairs = [part.partition("=") for part in value.split(",")] if isinstance(value, str) else []
    if not pairs or not all(name.strip() and text.strip() for name, _, text in pairs):
        raise ValueError('it is of the form "whiten=20,smooth=50,face_thin=50"')
    given = {name.strip(): text.strip() for name, _, text in pairs}
    for name in _DEGREES & given.keys():
        if not given[name].isascii() or not given[name].isdigit() or int(given[name]) > 100:
            raise ValueError(f"{name} is {given[name]}, and must be a whole number from 0 to 100")
    return given


_DEGREES = frozenset(("whiten", "smooth", "face_thin"))


def _mixed(value: object) -> str:
    """The documents call it a list of one, and show an object; the object's key is `file`."""
    items = value if isinstance(value, list) else [value]
    if len(items) != 1:
        raise ValueError(f"it has {len(items)} tracks, and must have one")
    address = items[0].get("file") if isinstance(items[0], dict) else items[0]
    if not isinstance(address, str) or not address:
        raise ValueError('it is of the form [{"file": "http://…"}]')
    return address


class JobParams(BaseModel):
    """Of a function that takes none. What a function does not know is kept, so that its result can say so."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    def options(self) -> dict[str, Any]:
        """The keywords of the function in engines/production."""
        return {}

    def inputs(self) -> dict[str, tuple[str, str]]:
        """Other files that it takes: by the keyword, the parameter that named it and its address."""
        return {}

    def unknown(self) -> list[str]:
        return sorted(self.model_extra or {})


class Cover(JobParams):
    model: Literal["", "gif"] | None = Field(None, alias="Model")

    def options(self) -> dict[str, Any]:
        return {"animated": self.model == "gif"}


class Delogo(JobParams):
    models: Annotated[list[str], BeforeValidator(_logo_models)] = Field([], alias="LogoModel")
    boxes: Annotated[list[Box] | None, BeforeValidator(_logo_boxes)] = Field(None, alias="Boxes")

    def options(self) -> dict[str, Any]:
        return {"boxes": self.boxes, "models": self.models}


class Detext(JobParams):
    regions: Annotated[list[Box] | None, BeforeValidator(_boxes)] = Field(None, alias="LimitRegion")
    times: Annotated[list[Range] | None, BeforeValidator(_ranges)] = Field(None, alias="Time")

    def options(self) -> dict[str, Any]:
        return {"regions": self.regions, "times": self.times}


class Captions(JobParams):
    fps: int = Field(5, ge=2, le=10)
    track: Literal["main"] | None = None
    region: Annotated[Box, BeforeValidator(_top_left)] = Field(BOTTOM_QUARTER, alias="roi")
    language: Literal["ch", "en", "ch_ml"] = Field("ch", alias="lang")

    def options(self) -> dict[str, Any]:
        return _captions(self)


class HybridCaptions(JobParams):
    """Its roi has another form, and its languages other names."""

    fps: int = Field(5, ge=2, le=10)
    track: Literal["main"] | None = None
    region: Annotated[Box, BeforeValidator(_box)] = Field(BOTTOM_QUARTER, alias="roi")
    language: Literal["zh", "en"] = Field("zh", alias="lang")

    def options(self) -> dict[str, Any]:
        return _captions(self)


def _captions(given: Captions | HybridCaptions) -> dict[str, Any]:
    return {"fps": given.fps, "region": given.region, "language": given.language, "main_track_only": given.track == "main"}


class GreenScreen(JobParams):
    background: str | None = Field(None, alias="bgimage")

    def options(self) -> dict[str, Any]:
        return {"background": None}

    def inputs(self) -> dict[str, tuple[str, str]]:
        return {"background": ("JobParams.bgimage", self.background)} if self.background else {}


class Beauty(JobParams):
    given: Annotated[dict[str, str], BeforeValidator(_beauty)] = Field({}, alias="beauty_params")

    def options(self) -> dict[str, Any]:
        degrees = {name: int(self.given[name]) if name in self.given else None for name in sorted(_DEGREES)}
        return {**degrees, "others": {name: value for name, value in self.given.items() if name not in _DEGREES}}


class Mixing(JobParams):
    other: Annotated[str, BeforeValidator(_mixed)] = Field(alias="inputs")

    def inputs(self) -> dict[str, tuple[str, str]]:
        return {"other": ("JobParams.inputs", self.other)}


def read(model: type[JobParams], text: str | None) -> JobParams:
    """Raises AcsError, naming the part of JobParams that is wrong."""
    try:
        return model.model_validate(_object(text or "{}"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"JobParams.{first['loc'][0]}"
        if first["type"] == "missing":
            raise missing_parameter(name) from None
        raise invalid_parameter(name, reason(first)) from None


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise invalid_parameter("JobParams", "it is not JSON") from None
    if not isinstance(value, dict):
        raise invalid_parameter("JobParams", "it is not a JSON object")
    return value
