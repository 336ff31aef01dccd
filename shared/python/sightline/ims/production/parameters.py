"""The functions, and the check of everything that a job is given, before anything is sent.

Source: SubmitIProductionJob, whose page lists the functions, what each takes and gives, and the limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from sightline.errors import BadInput
from sightline.ims.answers import Json, shown
from sightline.ims.production.addresses import check_output, check_source
from sightline.ims.production.captions import CaptionExtractionParameters, HybridCaptionExtractionParameters
from sightline.ims.production.fields import Fields
from sightline.ims.production.pictures import (
    NEW_DETEXT,
    CoverParameters,
    DelogoParameters,
    DetextParameters,
    FaceBeautyParameters,
    GreenScreenParameters,
    Nothing,
)
from sightline.ims.production.sound import AudioMixingParameters
from sightline.value import Value

LONGEST_NAME = 100
LONGEST_USER_DATA = 256
LEAST_PRIORITY, MOST_PRIORITY = 1, 10


class Parameters(Protocol):
    """Of one function, as it takes them."""

    def document(self) -> Json:
        """What JobParams holds."""
        ...


class Reader(Protocol):
    def read(self, fields: Fields, /) -> Parameters:
        """Raises BadInput."""
        ...


class Function(Value):
    """`source` is what it works on. `extension` is that of its output, with the dot; empty where it makes no file.

    `placeholder` has to be in its output's name, since it makes several; `takes` are its parameters.
    """

    name: str
    source: Literal["video", "audio"]
    extension: str
    placeholder: str = ""
    takes: tuple[str, ...] = ()
    reader: Reader = Nothing


FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function("Cover", "video", ".png", "{sequenceId}", ("Model",), CoverParameters),
        Function("VideoClip", "video", ".mp4"),
        Function("VideoDelogo", "video", ".mp4", "", ("LogoModel", "Boxes"), DelogoParameters),
        Function("VideoDetext", "video", ".mp4", "", ("LimitRegion", "Time"), DetextParameters),
        Function("CaptionExtraction", "video", ".srt", "", ("fps", "roi", "lang", "track"), CaptionExtractionParameters),
        Function("HybridCaptionExtraction", "video", ".srt", "", ("fps", "roi", "lang", "track"), HybridCaptionExtractionParameters),
        Function("VideoGreenScreenMatting", "video", ".webm", "", ("bgimage",), GreenScreenParameters),
        Function("FaceBeauty", "video", ".mp4", "", ("beauty_params",), FaceBeautyParameters),
        Function("VideoH2V", "video", ".mp4"),
        Function("MusicSegmentDetect", "audio", ".json"),
        Function("AudioBeatDetection", "audio", ".json"),
        Function("AudioQualityAssessment", "audio", ""),
        Function("SpeechDenoise", "audio", ".wav"),
        Function("AudioMixing", "audio", ".wav", "", ("inputs",), AudioMixingParameters),
        Function("MusicDemix", "audio", ".wav", "{resultType}"),
    )
}


def function_of(name: str) -> Function:
    """Raises BadInput."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise BadInput("FunctionName", f"is {shown(name)}", f"give one of {', '.join(FUNCTIONS)}")
    return function


def check(function: str, parameters: Mapping[str, Any], output: str, model_id: str = "") -> None:
    """Raises BadInput for what the function would not take; `output` is an address, placeholders and all."""
    read(function, parameters, model_id)
    check_output(output, function_of(function).placeholder)


def read(function: str, parameters: Mapping[str, Any], model_id: str = "") -> Parameters:
    """The function's own parameters, from a rules file or a command line. Raises BadInput."""
    known = function_of(function)
    if model_id and (function, model_id) != ("VideoDetext", NEW_DETEXT):
        fix = f"give {NEW_DETEXT}, or none" if function == "VideoDetext" else "leave it out: only VideoDetext has another model"
        raise BadInput("ModelId", f"is {shown(model_id)}", fix)
    chosen = known.reader.read(Fields(parameters, known.takes))
    if isinstance(chosen, DetextParameters) and chosen.has_several_times and not model_id:
        raise BadInput("JobParams.Time", "is a list of lists", f"give one [start, end], or ModelId {NEW_DETEXT}")
    return chosen


def check_order(source: str, user_data: str, name: str, priority: int | None) -> None:
    """What is the same for every function. Raises BadInput."""
    check_source(source)
    if len(name) > LONGEST_NAME:
        raise BadInput("Name", f"has {len(name):,} characters", f"give at most {LONGEST_NAME}")
    if len(user_data) > LONGEST_USER_DATA:
        raise BadInput("UserData", f"has {len(user_data):,} characters", f"give at most {LONGEST_USER_DATA}")
    if priority is not None and (isinstance(priority, bool) or not isinstance(priority, int) or not 1 <= priority <= MOST_PRIORITY):
        raise BadInput("ScheduleConfig.Priority", f"is {priority!r}"[:60], f"give a whole number from {LEAST_PRIORITY} to {MOST_PRIORITY}")


def output_extension(function: str, parameters: Mapping[str, Any]) -> str:
    """With the dot: an animated cover is a GIF, and a film with another background an MP4. Raises BadInput."""
    known = function_of(function)
    given = known.reader.read(Fields(parameters, known.takes))
    if isinstance(given, CoverParameters) and given.is_animated:
        return ".gif"
    if isinstance(given, GreenScreenParameters) and given.background:
        return ".mp4"
    return known.extension
