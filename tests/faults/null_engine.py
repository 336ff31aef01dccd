"""An engine that knows nothing but the bytes: what it says names the content, so that a result is recognised wherever it turns up.

Content is `good <name>`, `bad <name>` or `dull <name>`; of the bad nothing can be read, and of the dull smart tags have nothing to say.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engines.production.types import Output, Produced
from engines.recognition.types import Algorithm, Enrolment
from engines.speech import Transcript, Untranscribed
from engines.understanding.types import USUAL, Description, MediaKind, UnreadableMedia, Wishes
from localcloud.ims.production.producing import Task
from localcloud.pai.analysis import AnalysisRefused, Work

EMBEDDING_NUMBERS = 512
WORDS = "a person walks past"
"""In every caption, so that one query finds everything."""
READABLE = ("good ", "dull ")


class NullEngine:
    """An `Understanding` that answers at once, in the thread that asks."""

    fingerprint = "null"

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass

    def describe(self, files: Sequence[Path], kind: MediaKind, wishes: Wishes = USUAL, urgent: bool = True) -> Description:
        contents = [file.read_bytes().decode(errors="replace") for file in files]
        if not all(content.startswith("good ") for content in contents):
            raise UnreadableMedia("the content is not good")
        seen = " ".join(content.removeprefix("good ").strip() for content in contents)
        return Description(
            title=f"Walking past {seen}",
            brief=f"{WORDS} {seen}",
            caption=f"{WORDS} {seen}",
            events=("walking",),
            objects=("person",),
            actions=(),
            human=True,
            vehicle=False,
            pet=False,
            package=False,
            moments=(),
            texts=(),
            width=64,
            height=48,
            seconds=10.0 if kind == "video" else None,
            engine="null",
            cannot_see=(),
        )

    def enrol(self, picture: Path, algorithm: Algorithm) -> Enrolment:
        raise NotImplementedError

    def transcribe(self, file: Path, language: str | None = None, urgent: bool = True) -> Transcript:
        raise Untranscribed("the null engine hears nothing")


class NullProduction:
    """A `Production`: what it makes of a film says what the film says."""

    def close(self) -> None:
        pass

    def produce(self, task: Task, cancelled: Callable[[], bool]) -> Produced:
        said = _said(task.source)
        if task.function == "Cover":
            cover = task.folder / "cover.png"
            cover.write_text(said)
            return Produced([Output(cover)], {"covers": [{"score": 1.0, "milliseconds": 500.0}]})
        captions = task.folder / "captions.srt"
        captions.write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{WORDS} {said}\n")
        return Produced([Output(captions)], {"cues": [{"start": 1.0, "end": 2.0, "text": f"{WORDS} {said}"}]})


class NullAnalysis:
    """PAI's `Analysis`: every picture and film is of middling quality, and shows what it says."""

    has_vision = False

    def close(self) -> None:
        pass

    def analyse(self, work: Work, urgent: bool) -> Any:
        contents = [Path(file).read_text(errors="replace") for file in (*work.images, *([work.video] if work.video else []))]
        if not all(content.startswith(READABLE) for content in contents):
            raise AnalysisRefused("the content is not good")
        if work.task == "image_quality":
            return {"image_height": 48, "image_width": 64, "iqa_result": 50.0}
        if work.task == "remove_watermark":
            return base64.b64encode(b"\xff\xd8 " + contents[0].encode()).decode()
        if work.task == "video_quality":
            return {"avg_fps": 25, "duration": 10, "single_img": 0.5, "video_score": 50.0, "height": 48, "width": 64}
        numbers = hashlib.sha512("".join(contents).encode()).digest() * (EMBEDDING_NUMBERS // 64)
        tags = [{"tag": content.partition(" ")[2], "score": 0.5} for content in contents]
        return {
            "tag_result": tags,
            "image_height": 48,
            "image_width": 64,
            "embedding_result": ",".join(str(number - 128) for number in numbers),
        }


def _said(file: Path) -> str:
    content = file.read_text(errors="replace")
    if not content.startswith(READABLE):
        raise UnreadableMedia("the content is not good")
    return content.partition(" ")[2].strip()


def names_in(text: str) -> set[str]:
    """The contents that a text was made of."""
    return set(re.findall(r"\bclip\d+\b", text))
