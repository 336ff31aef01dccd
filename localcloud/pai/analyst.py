"""What a worker process does for PAI: the engines' findings, put into the shapes that PAI documents.

`notes`, beside the documented fields, say what of a request was not done, and why.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engines.analysis.asking import NoAnswer, VisionAnalyst, VisionSettings
from engines.analysis.embedding import image_embedding, post_embedding, video_embedding
from engines.analysis.faces import faces
from engines.analysis.labels import Label, labels
from engines.analysis.quality import image_quality, video_quality
from engines.analysis.reshaping import NobodyToReshape, reshape_body
from engines.analysis.tools import usual_tools
from engines.analysis.watermark import remove_watermark
from engines.imaging import UnreadableMedia, probe
from engines.imaging.header import picture_header
from engines.understanding.detector import load_checked
from engines.understanding.tools import Tools
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.pai.analysis import Picture, Work

UNMEASURED = 0.5
"""The probability of what a model says: its own word for how sure it is measures nothing, so it isn't asked for one."""
_BESIDE_BOXES = "FaceShape, HairColor and hair styles can't be computed here and are left out"
_NO_CLASSES = "classes can't be computed here and are left out: set a vision endpoint (SIGHTLINE_VISION_BASE_URL)"
_TEXT_IS_FOR_CLASSES = "the text counts for classes only; tags and the embedding are those of the pictures and the video"

Answer = dict[str, Any]


def build(settings: EngineSettings) -> Analyst:
    """A factory of `EngineSettings`, called in the worker. Raises ValueError and UnusableDetector."""
    tools = usual_tools()
    if settings.detector and settings.detector_sha256:
        tools = replace(tools, detector=load_checked(Path(settings.detector), settings.detector_sha256))
    if settings.vision_base_url is None:
        return Analyst(tools, None)
    vision = VisionSettings(settings.vision_base_url, settings.vision_api_key or "", settings.vision_model or "")
    # A picture's caller waits for `analysis.IMAGE_SECONDS`.
    return Analyst(tools, VisionAnalyst(vision, timeout=20.0))


class _Lacking(Exception):
    """A part is not installed that this task needs."""


