"""Calls of PAI's multimedia analysis: images are answered at once, videos and posts are jobs that are asked about.

Each request is, to the byte of its body and its signature, the one that ai-service-python-sdk 1.1.5 sends, with one exception: the SDK's
request of a video answers its `text` with the title, so that every video's text is its title, and the text of `multimodal_classify` is
lost. Here a post's text is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from sightline.credentials import Credentials
from sightline.errors import BadInput, Permission, UnusableAnswer
from sightline.host import Host
from sightline.http import Request
from sightline.ims.answers import Json, as_text, kind_of, number, objects, shown
from sightline.pai import results
from sightline.pai.options import ImageLabelOptions, Options, PaintingOptions, ReshapingOptions, VideoLabelOptions
from sightline.pai.refusals import SERVICE, refusal
from sightline.pai.results import Age, Face, ImageLabels, ImageQuality, PaintingLabels, Picture, VideoLabels, VideoQuality
from sightline.pai.signature import authorization
from sightline.transport import Call, json_object, send
from sightline.untrusted import plain
from sightline.value import Value

# An image of 5 MB, reshaped and written without loss, in base64.
MOST_ANSWER_BYTES = 64 * 2**20
_LONGEST_MESSAGE = 1_000
_MOST_JOBS = 1_000
_MOST_DIGITS = 18

JobState = Literal["waiting", "running", "done", "failed"]
_STATES: Mapping[int, JobState] = {0: "waiting", 1: "running", 2: "done", 3: "failed"}
_PAINTING, _VIDEO_LABELS = PaintingOptions(), VideoLabelOptions()
_Read = TypeVar("_Read")


class AnalysisJob(Value):
    """`message` says what a job does, or why it failed. `address` is that of its video, in a batch.

    `result` is set for one that is done.
    """

    job_id: int
    state: JobState
    message: str = ""
    address: str = ""
    result: VideoQuality | VideoLabels | None = None


class PaiClient:
    """`endpoint` names its scheme; it may have a path before the API's own.

    Calls raise as `transport.send` does, ModelNotFound and KeyRefused among the refusals; BadInput for what can be no address, before
    anything is sent; UnusableAnswer where an answer lacks what it is for. A submit is sent once: the service knows no second from a first.
    """

    def __init__(self, host: Host, endpoint: str, app_id: str, token: str) -> None:
        parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
        self._host = host
        self._base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._key = Credentials(app_id, token)

    def image_quality(self, url: str, model: str = "") -> ImageQuality:
        """`model` is one of the account's own; so with the others that have it."""
        return _needed("ImageQA", "iqa_result", results.image_quality(self._image("ImageQA", url, model, {})))

    def faces(self, url: str, model: str = "") -> Sequence[Face]:
        """None of them where the image has no face."""
        return _needed("FaceAttrImage", "attr", results.faces(self._image("FaceAttrImage", url, model, {})))

    def age(self, url: str) -> Age:
        return _needed("FaceAttrImage", "age_range", results.age(self._image("FaceAttrImage", url, "fairface", {})))

    def labels(self, url: str, top_k: int = 10, embedding: bool = True, model: str = "") -> ImageLabels:
        configure = _checked_options(ImageLabelOptions(top_k, embedding))
        return _needed("MultiLabelImageV2", "tag_result", results.image_labels(self._labelled(url, model, configure)))

    def painting_labels(self, url: str, options: PaintingOptions = _PAINTING) -> PaintingLabels:
        return _needed("MultiLabelImageV2", "caption", results.painting_labels(self._labelled(url, "tagger", _checked_options(options))))

    def reshape_body(self, url: str, degree: float = -1.5) -> Picture:
        """The image with a slimmer figure, or a fuller one where `degree` is negative."""
        configure = _checked_options(ReshapingOptions(degree))
        return self._changed(url, "body_reshaping", configure)

    def remove_watermark(self, url: str) -> Picture:
        """The image without its watermarks."""
        return self._changed(url, "watermark_remover", {})

    def classify_post(
        self,
        video_url: str,
        images: Sequence[str],
        text: str,
        options: VideoLabelOptions = _VIDEO_LABELS,
        model: str = "multi_modal_tag",
    ) -> int:
        """The job's id. A post has images or a video beside its text: `images` are none, or `video_url` is empty, where there are none."""
        for place, url in enumerate(images):
            _check_address(f"images[{place}]", url)
        if video_url:
            _check_address("video_url", video_url)
        elif not images:
            raise BadInput("video_url", "is empty, and there are no images", "give one of them: a text alone is no post")
        body = {"video_url": video_url, "model_name": model, "text": text, "images": list(images), "configure": _checked_options(options)}
        return self._submit("MultiModalClassify", "videos", body, "job_id")

    def video_quality(self, url: str, model: str = "") -> int:
        """The job's id."""
        return self._submit("VideoQA", "videos", _video(url, "", model, {}), "job_id")

    def classify_video(self, url: str, title: str = "", options: VideoLabelOptions = _VIDEO_LABELS, model: str = "") -> int:
        """The job's id."""
        return self._submit("ClassifyLabelVideo", "videos", _video(url, title, model, _checked_options(options)), "job_id")

    def video_quality_batch(self, urls: Sequence[str], model: str = "") -> int:
        """The batch's id."""
        return self._submit("VideoQA", "batch_videos", _videos([(url, "") for url in urls], model, {}), "batch_id")

    def classify_videos(self, videos: Sequence[tuple[str, str]], options: VideoLabelOptions = _VIDEO_LABELS, model: str = "") -> int:
        """The batch's id; `videos` are addresses and titles."""
        return self._submit("ClassifyLabelVideo", "batch_videos", _videos(videos, model, _checked_options(options)), "batch_id")

    def job(self, job_id: int) -> AnalysisJob:
        data = self._call("GetAsyncJob", "POST", f"/api/v1/async_jobs/{_checked(job_id)}", {}, again=True)
        told = data.get("job") if isinstance(data, dict) else None
        if not isinstance(told, dict):
            raise UnusableAnswer(SERVICE, "GetAsyncJob", "job", f"is {kind_of(told)}", retryable=True)
        return _job(told, job_id)

    def batch(self, batch_id: int) -> Sequence[AnalysisJob]:
        """A job for each video, once the service has made them."""
        data = self._call("GetBatchJob", "GET", f"/api/v1/batch_jobs/{_checked(batch_id)}", None, again=True)
        told = data.get("jobs") if isinstance(data, dict) else None
        if not isinstance(told, list):
            raise UnusableAnswer(SERVICE, "GetBatchJob", "jobs", f"is {kind_of(told)}, no list", retryable=True)
        return [_job(each, 0) for each in objects(told)[:_MOST_JOBS]]

    def _labelled(self, url: str, model: str, configure: Json) -> Any:
        return self._image("MultiLabelImageV2", url, model, configure)

    def _changed(self, url: str, model: str, configure: Json) -> Picture:
        answer = self._look("MultiLabelImageV2", url, model, configure)
        return _needed("MultiLabelImageV2", "data", results.picture(answer))

    def _image(self, action: str, url: str, model: str, configure: Json) -> Any:
        return self._look(action, url, model, configure).get("data")

    def _look(self, action: str, url: str, model: str, configure: Json) -> Json:
        _check_address("image", url)
        body = {"action": action, "image": url, "model_name": model, "configure": configure}
        return self._answer(action, "POST", "/api/v1/images", body, again=True)

    def _submit(self, action: str, room: str, body: Json, field: str) -> int:
        data = self._call(action, "POST", f"/api/v1/{room}", {"action": action, **body}, again=False)
        told = data.get(field) if isinstance(data, dict) else None
        read = _id(told)
        if read is None:
            raise UnusableAnswer(SERVICE, action, field, f"is {shown(told)}", retryable=False)
        return read

    def _call(self, operation: str, method: str, path: str, body: Json | None, *, again: bool) -> Any:
        """What the answer's `data` is."""
        return self._answer(operation, method, path, body, again=again).get("data")

    def _answer(self, operation: str, method: str, path: str, body: Json | None, *, again: bool) -> Json:
        content = b"" if body is None else json.dumps(body).encode()

        def build(key: Credentials) -> Request:
            headers = {
                "Authorization": authorization(key, method, path, content),
                "Accept": "text/plain" if "_jobs/" in path else "application/json",
                "Content-Type": "application/json",
            }
            return Request(method, self._base + path, headers, content)

        # It knows no RAM: what an AppId may do is a contract.
        permission = Permission(operation, "the AppId")
        call = Call(SERVICE, operation, permission, build, lambda answer: refusal(operation, answer, again), MOST_ANSWER_BYTES, again)
        return json_object(send(self._host, lambda: self._key, call))


