"""What the functions take that work on pictures.

`read` finds the parameters in a mapping, `document` is the JSON object that a job is given. Source of all forms and limits:
SubmitIProductionJob, "JobParams JSON fields".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sightline.errors import BadInput
from sightline.ims.answers import Json, number, shown
from sightline.ims.production.fields import Box, Fields, numbers
from sightline.value import Value

NEW_DETEXT = "algo-video-detext-new"
"""The only model that is not a function's default; VideoDetext's."""
_LOGOS = ("tv", "internet")


class Nothing(Value):
    """Of a function that takes no parameters: VideoClip, VideoH2V, and most that work on sound."""

    @classmethod
    def read(cls, _: Fields) -> Nothing:
        return cls()

    def document(self) -> Json:
        return {}


class CoverParameters(Value):
    """Three images, or three short animations."""

    is_animated: bool = False

    @classmethod
    def read(cls, fields: Fields) -> CoverParameters:
        return cls(fields.choice("Model", ("", "gif")) == "gif")

    def document(self) -> Json:
        return {"Model": "gif"} if self.is_animated else {}


class DelogoParameters(Value):
    """`logos` are the kinds that are looked for; `boxes` where logos are known to be."""

    logos: Sequence[str] = ()
    boxes: Sequence[Box] = ()

    @classmethod
    def read(cls, fields: Fields) -> DelogoParameters:
        fix = "give tv, internet or tv,internet"
        told = fields.text("LogoModel", fix)
        logos = [] if told is None else [logo.strip() for logo in told.split(",")]
        if any(logo not in _LOGOS for logo in logos) or len(set(logos)) < len(logos):
            raise BadInput("JobParams.LogoModel", f"is {shown(told)}", fix)
        return cls(logos, fields.boxes("Boxes", most=2) or ())

    def document(self) -> Json:
        document: Json = {"LogoModel": ",".join(self.logos)} if self.logos else {}
        if self.boxes:  # a text with JSON in it, where VideoDetext has a list
            document["Boxes"] = json.dumps(_lists(self.boxes))
        return document


class DetextParameters(Value):
    """`regions` are where captions are looked for, else the bottom 30 %. `times` are from second to second.

    One range of time is a list of two, several a list of lists, which only the new model takes.
    """

    regions: Sequence[Box] = ()
    times: Sequence[tuple[float, float]] = ()
    has_several_times: bool = False

    @classmethod
    def read(cls, fields: Fields) -> DetextParameters:
        told = fields.value("Time")
        if told is None:
            return cls(fields.boxes("LimitRegion") or ())
        several = isinstance(told, list) and any(isinstance(entry, list) for entry in told)
        return cls(fields.boxes("LimitRegion") or (), [_seconds(entry) for entry in (told if several else [told])], several)

    def document(self) -> Json:
        document: Json = {"LimitRegion": _lists(self.regions)} if self.regions else {}
        if self.times:
            ranges = [[_plain(start), _plain(end)] for start, end in self.times]
            document["Time"] = ranges if self.has_several_times else ranges[0]
        return document


class GreenScreenParameters(Value):
    """`background` is the address of an image; without one the film becomes transparent."""

    background: str = ""

    @classmethod
    def read(cls, fields: Fields) -> GreenScreenParameters:
        return cls(fields.url("bgimage") or "")

    def document(self) -> Json:
        return {"bgimage": self.background} if self.background else {}


_PERCENTAGES = ("whiten", "smooth", "face_thin")


class FaceBeautyParameters(Value):
    """Strengths by name. How far each goes stands on a page ("Parameter field descriptions") that the API reference only names.

    Public guides to the function repeat its table: `whiten`, `smooth` and `face_thin`, the three of the reference's example, go from 0 to
    100. Of the other names, some two dozen, only the form is looked at.
    """

    strengths: Sequence[tuple[str, float]] = ()

    @classmethod
    def read(cls, fields: Fields) -> FaceBeautyParameters:
        fix = "give names and numbers, as in whiten=20,smooth=50,face_thin=50"
        told = fields.text("beauty_params", fix)
        parts = [part.partition("=") for part in (told.split(",") if told is not None else [])]
        strengths = [(name.strip(), number(value)) for name, _, value in parts]
        read = [(name, strength) for name, strength in strengths if strength is not None and name.isidentifier() and name.isascii()]
        if len({name for name, _ in read}) < len(strengths):
            raise BadInput("JobParams.beauty_params", f"is {shown(told)}", fix)
        for name, strength in read:
            if name in _PERCENTAGES and (strength != int(strength) or not 0 <= strength <= 100):
                raise BadInput("JobParams.beauty_params", f"has {name}={_plain(strength)}", f"give {name} a whole number from 0 to 100")
        return cls(read)

    def document(self) -> Json:
        return {"beauty_params": ",".join(f"{name}={_plain(strength)}" for name, strength in self.strengths)} if self.strengths else {}


def _seconds(value: Any) -> tuple[float, float]:
    read = numbers(value, 2)
    if read is None or not 0 <= read[0] < read[1]:
        raise BadInput("JobParams.Time", "is no time from start to end", "give [start, end] in seconds, as in [5, 20]")
    return read[0], read[1]


def _lists(boxes: Sequence[Box]) -> list[list[float]]:
    return [[_plain(share) for share in (box.left, box.top, box.width, box.height)] for box in boxes]


def _plain(value: float) -> float:
    """As a person writes it: 5, and not 5.0."""
    return int(value) if value == int(value) else value
