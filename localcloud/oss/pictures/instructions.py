"""The language of `x-oss-process`: `image/resize,w_200/format,png|sys/saveas,o_<key>,b_<bucket>`.

Sources: "Process parameters" of image processing and "sys/saveas" of OSS (help.aliyun.com/document_detail/44687.html, 55811.html).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from localcloud.oss.errors import OssError, invalid_argument
from localcloud.oss.numbers import whole_number

MOST_ACTIONS = 50
"""Of one instruction, so that none keeps the machine busy for long: our assumption."""
_COLOUR = re.compile(r"[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Action:
    """`resize,w_200,m_lfit` as its name and options. What has no underscore, as `png` in `format,png`, is the option `""`."""

    name: str
    options: dict[str, str]

    @property
    def bare(self) -> str:
        return self.options.get("", "")

    def number(self, name: str, low: int, high: int, default: int = 0) -> int:
        """Raises InvalidArgument."""
        text = self.options.get(name)
        if text is None:
            return default
        value = whole_number(text.removeprefix("-"))
        if value is None or not low <= (value := -value if text.startswith("-") else value) <= high:
            raise self.invalid(name)
        return value

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Raises InvalidArgument."""
        value = self.options.get(name, default)
        if value not in allowed:
            raise self.invalid(name)
        return value

    def colour(self, name: str, default: str) -> tuple[int, int, int]:
        """Raises InvalidArgument."""
        value = self.options.get(name, default)
        if not _COLOUR.fullmatch(value):
            raise self.invalid(name)
        red, green, blue = bytes.fromhex(value)
        return red, green, blue

    def decoded(self, name: str) -> str:
        """The text of an option in URL-safe base64, empty if it is not given. Raises InvalidArgument."""
        text = self.options.get(name, "")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise self.invalid(name) from error

    def invalid(self, name: str) -> OssError:
        value = self.options.get(name, "")
        return invalid_argument(name or self.name, value, f"The value: {value} of parameter: {name or self.name} is invalid.")


@dataclass(frozen=True)
class Command:
    """`kind` is image, video or style; of a style the one action is its name."""

    kind: str
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class SaveAs:
    """`bucket` is empty where it is that of the source."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Instruction:
    commands: tuple[Command, ...]
    saved_as: SaveAs | None = None


def parsed(text: str) -> Instruction:
    """Raises InvalidArgument."""
    commands, saved_as = [], None
    for part in text.split("|"):
        kind, _, rest = part.partition("/")
        if saved_as is not None or not rest:
            raise invalid_argument("x-oss-process", text, "The process instruction is invalid.")
        if kind == "sys":
            saved_as = _save_as(rest)
        else:
            commands.append(Command(kind, _actions(kind, rest)))
    if sum(len(command.actions) for command in commands) > MOST_ACTIONS:
        raise invalid_argument("x-oss-process", text[:100], f"An instruction has at most {MOST_ACTIONS} actions.")
    if not commands:
        raise invalid_argument("x-oss-process", text, "The process instruction names nothing to do.")
    return Instruction(tuple(commands), saved_as)


def _actions(kind: str, rest: str) -> tuple[Action, ...]:
    if kind == "style":
        return (Action(rest, {}),)
    return tuple(_action(part) for part in rest.split("/") if part)


def _action(text: str) -> Action:
    name, *options = text.split(",")
    pairs = [option.partition("_") for option in options]
    return Action(name, {key if mark else "": value if mark else key for key, mark, value in pairs})


def _save_as(text: str) -> SaveAs:
    action = _action(text)
    if action.name != "saveas" or "o" not in action.options:
        raise invalid_argument("x-oss-process", f"sys/{text}", "sys/saveas needs o_, the key in URL-safe base64.")
    return SaveAs(action.decoded("b"), action.decoded("o"))
