"""PAI over HTTP: a genuine request is answered by its operation, in `request_id`, `code`, `message` and `data`."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from localcloud.http import Later, Reply, Request, Trouble
from localcloud.identity import Keyring
from localcloud.pai.analysis import Picture
from localcloud.pai.errors import IMAGES_WITHOUT_APP_ID, WITHOUT_APP_ID, PaiError, internal_error, model_not_found, parameter_error
from localcloud.pai.images import Images
from localcloud.pai.jobs import Jobs
from localcloud.pai.signature import verify
from localcloud.pai.videos import Videos

log = logging.getLogger("localcloud.pai")

PREFIX = "/api/v1/"
LONGEST_BODY = 1024 * 1024
"""Bytes. Our assumption: PAI names none, and a request holds addresses and a text."""
_IMAGES = re.compile(r"/api/v1/images")
_VIDEOS = re.compile(r"/api/v1/videos")
_BATCHES = re.compile(r"/api/v1/batch_videos")
_JOB = re.compile(r"/api/v1/async_jobs/([^/]+)")
_BATCH = re.compile(r"/api/v1/batch_jobs/([^/]+)")
# Of the SDK's other classes.
_ELSEWHERE = re.compile(r"/api/v1/(text|aigc_images/(check|train|create|sd)|ai_creation|llm/eval_judger)")


@dataclass(frozen=True)
class Route:
    """`answer` takes the AppId, the request, and what the path names."""

    method: str
    path: re.Pattern[str]
    answer: Callable[[str, Request, Sequence[str]], Any]


class Wire:
    def __init__(self, keyring: Keyring, images: Images, videos: Videos, jobs: Jobs) -> None:
        self._keyring = keyring
        self._routes = (
            Route("POST", _IMAGES, lambda _app_id, request, _: images.analyse(request.body.read())),
            Route("POST", _VIDEOS, lambda app_id, request, _: videos.submit(app_id, request.body.read())),
            Route("POST", _BATCHES, lambda app_id, request, _: videos.submit_batch(app_id, request.body.read())),
            Route("POST", _JOB, lambda app_id, _, names: {"job": jobs.job(app_id, _number("job_id", names[0]))}),
            Route("GET", _BATCH, lambda app_id, _, names: {"jobs": jobs.batch(app_id, _number("batch_id", names[0]))}),
            Route("POST", _ELSEWHERE, _not_here),
        )

    def serve(self, request: Request) -> Reply | Later:
        return self._told(request, lambda: self._answer(request))

    def _told(self, request: Request, answer: Callable[[], Any]) -> Reply | Later:
        try:
            data = answer()
        except PaiError as error:
            log.info("%s refused: %s", request.raw_path, error)
            return _refusal(error)
        except Exception:  # The door would answer in plain text, which the SDK can't read.
            log.exception("%s failed", request.raw_path)
            return _refusal(internal_error())
        if isinstance(data, Future):
            return Later(data, lambda: self._told(request, data.result))
        if isinstance(data, Picture):
            return _reply(200, "OK", "success", data.data, data.notes)
        return _reply(200, "OK", "success", data)

    def refuse(self, trouble: Trouble) -> Reply:
        return _refusal(parameter_error(trouble.value, trouble.status))

    def _answer(self, request: Request) -> Any:
        """The data, or the future of it. Raises PaiError."""
        unknown = IMAGES_WITHOUT_APP_ID if _IMAGES.fullmatch(request.raw_path) else WITHOUT_APP_ID
        app_id = verify(request, self._keyring, unknown)
        found = [(route, match) for route in self._routes if (match := route.path.fullmatch(request.raw_path))]
        if not found:
            raise parameter_error("Not Found", 404)
        for route, match in found:
            if route.method == request.method:
                return route.answer(app_id, request, match.groups())
        raise parameter_error("Method Not Allowed", 405)


def _not_here(_app_id: str, _request: Request, _names: Sequence[str]) -> Any:
    raise model_not_found()


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise parameter_error(f"{name} is no number")
    return int(text)


def _refusal(error: PaiError) -> Reply:
    return _reply(error.status, error.code, error.message)


def _reply(status: int, code: str, message: str, data: Any = None, notes: Sequence[str] = ()) -> Reply:
    """Of `notes` the SDK knows nothing, and reads over them."""
    told: dict[str, Any] = {"request_id": str(uuid.uuid4()), "code": code, "message": message}
    if data is not None:
        told["data"] = data
    if notes:
        told["notes"] = list(notes)
    content = json.dumps(told, ensure_ascii=False).encode()
    return Reply(status, {"Content-Type": "application/json; charset=UTF-8"}, content)
