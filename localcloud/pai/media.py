"""The pictures and videos of requests, fetched by their URLs, with PAI's words for what can't be had."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from localcloud.ims.inputs import InputError, InputLimits, Inputs, is_web_address
from localcloud.network import Reach
from localcloud.pai.analysis import AnalysisRefused
from localcloud.ports import Objects

IMAGE_LIMITS = InputLimits(bytes=5 * 1024**2, seconds=10)
VIDEO_LIMITS = InputLimits(bytes=100 * 1024**2, seconds=300)
"""PAI advises to "keep the file size under" 5 MB and 100 MB; that more is refused is our assumption, and so are the times.

The advised resolutions (240x240, 320x240) are not asked for: the documented sample of ImageQA is of a picture of 398x214.
"""


class Media:
    """`scratch` is a folder of its own; `stopping` ends a transfer that is under way."""

    def __init__(self, objects: Objects, scratch: Path, stopping: threading.Event, reach: Reach) -> None:
        self._images = Inputs(objects, scratch / "images", IMAGE_LIMITS, stopping, reach)
        self._videos = Inputs(objects, scratch / "videos", VIDEO_LIMITS, stopping, reach)

    def close(self) -> None:
        self._images.close()
        self._videos.close()

    @contextmanager
    def images(self, addresses: Sequence[str]) -> Iterator[list[Path]]:
        """As files that are gone afterwards. Raises AnalysisRefused."""
        with _fetched(self._images, addresses, "image") as files:
            yield files

    @contextmanager
    def videos(self, addresses: Sequence[str]) -> Iterator[list[Path]]:
        """As files that are gone afterwards. Raises AnalysisRefused."""
        with _fetched(self._videos, addresses, "video") as files:
            yield files


@contextmanager
def _fetched(inputs: Inputs, addresses: Sequence[str], kind: str) -> Iterator[list[Path]]:
    try:
        for address in addresses:
            if not is_web_address(address):
                raise InputError("it is no http or https URL")
            inputs.check(address)
        with inputs.files(addresses) as files:
            yield files
    except InputError as error:
        # The tab is a real one in the documented message, seen through Python's repr.
        cause = f"fetch resource failed\tcode = {error.status}" if error.status else str(error)
        raise AnalysisRefused(f"failed to download {kind}, err={cause}") from None
