"""A detector that the user brings: any YOLOX-style ONNX file with COCO's 80 classes.

Format (Megvii's YOLOX export, demo/ONNXRuntime): input [1, 3, H, W] float32, BGR 0..255, letterboxed at the top left on grey 114;
output [1, N, 85], a row per cell of the grids of strides 8, 16 and 32: dx, dy, log width, log height, objectness, 80 class scores.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import Image
from engines.understanding.geometry import Box, suppress

_STRIDES = (8, 16, 32)
_GREY = 114
_SAME_OBJECT = 0.45
_THREADS = 2

# COCO's order.
# fmt: off
LABELS = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light", "fire hydrant", "stop sign",
    "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack",
    "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove",
    "skateboard", "surfboard", "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed",
    "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)
# fmt: on


class UnusableDetector(Exception):
    """The file can't be used as a detector, for a reason that a person can act on."""


@dataclass(frozen=True)
class Detection:
    """`box` in pixels of the image that was given, `score` 0 to 1."""

    label: str
    score: float
    box: Box


class Detector:
    """Loaded, and run once to see that it is what it should be. Raises UnusableDetector."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._session = _load(path)
        self._input = self._session.get_inputs()[0].name
        self._height, self._width = _input_size(self._session.get_inputs()[0].shape, path)
        self._grid, self._stride = _grid(self._width, self._height)
        self._try_out()

    def detect(self, image: Image, threshold: float) -> list[Detection]:
        """What is seen with at least this score, best first; of overlapping boxes of one label only the best."""
        factor = min(self._height / image.shape[0], self._width / image.shape[1])
        rows = self._run(self._letterboxed(image, factor))
        labels = rows[:, 5:].argmax(axis=1)
        scores = rows[:, 4] * rows[np.arange(len(rows)), 5 + labels]
        chosen = np.flatnonzero(scores >= threshold)
        centres = (rows[chosen, :2] + self._grid[chosen]) * self._stride[chosen] / factor
        sizes = np.exp(np.minimum(rows[chosen, 2:4], 10)) * self._stride[chosen] / factor
        found = [
            Detection(LABELS[labels[row]], float(scores[row]), Box(*map(float, (*(centre - size / 2), *size))))
            for row, centre, size in zip(chosen, centres, sizes, strict=True)
        ]
        return _best_of_each(found)

    def _letterboxed(self, image: Image, factor: float) -> npt.NDArray[np.float32]:
        resized = cv2.resize(image, (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))))
        canvas = np.full((self._height, self._width, 3), _GREY, np.uint8)
        canvas[: resized.shape[0], : resized.shape[1]] = resized
        return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], dtype=np.float32)

    def _run(self, blob: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        rows: npt.NDArray[np.float32] = self._session.run(None, {self._input: blob})[0][0]
        return rows

    def _try_out(self) -> None:
        try:
            output = self._session.run(None, {self._input: np.full((1, 3, self._height, self._width), _GREY, np.float32)})[0]
        except Exception as error:  # Whatever it is: onnxruntime raises a dozen types of its own, all meaning that the model does not run
            raise UnusableDetector(f"{self.path.name} can't be run on a {self._width}x{self._height} picture: {error}") from error
        wanted = (1, len(self._grid), 5 + len(LABELS))
        if output.shape != wanted:
            raise UnusableDetector(
                f"{self.path.name} answers with the shape {list(output.shape)}; a YOLOX model with COCO's {len(LABELS)} classes "
                f"answers with {list(wanted)} for its input of {self._width}x{self._height}"
            )


def load_checked(path: Path, sha256: str) -> Detector:
    """The detector of a file that has not changed since its hash was recorded. Raises UnusableDetector."""
    if not path.is_file():
        raise UnusableDetector(f"there is no detector file at {path}; add it again with `sightline models add`")
    found = file_sha256(path)
    if found != sha256.lower():
        raise UnusableDetector(
            f"{path.name} has changed since it was added: its SHA-256 is {found}, {sha256.lower()} was recorded; "
            "add the file again with `sightline models add` if the change is wanted"
        )
    return Detector(path)


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _load(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise UnusableDetector("a detector needs onnxruntime: install the extra, `pip install 'sightline[ocr]'`") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.log_severity_level = 4
    # Threads that wait by spinning would take the processor from the decoder and from the other worker.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # Whatever it is: onnxruntime raises a dozen types of its own, all meaning that the file is no model
        raise UnusableDetector(f"{path.name} is no ONNX model that can be loaded: {error}") from error


def _input_size(shape: list[Any], path: Path) -> tuple[int, int]:
    """Height and width. An axis without a fixed size takes any multiple of 32; 640 is what YOLOX was trained at."""
    if len(shape) != 4 or shape[1] not in (3, "3"):
        raise UnusableDetector(f"{path.name} takes an input of shape {shape}; a YOLOX model takes [1, 3, height, width]")
    height, width = (side if isinstance(side, int) and side > 0 else 640 for side in shape[2:])
    return height, width


def _grid(width: int, height: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """For each row of the output the cell's column and row, and its stride."""
    cells, strides = [], []
    for stride in _STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack((columns.ravel(), rows.ravel()), axis=1))
        strides.append(np.full((rows.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _best_of_each(found: list[Detection]) -> list[Detection]:
    kept: list[Detection] = []
    for label in {each.label for each in found}:
        same = [each for each in found if each.label == label]
        kept.extend(same[index] for index in suppress([(each.box, each.score) for each in same], _SAME_OBJECT))
    return sorted(kept, key=lambda each: -each.score)
