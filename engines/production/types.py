"""What every production function takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Box = tuple[float, float, float, float]
"""Left, top, width and height, as shares of the picture."""


class Unfit(Exception):
    """The input, or a parameter beside this input, is none that the function can work on; `field` names it, as in `JobParams.Time`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class Output:
    """A file that was made. `result_type` is what {resultType} in an output's name becomes, for functions that make several kinds."""

    path: Path
    result_type: str = ""


@dataclass(frozen=True)
class Produced:
    """`findings` is what was found out, as JSON; each function says what it holds. `notes` say what was left out, or done in part."""

    outputs: Sequence[Output] = ()
    findings: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
