"""Text in pictures, through RapidOCR and its PP-OCR models, which come with the `ocr` extra."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from engines.imaging import Image
from engines.understanding.geometry import Box

_SURE = 0.9  # Below it letters are taken for others: YAMAHA on a photographed engine is read as YAMAMA with 0.89.
_THREADS = 2
# By default RapidOCR enlarges a picture until its shorter side is 736: seconds and a gigabyte for nothing on camera frames.
_PARAMETERS = {
    "Det.limit_type": "max",
    "Det.limit_side_len": 640,
    "Global.use_cls": False,
    "Global.log_level": "error",
    "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
}


@dataclass(frozen=True)
class TextLine:
    text: str
    score: float
    box: Box


class Reader:
    """The models are loaded on first use and kept."""

    def __init__(self) -> None:
        self._engine: Any = None

    @staticmethod
    def available() -> bool:
        return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))

    def read(self, image: Image) -> list[TextLine]:
        """The lines that are sure, from top to bottom."""
        # RapidOCR keeps these two from call to call, and `WritingFinder` asks with others.
        answer = self.engine()(image, use_det=True, use_rec=True)
        if answer.txts is None:
            return []
        lines = [
            TextLine(text.strip(), float(score), _box(corners))
            for text, score, corners in zip(answer.txts, answer.scores, answer.boxes, strict=True)
        ]
        return [line for line in lines if _is_sure(line)]

    def engine(self) -> Any:
        """A RapidOCR."""
        if self._engine is None:
            from rapidocr import RapidOCR

            self._engine = RapidOCR(params=_PARAMETERS)
        return self._engine


class WritingFinder(Reader):
    """Tells that there is writing, and where, without reading it all: on a page full of text that takes a tenth of the time.

    The largest lines are read until `enough` of them are sure. The smaller ones are given as lines without a text, of score 0.
    """

    def __init__(self, reader: Reader, enough: int = 3) -> None:
        super().__init__()
        self._reader = reader
        self._enough = enough

    def engine(self) -> Any:
        return self._reader.engine()

    def read(self, image: Image) -> list[TextLine]:
        engine = self.engine()
        found = engine(image, use_det=True, use_rec=False).boxes
        boxes = [] if found is None else sorted(found, key=lambda corners: -_box(corners).area)
        sure: list[TextLine] = []
        for number, corners in enumerate(boxes):
            if len(sure) == self._enough:
                return [*sure, *(TextLine("", 0.0, _box(unread)) for unread in boxes[number:])]
            (crop,) = engine.crop_text_regions(image, [corners])
            answer = engine(crop, use_det=False, use_rec=True)
            line = TextLine(answer.txts[0].strip(), float(answer.scores[0]), _box(corners)) if answer.txts else None
            sure += [line] if line and _is_sure(line) else []
        return sure


def _is_sure(line: TextLine) -> bool:
    return line.score >= _SURE and sum(map(str.isalnum, line.text)) >= 2


def _box(corners: Any) -> Box:
    (left, top), (right, bottom) = np.min(corners, axis=0), np.max(corners, axis=0)
    return Box(float(left), float(top), float(right - left), float(bottom - top))


class ChangeGate:
    """Whether a frame differs enough from the last one that was read to be worth reading again."""

    _CHANGED_PIXELS = 0.004

    def __init__(self) -> None:
        self._last: Image | None = None

    def changed(self, image: Image) -> bool:
        small = cv2.GaussianBlur(cv2.cvtColor(cv2.resize(image, (320, 180), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY), (3, 3), 0)
        if self._last is not None and float((cv2.absdiff(small, self._last) > 25).mean()) < self._CHANGED_PIXELS:
            return False
        self._last = small
        return True
