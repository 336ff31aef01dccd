"""`x-oss-process`: a snapshot of a video, a resized or converted picture, what a picture is.

Sources: "Video snapshots", "Resize images", "Convert image formats" and "Query image information" of OSS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from engines import imaging
from localcloud.oss.errors import OssError, invalid_argument, not_implemented
from localcloud.oss.numbers import whole_number

Picture = Literal["jpg", "png", "webp"]
_CONTENT_TYPES: dict[str, str] = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_LONGEST_SIDE = 16384


@dataclass(frozen=True)
class Made:
    content: bytes
    content_type: str


@dataclass(frozen=True)
class PictureInfo:
    """`format` is png, jpeg, webp, bmp or gif."""

    width: int
    height: int
    format: str


class ImageProcessor(Protocol):
    """What does the work. Every method raises imaging.UnreadableMedia."""

    def info(self, path: Path) -> PictureInfo: ...

    def resize(self, path: Path, width: int | None, height: int | None, output: Picture) -> bytes: ...

    def snapshot(self, path: Path, milliseconds: int, width: int, height: int, output: Literal["jpg", "png"], exact: bool) -> bytes: ...


class EngineImaging:
    """The imaging room of the engines."""

    def info(self, path: Path) -> PictureInfo:
        probe = imaging.probe(path)
        if probe.kind != "image":
            raise imaging.UnreadableMedia("the object is a video, not a picture")
        return PictureInfo(probe.width, probe.height, probe.format)

    def resize(self, path: Path, width: int | None, height: int | None, output: Picture) -> bytes:
        return imaging.resize(path, width, height, output)

    def snapshot(self, path: Path, milliseconds: int, width: int, height: int, output: Literal["jpg", "png"], exact: bool) -> bytes:
        return imaging.snapshot(path, milliseconds, width, height, output, exact)


class Processing:
    """Reads an instruction such as `image/resize,w_200/format,png` and carries it out."""

    def __init__(self, processor: ImageProcessor) -> None:
        self._processor = processor

    def apply(self, instruction: str, path: Path, size: int) -> Made:
        """Raises InvalidArgument for a bad instruction, NotImplemented for one not understood here, and BadRequest for bad content."""
        kind, _, rest = instruction.partition("/")
        actions = [_action(part) for part in rest.split("/") if part]
        try:
            if kind == "video" and [name for name, _ in actions] == ["snapshot"]:
                return self._snapshot(path, actions[0][1])
            if kind == "image" and actions:
                return self._image(path, size, actions)
        except imaging.UnreadableMedia as error:
            raise OssError(400, "BadRequest", f"This object can't be processed: {error}.") from error
        raise not_implemented(f"x-oss-process={instruction}")

    def _snapshot(self, path: Path, options: dict[str, str]) -> Made:
        output = options.get("f", "")
        if output not in ("jpg", "png"):
            raise invalid_argument("f", output, "The value of f must be jpg or png.")
        time, width, height = (_number(options, name, 0) for name in ("t", "w", "h"))
        mode = options.get("m", "")
        if mode not in ("", "fast"):
            raise invalid_argument("m", mode, "The value of m can only be fast.")
        picture: Literal["jpg", "png"] = "jpg" if output == "jpg" else "png"
        return Made(self._processor.snapshot(path, time, width, height, picture, mode != "fast"), _CONTENT_TYPES[picture])

    def _image(self, path: Path, size: int, actions: list[tuple[str, dict[str, str]]]) -> Made:
        unknown = [name for name, _ in actions if name not in ("resize", "format", "info")]
        if unknown:
            raise not_implemented(f"x-oss-process=image/{unknown[0]}")
        chosen = dict(actions)
        info = self._processor.info(path)
        if "info" in chosen:
            return _described(info, size)
        output = _output(chosen.get("format", {}), info)
        width, height = _target(chosen["resize"], info) if "resize" in chosen else (None, None)
        return Made(self._processor.resize(path, width, height, output), _CONTENT_TYPES[output])


def _action(text: str) -> tuple[str, dict[str, str]]:
    """`resize,w_200,m_lfit` as its name and options; `format,png` gives the option `png`."""
    name, *options = text.split(",")
    return name, {option.partition("_")[0]: option.partition("_")[2] for option in options}


def _number(options: dict[str, str], name: str, default: int | None) -> int:
    text = options.get(name, "" if default is None else str(default))
    value = whole_number(text)
    if value is None or (name != "t" and value > _LONGEST_SIDE):
        raise invalid_argument(name, text, f"The value {text} of parameter {name} is invalid.")
    return value


def _described(info: PictureInfo, size: int) -> Made:
    fields = {
        "FileSize": size,
        "Format": "jpg" if info.format == "jpeg" else info.format,
        "ImageHeight": info.height,
        "ImageWidth": info.width,
    }
    return Made(json.dumps({name: {"value": str(value)} for name, value in fields.items()}).encode(), "application/json")


def _output(options: dict[str, str], info: PictureInfo) -> Picture:
    wanted = next(iter(options), info.format)
    if wanted in ("png", "webp"):
        return "png" if wanted == "png" else "webp"
    if wanted in ("jpg", "jpeg", "bmp", "gif") and (wanted in ("jpg", "jpeg") or not options):
        return "jpg"
    raise invalid_argument("format", wanted, "The value of format must be jpg, png or webp.")


def _target(options: dict[str, str], info: PictureInfo) -> tuple[int, int]:
    """The size to make. `lfit`, the default, fits inside the given box; `mfit` around it; `fixed` is the box itself."""
    if "p" in options:
        percent = _number(options, "p", None)
        if not 1 <= percent <= 1000:
            raise invalid_argument("p", str(percent), "The value of p must be from 1 to 1000.")
        return _scaled(info, percent / 100)
    mode = options.get("m", "lfit")
    if mode not in ("lfit", "mfit", "fixed"):
        raise not_implemented(f"x-oss-process=image/resize,m_{mode}")
    width, height = (_number(options, name, 0) for name in ("w", "h"))
    factors = [box / side for box, side in ((width, info.width), (height, info.height)) if box]
    if not factors:
        raise invalid_argument("resize", "", "resize needs w, h or p.")
    # Enlarging takes limit_0 ("Resize images": the limit is 1 by default, and then a larger picture is not made).
    if options.get("limit", "1") != "0" and min(factors) > 1:
        return info.width, info.height
    if mode == "fixed" and width and height:
        return width, height
    return _scaled(info, max(factors) if mode == "mfit" else min(factors))


def _scaled(info: PictureInfo, factor: float) -> tuple[int, int]:
    return max(1, round(info.width * factor)), max(1, round(info.height * factor))
