"""POST /api/v1/images: one picture, answered while its caller waits."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from localcloud.ims.runner import Stopped
from localcloud.pai import body, models
from localcloud.pai.analysis import Analysis, AnalysisRefused, Work
from localcloud.pai.errors import parameter_error, server_error, stopping
from localcloud.pai.media import Media

AT_ONCE = 4
"""Two that are looked at, and two that are fetched meanwhile; others wait, and hold no thread of the door."""


class Images:
    def __init__(self, media: Media, analysis: Analysis) -> None:
        self._media = media
        self._analysis = analysis
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pai-images")

    def close(self) -> None:
        """What waits is given up; whoever is at work ends with the analysis and the media."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def analyse(self, content: bytes) -> Future[Any]:
        """The answer's data. Raises PaiError, and so may the future."""
        given = body.read(content, body.IMAGE)
        if not given["image"]:
            raise parameter_error("image is empty")
        model = models.find(models.IMAGES, given["action"], given["model_name"], self._analysis.has_vision)
        return self._threads.submit(self._analysed, model, given["image"], given["configure"])

    def _analysed(self, model: models.Model, address: str, configure: Mapping[str, Any]) -> Any:
        """Raises PaiError."""
        try:
            options, notes = models.options(model, configure)
            with self._media.images([address]) as [file]:
                return self._analysis.analyse(Work(model.task, (str(file),), options=options, notes=notes), urgent=True)
        except AnalysisRefused as reason:
            raise server_error(str(reason)) from None
        except Stopped:
            raise stopping() from None
