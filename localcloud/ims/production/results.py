"""Result: a JSON string, of a shape for each function ("Supplementary description", QueryIProductionJob of MPS, where there is a sample).

`Notes` is ours: what was accepted and not done, and what the function itself could do in part only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engines.production.types import Produced

CANCELLED = "Cancelled"
Keys = Sequence[str]
"""Of the outputs in OSS, in their order."""


def succeeded(function: str, produced: Produced, keys: Keys, notes: Sequence[str]) -> dict[str, Any]:
    data = _DATA[function](produced, keys) if function in _DATA else None
    if data is None:
        answer: dict[str, Any] = {"Details": [], "Message": "success", "Code": "Success"}
    else:
        # The one sample of a cover has this message in lower case.
        message = "success" if function == "Cover" else "Successful."
        answer = {"Code": "Success", "Message": message, "Data": _compact(data)}
    said = [*notes, *produced.notes]
    return {**answer, "Notes": said} if said else answer


def failed(code: str, message: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The codes are an assumption: those with which IMS refuses what is submitted."""
    answer = {"Code": code, "Message": message, "Details": []}
    return {**answer, "Notes": list(notes)} if notes else answer


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _files(_produced: Produced, keys: Keys) -> object:
    return {"result": [{"file": key} for key in keys]}


def _covers(produced: Produced, keys: Keys) -> object:
    covers = zip(produced.findings["covers"], keys, strict=True)
    return [{"Score": cover["score"], "Time": f"{cover['milliseconds']:.2f}", "Url": key} for cover, key in covers]


def _choruses(produced: Produced, _keys: Keys) -> object:
    return {"result": produced.findings["result"]}


def _quality(produced: Produced, _keys: Keys) -> object:
    return {"result": [dict(produced.findings)]}


def _voices(produced: Produced, keys: Keys) -> object:
    return {"result": [{"file": key, "type": output.result_type} for key, output in zip(keys, produced.outputs, strict=True)]}


_DATA: Mapping[str, Callable[[Produced, Keys], object]] = {
    "Cover": _covers,
    "VideoClip": _files,
    "CaptionExtraction": _files,
    "VideoGreenScreenMatting": _files,
    "AudioMixing": _files,
    "AudioBeatDetection": _files,
    "MusicSegmentDetect": _choruses,
    # No sample of these is published; that they look like the others is an assumption.
    "HybridCaptionExtraction": _files,
    "FaceBeauty": _files,
    "SpeechDenoise": _files,
    "AudioQualityAssessment": _quality,
    "MusicDemix": _voices,
}
