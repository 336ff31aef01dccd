"""What the functions of sound write: WAV files of 16 bits, and their findings as JSON."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engines.production.sound.reading import Sound

Write = Callable[[Sound], None]


@contextmanager
def wav(path: Path, rate: int, channels: int) -> Iterator[Write]:
    """Gives the function that appends a block of shape (channels, samples); what lies beyond full scale is clipped."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)

        def write(block: Sound) -> None:
            file.writeframesraw(np.clip(np.rint(block.T * 32768.0), -32768, 32767).astype("<i2").tobytes())

        yield write


def write_json(path: Path, findings: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(findings, ensure_ascii=False), encoding="utf-8")
    return path
