"""The fifteen functions as the service knows them: what they take, and what the name of their outputs must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.ims.production import job_params as p

BETTER_DETEXT = "algo-video-detext-new"
"""The one ModelId that is documented."""


@dataclass(frozen=True)
class Function:
    """`placeholder` is needed in the name of outputs; `models` are the ModelIds that it knows."""

    params: type[p.JobParams] = p.JobParams
    placeholder: str = ""
    models: tuple[str, ...] = ()


FUNCTIONS: Mapping[str, Function] = {
    # The documents only recommend the placeholder for Cover; without it each picture would replace the one before.
    "Cover": Function(p.Cover, "sequenceId"),
    "VideoClip": Function(),
    "VideoDelogo": Function(p.Delogo),
    "VideoDetext": Function(p.Detext, models=(BETTER_DETEXT,)),
    "CaptionExtraction": Function(p.Captions),
    "HybridCaptionExtraction": Function(p.HybridCaptions),
    "VideoGreenScreenMatting": Function(p.GreenScreen),
    "FaceBeauty": Function(p.Beauty),
    "VideoH2V": Function(),
    "MusicSegmentDetect": Function(),
    "AudioBeatDetection": Function(),
    "AudioQualityAssessment": Function(),
    "SpeechDenoise": Function(),
    "AudioMixing": Function(p.Mixing),
    "MusicDemix": Function(placeholder="resultType"),
}
