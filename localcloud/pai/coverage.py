"""What of PAI's multimedia analysis is here, for the page COVERAGE.md."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.covered import Covered
from localcloud.pai.models import BATCHES, IMAGES, VIDEOS, Model

_OTHER_IMAGES = (
    "OCRImage",
    "ClassifyImage",
    "MultiLabelImage",
    "DetectClassifyImage",
    "FaceRecognitionImage",
    "ScanImage",
    "FaceBeautyImage",
)
_OTHER_PATHS = ("text", "aigc_images/check", "aigc_images/train", "aigc_images/create", "aigc_images/sd", "ai_creation", "llm/eval_judger")


def covered() -> Sequence[Covered]:
    """The models by their requests, the two polls, and what the official SDK 1.1.5 has beside them."""
    models = [
        _covered(path, model) for path, those in (("images", IMAGES), ("videos", VIDEOS), ("batch_videos", BATCHES)) for model in those
    ]
    polls = [
        Covered("the job of an id", "POST /api/v1/async_jobs/{id}"),
        Covered("the jobs of a batch", "GET /api/v1/batch_jobs/{id}"),
    ]
    others = [Covered(action, "POST /api/v1/images", here=False) for action in _OTHER_IMAGES]
    return [*models, *polls, *others, *(Covered(path, f"POST /api/v1/{path}", here=False) for path in _OTHER_PATHS)]


def _covered(path: str, model: Model) -> Covered:
    return Covered(model.action, f"POST /api/v1/{path} model_name={model.name!r}", model.lacks)
