"""The fifteen functions by the names that SubmitIProductionJob has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from engines.production.types import Produced, Unfit
from engines.speech.types import Transcribe

FUNCTIONS: Mapping[str, str] = {
    "Cover": "engines.production.covers:pick_covers",
    "VideoClip": "engines.production.summary:summarise",
    "VideoDelogo": "engines.production.logo_removal:remove_logo",
    "VideoDetext": "engines.production.text_removal:remove_text",
    "CaptionExtraction": "engines.production.captions:extract_captions",
    "HybridCaptionExtraction": "engines.production.hybrid_captions:extract_hybrid_captions",
    "VideoGreenScreenMatting": "engines.production.green_screen:key_out",
    "FaceBeauty": "engines.production.beauty:beautify",
    "VideoH2V": "engines.production.portrait:to_portrait",
    "MusicSegmentDetect": "engines.production.sound.choruses:find_choruses",
    "AudioBeatDetection": "engines.production.sound.beats:find_beats",
    "AudioQualityAssessment": "engines.production.sound.quality:assess_quality",
    "SpeechDenoise": "engines.production.sound.denoise:denoise",
    "AudioMixing": "engines.production.sound.mixing:mix",
    "MusicDemix": "engines.production.sound.voices:separate",
}
"""Where each is, as `module:function`: imported when it is called, since together they load OpenCV, PyAV, scipy and a reader of text."""
HEARS = "HybridCaptionExtraction"
"""The one that is given a way to transcribe speech."""


def produce(function: str, source: Path, folder: Path, options: Mapping[str, Any], transcribe: Transcribe | None = None) -> Produced:
    """Do `function` to the file `source`, its outputs in `folder`; `options` are its keywords, in the form that JSON leaves them in.

    Raises Unfit and UnreadableMedia.
    """
    keywords = {option: _FROM_JSON[option](value) if option in _FROM_JSON else value for option, value in options.items()}
    if function == HEARS:
        keywords["transcribe"] = transcribe
    return _imported(function)(source, folder, **keywords)


def _imported(function: str) -> Callable[..., Produced]:
    """Raises Unfit where the extra that it needs is not installed."""
    module, _, name = FUNCTIONS[function].partition(":")
    try:
        found: Callable[..., Produced] = getattr(import_module(module), name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "scipy":
            raise
        reason = f"{function} needs the extra `sound`, which is not installed here: `pip install 'sightline[sound]'`"
        raise Unfit("FunctionName", reason) from None
    return found


def _tuples(value: list[list[float]] | None) -> list[tuple[float, ...]] | None:
    return None if value is None else [tuple(each) for each in value]


def _path(value: str | None) -> Path | None:
    return None if value is None else Path(value)


_FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    "region": tuple,
    "regions": _tuples,
    "boxes": _tuples,
    "times": _tuples,
    "other": _path,
    "background": _path,
}