class Analyst:
    """A `worker.Doer`."""

    name = "analyst"

    def __init__(self, tools: Tools, vision: VisionAnalyst | None) -> None:
        self._tools = tools
        self._vision = vision
        self._tasks: dict[str, Callable[[Work], Any]] = {
            "image_quality": self._image_quality,
            "faces": self._faces,
            "age": self._age,
            "labels": self._labels,
            "painting": self._painting,
            "reshape_body": self._reshape_body,
            "remove_watermark": self._remove_watermark,
            "video_quality": self._video_quality,
            "video_labels": self._video_labels,
            "post_labels": self._post_labels,
        }

    def do(self, work: Any) -> Answer:
        """`work` as JSON; the answer holds `data` (beside `notes` where it is a picture), or `refused`: why. Raises UnreadableMedia."""
        read = Work(**work)
        try:
            made = self._tasks[read.task](read)
            return asdict(made) if isinstance(made, Picture) else {"data": made}
        except (NoAnswer, NobodyToReshape, _Lacking) as reason:
            return {"refused": str(reason)}

    def _image_quality(self, work: Work) -> Answer:
        quality = image_quality(_picture(work))
        return _noted({"image_height": quality.height, "image_width": quality.width, "iqa_result": round(quality.score, 2)}, work.notes)

    def _faces(self, work: Work) -> Answer:
        found = faces(_picture(work), self._tools)
        attributes = [{"bbox": list(face.box), "face_score": face.score, "index": face.index} for face in found]
        return _noted({"attr": attributes}, (*work.notes, *([_BESIDE_BOXES] if found else [])))

    def _age(self, work: Work) -> Answer:
        age = self._asked().age_range(_picture(work))
        if age is None:
            raise NoAnswer("no face was found in the picture")
        return _noted({"age_range": age, "age_range_prob": UNMEASURED}, work.notes)

    def _labels(self, work: Work) -> Answer:
        found = labels(_picture(work), "image", self._tools)
        size = {"image_height": found.height, "image_width": found.width}
        answer: Answer = {**size, "tag_result": _tags(found.labels, work.options["tag_top_k"])}
        if work.options["output_embedding"]:
            answer["embedding_result"] = _vector(image_embedding(_picture(work)))
        return _noted(answer, (*work.notes, *found.missing))

    def _painting(self, work: Work) -> Answer:
        tags = self._asked().painting_tags(_picture(work))
        note = "these are a vision model's words: it measures no probabilities, so probs is empty and threshold does nothing"
        return _noted({"caption": ", ".join(tags), "probs": []}, (*work.notes, note))

    def _reshape_body(self, work: Work) -> Picture:
        reshaped = reshape_body(_picture(work), work.options["degree"], self._tools)
        return Picture(_base64(reshaped.picture), (*work.notes, *reshaped.notes))

    def _remove_watermark(self, work: Work) -> Picture:
        if self._tools.reader is None:
            raise _Lacking("marks can't be looked for: install the `ocr` extra")
        unmarked = remove_watermark(_picture(work), self._tools.reader)
        return Picture(_base64(unmarked.picture), (*work.notes, *unmarked.notes))

    def _video_quality(self, work: Work) -> Answer:
        quality = video_quality(_video(work))
        measured = {
            "avg_fps": round(quality.frames_per_second),
            "duration": round(quality.seconds, 3),
            "height": quality.height,
            "single_img": round(quality.motion, 4),
            "video_score": round(quality.score, 2),
            "width": quality.width,
        }
        return _noted(measured, work.notes)

    def _video_labels(self, work: Work) -> Answer:
        found = labels(_video(work), "video", self._tools)
        answer, notes = self._classified(work)
        if work.options["output_tag"]:
            answer["tag_result"] = _tags(found.labels, work.options["tag_top_k"])
            notes += found.missing
        if work.options["output_embedding"]:
            answer["embedding_result"] = _vector(video_embedding(_video(work)))
        size = {"duration": round(found.seconds or 0.0, 3), "video_height": found.height, "video_width": found.width}
        return _noted({**answer, **size}, notes)

    def _post_labels(self, work: Work) -> Answer:
        pictures, video = [Path(image) for image in work.images], _video(work) if work.video else None
        answer, notes = self._classified(work)
        if work.options["output_tag"]:
            seen = [labels(picture, "image", self._tools) for picture in pictures]
            seen += [labels(video, "video", self._tools)] if video else []
            answer["tag_result"] = _tags((label for each in seen for label in each.labels), work.options["tag_top_k"])
            notes += tuple(dict.fromkeys(missing for each in seen for missing in each.missing))
        if work.options["output_embedding"]:
            answer["embedding_result"] = _vector(post_embedding(pictures, video))
        notes += (_TEXT_IS_FOR_CLASSES,) if work.text else ()
        return _noted({**answer, **_size(video)}, notes)

    def _classified(self, work: Work) -> tuple[Answer, tuple[str, ...]]:
        """The classes, where they are asked for and somebody can tell them, and the notes so far."""
        if not work.options["output_classification"]:
            return {}, work.notes
        if self._vision is None:
            return {}, (*work.notes, _NO_CLASSES)
        video = Path(work.video) if work.video else None
        try:
            named = self._vision.classes(video, [Path(image) for image in work.images], work.text, work.options["classification_top_k"])
        except NoAnswer as reason:
            return {}, (*work.notes, f"classes are left out: {reason}")
        return {"classification_result": [{"class": name, "score": UNMEASURED} for name in named]}, work.notes

    def _asked(self) -> VisionAnalyst:
        if self._vision is None:
            raise NoAnswer("no vision endpoint is set (SIGHTLINE_VISION_BASE_URL)")
        return self._vision


def _picture(work: Work) -> Path:
    return Path(work.images[0])


def _video(work: Work) -> Path:
    """Raises UnreadableMedia for a picture; of what is no media at all its engine says more."""
    path = Path(work.video or "")
    picture = picture_header(path)
    if picture is not None:
        raise UnreadableMedia(f"the file is a picture ({picture.format}), no video")
    return path


def _noted(answer: Answer, notes: Sequence[str]) -> Answer:
    return {**answer, "notes": list(notes)} if notes else answer


def _tags(found: Iterable[Label], most: int) -> list[Answer]:
    """Each name once, with the best of its scores, the surest first."""
    scores: dict[str, float] = {}
    for label in found:
        scores[label.name] = max(label.score, scores.get(label.name, 0.0))
    best = sorted(scores.items(), key=lambda item: -item[1])[:most]
    return [{"score": round(score, 3), "tag": name} for name, score in best]


def _vector(numbers: Iterable[float]) -> str:
    """Separated by commas. Four decimals, since these are of unit length, where PAI's samples have three of larger numbers."""
    return ",".join(f"{number:.4f}" for number in numbers)


def _size(video: Path | None) -> Answer:
    """Of a post's video: empty strings where there is none, as documented."""
    if video is None:
        return {"duration": "", "video_height": "", "video_width": ""}
    what = probe(video)
    return {"duration": round(what.seconds or 0.0, 3), "video_height": what.height, "video_width": what.width}


def _base64(picture: bytes) -> str:
    return base64.b64encode(picture).decode()
