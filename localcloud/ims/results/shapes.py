"""The results of a job, as QuerySmarttagJob and QueryVideoCognitionJob give them: a list of Type and Data, which is JSON in a string."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engines.speech.types import Transcript
from engines.understanding.types import Description, Moment
from localcloud.ims.jobs.work import Work
from localcloud.ims.results.labels import cpv_label, image_label, video_label
from localcloud.ims.results.text import asr, keywords_of, ocr, subtitle_files, subtitle_lines, text_label

Result = dict[str, str]


@dataclass(frozen=True)
class Understood:
    """What came of looking and of hearing; `notes` says why one of them is missing, `seconds` how long it all took."""

    description: Description | None
    transcript: Transcript | None
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def keywords(self) -> tuple[str, ...]:
        return keywords_of(self.description.readings if self.description else (), self.transcript)


@dataclass
class _Writer:
    """Writes each type of result, or leaves it out and notes why."""

    work: Work
    of: Understood
    notes: list[str] = field(default_factory=list)

    def data(self, result_type: str) -> str | None:
        seeing: dict[str, Callable[[Description], str]] = {
            "EventDesc": lambda seen: compact(compact(event_description(seen))),
            "VideoLabel": lambda seen: compact(video_label(seen)),
            "ImageLabel": lambda seen: compact(image_label(seen)),
            "CPVLabel": lambda seen: compact(cpv_label(seen, self.of.keywords)),
            "OCR": lambda seen: compact(ocr(seen.readings)),
            "EventSplit": lambda seen: compact(event_split(seen.moments)),
        }
        if result_type in seeing:
            return seeing[result_type](self.of.description) if self.of.description else None
        if result_type == "ASR":
            return compact(asr(self.of.transcript)) if self.of.transcript else None
        return {"TextLabel": self._text_label, "Meta": self._meta, "subtitle": self._subtitle}[result_type]()

    def _text_label(self) -> str:
        return compact(text_label(self.of.keywords))

    def _meta(self) -> str | None:
        title = self.work.title or (self.of.description.embedded_title if self.of.description else None)
        if not title:
            self.notes.append("no Meta: the job has no Title, and the file names none")
            return None
        # With the tab and the newline of the published sample.
        return compact({"title": title}) + "\t\n"

    def _subtitle(self) -> str:
        """The files themselves; a query answers with their addresses."""
        lines, source = subtitle_lines(self.of.description, self.of.transcript)
        self.notes.append(f"the subtitles are made from {source}")
        return compact(subtitle_files(lines))


def succeeded(work: Work, understood: Understood) -> list[Result]:
    """What was wanted and could be had; and Engine, our own: who looked how long, what it is blind to, what was asked for in vain."""
    writer = _Writer(work, understood)
    results = [{"Type": name, "Data": data} for name in work.wanted if (data := writer.data(name)) is not None]
    description, transcript = understood.description, understood.transcript
    engines = [each.engine for each in (description, transcript) if each is not None]
    notes = [
        *(description.notes if description else ()),
        *(transcript.notes if transcript else ()),
        *understood.notes,
        *writer.notes,
        *(f"not done by this laptop cloud: {part}" for part in work.ignored),
    ]
    blind = _blind(description, transcript)
    engine = {"name": " + ".join(engines), "seconds": round(understood.seconds, 3), "cannotSee": blind, "notes": notes}
    return [*results, {"Type": "Engine", "Data": compact(engine)}]


def _blind(description: Description | None, transcript: Transcript | None) -> Sequence[str]:
    if description is None:
        return ("pictures",)
    return [what for what in description.cannot_see if transcript is None or what != "sound and speech"]


def usages(work: Work, understood: Understood) -> list[dict[str, object]]:
    """One for each result. The documents show the fields and say nothing of them; assumed: the seconds, or pictures, that were analysed."""
    seconds = understood.description.seconds if understood.description else None
    spoken = max((line.end for line in understood.transcript.lines), default=0.0) if understood.transcript else 0.0
    quota = math.ceil(seconds or spoken) or len(work.addresses)
    return [{"Type": name, "Quota": quota} for name in work.wanted]


def failed(reason: str) -> list[Result]:
    """The answer has no field for a reason; clients read it from the data of the first result."""
    return [{"Type": "EventDesc", "Data": reason}]


def event_description(description: Description) -> dict[str, object]:
    # Keys and their order as in the published sample, "IPC content understanding".
    return {
        "brief": description.brief,
        "caption": description.caption,
        "action": description.actions,
        "label": {
            "package": description.package,
            "human": description.human,
            "pet": description.pet,
            "vehicle": description.vehicle,
        },
        "title": description.title,
        "event": description.events,
        "object": description.objects,
    }


def event_split(moments: Sequence[Moment]) -> list[dict[str, object]]:
    """A list of events is what Alibaba's own MCP server reads; the keys of each are an assumption, those of a label's occurrence."""
    return [
        {"from": round(each.start, 3), "to": round(each.end, 3), "event": each.text, "score": round(each.confidence, 3)} for each in moments
    ]


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
