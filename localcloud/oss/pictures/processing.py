"""`x-oss-process`: pictures made of pictures, a frame of a video, what a picture is.

Sources: "Image processing" and "Video snapshots" of OSS (help.aliyun.com/document_detail/44686.html, 64555.html).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engines import imaging
from engines.imaging import effects, moving
from localcloud.oss.errors import OssError, invalid_argument, not_implemented
from localcloud.oss.pictures.instructions import Action, Command, Instruction, parsed
from localcloud.oss.pictures.steps import LONGEST_SIDE, STEPS, Work
from localcloud.oss.pictures.styles import no_such_style

LARGEST_SOURCE = 20 * 1024 * 1024
"""Bytes of a picture that OSS processes ("Limits" of image processing)."""
AT_ONCE = 2
"""Decoded pictures are large; more than this many requests wait for each other."""
_LONGEST_TIME = 10**9
_CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "bmp": "image/bmp", "gif": "image/gif"}
# EXIF 2.32, 4.6.4, in the words that OSS uses.
_ORIENTATIONS = ("Top-left", "Top-right", "Bottom-right", "Bottom-left", "Left-top", "Right-top", "Right-bottom", "Left-bottom")


@dataclass(frozen=True)
class Source:
    """The object to work on. `beside` finds another one of its bucket by key, and `style` the instruction of a style of its bucket."""

    path: Path
    size: int
    beside: Callable[[str], Path | None]
    style: Callable[[str], str | None]


@dataclass(frozen=True)
class Made:
    content: bytes
    content_type: str


class Processing:
    """Carries out instructions such as `image/resize,w_200/format,png`."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def apply(self, instruction: str, source: Source) -> Made:
        """Raises InvalidArgument for a bad instruction, NotImplemented for one not understood here, and BadRequest for bad content."""
        wanted = parsed(instruction)
        if wanted.saved_as:
            raise invalid_argument("x-oss-process", instruction, "sys/saveas needs the method POST.")
        return self.make(wanted, source)

    def make(self, wanted: Instruction, source: Source) -> Made:
        """What the commands make; where they are saved is not looked at. Raises as `apply`."""
        commands = tuple(_expanded(command, source) for command in wanted.commands)
        kinds = {command.kind for command in commands}
        actions = [action for command in commands for action in command.actions]
        with self._places:
            try:
                if kinds == {"video"} and [action.name for action in actions] == ["snapshot"]:
                    return _snapshot(source.path, actions[0])
                if kinds == {"image"} and actions:
                    return _image(source, actions)
            except imaging.UnreadableMedia as error:
                raise OssError(400, "BadRequest", f"This object can't be processed: {error}.") from error
        raise not_implemented("x-oss-process")


def _expanded(command: Command, source: Source) -> Command:
    """A style by what it stands for."""
    if command.kind != "style":
        return command
    name = command.actions[0].name
    content = source.style(name)
    if content is None:
        raise no_such_style(name)
    commands = parsed(content).commands
    if len(commands) != 1 or commands[0].kind == "style":
        raise invalid_argument("style", name, "The content of the style is invalid.")
    return commands[0]


def _snapshot(path: Path, action: Action) -> Made:
    if action.options.get("f") not in ("jpg", "png"):
        raise action.invalid("f")
    picture: Literal["jpg", "png"] = "jpg" if action.options["f"] == "jpg" else "png"
    time = action.number("t", 0, _LONGEST_TIME)
    width, height = (action.number(name, 0, LONGEST_SIDE) for name in ("w", "h"))
    exact = action.choice("m", ("", "fast"), "") != "fast"
    return Made(imaging.snapshot(path, time, width, height, picture, exact), _CONTENT_TYPES[picture])


def _image(source: Source, actions: list[Action]) -> Made:
    if source.size > LARGEST_SOURCE:
        raise OssError(400, "ImageTooLarge", "The image file is too large.")
    last = actions[-1]
    if last.name == "info":
        return _described(source)
    steps = actions[:-1] if last.name == "average-hue" else actions
    work = Work(moving.open_picture(source.path), source.beside)
    for action in steps:
        if action.name not in STEPS:
            raise not_implemented(f"x-oss-process=image/{action.name}")
        work = STEPS[action.name](work, action)
    if last.name == "average-hue":
        red, green, blue = effects.average_colour(work.picture.frames[0])
        return _json({"RGB": f"0x{red:02x}{green:02x}{blue:02x}"})
    return Made(moving.encoded(work.picture, work.quality, work.progressive), _CONTENT_TYPES[work.picture.format])


def _described(source: Source) -> Made:
    facts = moving.facts(source.path)
    fields: dict[str, int | str] = {
        "FileSize": source.size,
        "Format": facts.format,
        "FrameCount": facts.frames,
        "ImageHeight": facts.height,
        "ImageWidth": facts.width,
    }
    if facts.orientation != 1:
        fields["Orientation"] = _ORIENTATIONS[facts.orientation - 1]
    return _json({name: {"value": str(value)} for name, value in fields.items()})


def _json(document: object) -> Made:
    return Made(json.dumps(document).encode(), "application/json")
