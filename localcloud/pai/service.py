"""PAI multimedia analysis behind the door: which requests are its own, and the life of its threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from localcloud.http import Later, Reply, Request, Terms, Trouble
from localcloud.identity import Keyring
from localcloud.network import Reach
from localcloud.pai.analysis import Analysis
from localcloud.pai.images import Images
from localcloud.pai.jobs import Jobs
from localcloud.pai.media import Media
from localcloud.pai.videos import Videos
from localcloud.pai.wire import LONGEST_BODY, PREFIX, Wire
from localcloud.ports import Objects

STOP_SECONDS = 5.0


class MultimediaAnalysis:
    """A `Service`: PAI's multimedia analysis, for whoever has the account's key. RAM has no say: PAI knows an AppId and its token alone.

    `data` is its own folder; `analysis` is closed with it. What was under way when the process ended is done again after `start`.
    """

    def __init__(
        self,
        data: Path,
        keyring: Keyring,
        objects: Objects,
        analysis: Analysis,
        reach: Reach,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._analysis = analysis
        self._stopping = threading.Event()
        self._jobs = Jobs(data / "pai.sqlite", clock)
        self._media = Media(objects, data / "scratch", self._stopping, reach)
        self._videos = Videos(self._jobs, self._media, analysis)
        self._images = Images(self._media, analysis)
        self._wire = Wire(keyring, self._images, self._videos, self._jobs)

    def start(self) -> None:
        self._videos.runner.start()

    def stop(self) -> None:
        self._stopping.set()
        self._images.close()
        self._videos.runner.stop()
        self._analysis.close()
        self._videos.runner.join(STOP_SECONDS)
        self._media.close()
        self._jobs.close()

    def claims(self, request: Request) -> bool:
        """A path below /api/v1/, and the AppId and signature without a scheme's name before them, which every other service has.

        Unsigned requests are PAI's where OSS would have nothing to do with them: no object takes a POST without a query. An unsigned GET
        may be one for an object of a public bucket called `api`.
        """
        if not request.raw_path.startswith(PREFIX):
            return False
        authorization = request.headers.get("authorization")
        if authorization is None:
            return request.method == "POST" and not request.raw_query
        return ":" in authorization and " " not in authorization

    def terms(self, request: Request) -> Terms:  # noqa: ARG002 - the port's signature
        return Terms(longest=LONGEST_BODY)

    def refuse(self, request: Request, trouble: Trouble) -> Reply:  # noqa: ARG002
        return self._wire.refuse(trouble)

    def serve(self, request: Request) -> Reply | Later:
        return self._wire.serve(request)
