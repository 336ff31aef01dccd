"""POST /api/v1/images: one picture, answered at once."""

from __future__ import annotations

from typing import Any

from localcloud.ims.runner import Stopped
from localcloud.pai import body, models
from localcloud.pai.analysis import Analysis, AnalysisRefused, Work
from localcloud.pai.errors import parameter_error, server_error, stopping
from localcloud.pai.media import Media


class Images:
    def __init__(self, media: Media, analysis: Analysis) -> None:
        self._media = media
        self._analysis = analysis

    def analyse(self, content: bytes) -> Any:
        """The answer's data. Raises PaiError."""
        given = body.read(content, body.IMAGE)
        if not given["image"]:
            raise parameter_error("image is empty")
        model = models.find(models.IMAGES, given["action"], given["model_name"], self._analysis.has_vision)
        try:
            options, notes = models.options(model, given["configure"])
            with self._media.images([given["image"]]) as [file]:
                return self._analysis.analyse(Work(model.task, (str(file),), options=options, notes=notes), urgent=True)
        except AnalysisRefused as reason:
            raise server_error(str(reason)) from None
        except Stopped:
            raise stopping() from None