def _checked_options(options: Options) -> Json:
    """Raises BadInput for what its class would not have read."""
    return type(options).read(options.configure()).configure()


def _video(url: str, title: str, model: str, configure: Json) -> Json:
    """The text is the title, as the SDK sends it: whether the service reads one of a video is not documented."""
    _check_address("video_url", url)
    return {"video_url": url, "video_title": title, "model_name": model, "text": title, "configure": configure}


def _videos(videos: Sequence[tuple[str, str]], model: str, configure: Json) -> Json:
    if not videos:
        raise BadInput("videos", "is empty", "give at least one")
    for place, (url, _) in enumerate(videos):
        _check_address(f"videos[{place}].url", url)
    return {"videos": [{"url": url, "title": title} for url, title in videos], "model_name": model, "configure": configure}


def _check_address(field: str, url: str) -> None:
    scheme, separator, rest = url.partition("://")
    if scheme.lower() not in ("http", "https") or not separator or not rest.partition("/")[0] or not url.isprintable() or " " in url:
        raise BadInput(field, f"is {shown(url)}" if url else "is empty", "give an address that PAI can fetch: http:// or https://")


def _checked(job_id: int) -> int:
    if _id(job_id) is None:
        raise BadInput("job_id", f"is {str(job_id)[:30]}", "ask about a job as its submit named it")
    return job_id


def _id(told: Any) -> int | None:
    """Of a job or a batch, also from its text."""
    text = as_text(told)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _job(told: Json, asked: int) -> AnalysisJob:
    """A state that is missing or not documented counts as running, so that the deadline of what waits decides."""
    read, state = _id(told.get("id")), number(told.get("state"))
    known = _STATES.get(int(state)) if state is not None and state == int(state) else None
    message = plain(as_text(told.get("message")), _LONGEST_MESSAGE)
    result = results.of_video(told.get("Result")) if known == "done" else None
    if known is None:
        message = f"the service says {shown(told.get('state'))}, which is no known state"
    address = as_text(told.get("object")).encode(errors="replace").decode()
    return AnalysisJob(asked if read is None else read, known or "running", message, address, result)


def _needed(operation: str, field: str, read: _Read | None) -> _Read:
    """Raises UnusableAnswer for a success that lacks what was asked for."""
    if read is None:
        raise UnusableAnswer(SERVICE, operation, f"data.{field}", "is missing or can't be read", retryable=True)
    return read
