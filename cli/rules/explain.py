"""What an upload gets, and why: the rules in their turn, the jobs of the one that decides, and what they would cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from cli.errors import NOT_FOUND, CommandError
from cli.plan.cost import Bill
from cli.prices import Prices
from cli.rules.check import problem_of
from cli.rules.cost import bill_of
from cli.rules.source import Source
from sightline.errors import BadInput
from sightline.ims.production.parameters import function_of
from sightline.media.admission import Admitted, SizeLimits, admit
from sightline.media.duration import duration
from sightline.media.types import Media
from sightline.pai.services import SERVICES
from sightline.pipeline.production import output_name
from sightline.rules.model import Job, Rule, Rules, Subject
from sightline.settings import Settings
from sightline.store.types import Bucket

# In the place of the ETag of what has not been uploaded.
NO_CONTENT = "<content>"
NO_PAI = "PAI is not set up: PAI_HOST is empty"


@dataclass(frozen=True)
class Verdict:
    """`reason` is why it does not match; None where it was not asked any more."""

    rule: Rule
    reason: str | None
    decides: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule.name, "decides": self.decides, "reason": self.reason}


@dataclass(frozen=True)
class Planned:
    """A job of the deciding rule. `left_out`: why it is not begun. `problem`: why it would fail. `output`: empty where it makes no file."""

    job: Job
    output: str = ""
    left_out: str = ""
    problem: str = ""

    @property
    def runs(self) -> bool:
        return not self.left_out and not self.problem

    def to_json(self) -> dict[str, Any]:
        return {
            "job": self.job.name,
            "runs": self.runs,
            "parameters": dict(self.job.parameters),
            "output": self.output or None,
            "left_out": self.left_out or None,
            "problem": self.problem or None,
        }


@dataclass(frozen=True)
class Explained:
    media: Media
    subject: Subject
    verdicts: Sequence[Verdict]
    jobs: Sequence[Planned]
    bill: Bill

    def to_json(self) -> dict[str, Any]:
        about = {"key": self.media.key, "media_id": self.media.id, "kind": self.media.kind, "namespace": self.media.namespace}
        told = {"size": self.subject.size, "duration": self.subject.duration}
        verdicts, jobs = [one.to_json() for one in self.verdicts], [one.to_json() for one in self.jobs]
        return {**about, **told, "rules": verdicts, "jobs": jobs, "cost": self.bill.to_json()}


@dataclass(frozen=True)
class Upload:
    """What is asked about. None is what is asked of the object, where it is there."""

    key: str
    size: int | None
    seconds: float | None


def explain(upload: Upload, bucket: Bucket | None, source: Source, settings: Settings, prices: Prices) -> Explained:
    """`bucket` is that of media, None where nobody is to be asked. Raises CommandError for what is no media, or is not there."""
    media = _media(upload, bucket, settings)
    seconds = upload.seconds
    if seconds is None and bucket is not None and media.etag != NO_CONTENT:
        seconds = duration(bucket, media.key, media.size)
    subject = Subject(media.key, media.kind, media.size, media.namespace, seconds)
    verdicts = list(_verdicts(source.rules, subject))
    rule = next((one.rule for one in verdicts if one.decides), None)
    jobs = [_planned(job, media, settings) for job in (rule.jobs if rule else ())]
    return Explained(media, subject, verdicts, jobs, bill_of((one.job for one in jobs if one.runs), subject, prices))


def _media(upload: Upload, bucket: Bucket | None, settings: Settings) -> Media:
    """As `submit` takes it, or refuses it."""
    found = bucket.head(upload.key) if bucket is not None else None
    size = upload.size if upload.size is not None else found.size if found else None
    if size is None:
        fix = "pass --size, and --duration of a film, to ask about an upload that is not there yet"
        raise CommandError(f"there is no object {upload.key} in {settings.media_bucket}", fix, NOT_FOUND)
    etag = found.etag if found and found.size == size else NO_CONTENT
    limits = SizeLimits(settings.max_image_bytes, settings.max_video_bytes)
    uploaded = found.modified if found else datetime.now(timezone.utc)
    admitted = admit(settings.media_bucket, upload.key, etag, size, uploaded, settings.key_layout, limits)
    if not isinstance(admitted, Admitted):
        raise CommandError(f"{upload.key} gets no job: {admitted.reason}", "upload it as a media, or ask about another key")
    return admitted.media


def _verdicts(rules: Rules, subject: Subject) -> Iterator[Verdict]:
    decided = False
    for rule in rules.rules:
        reason = None if decided else rule.match.mismatch(subject)
        yield Verdict(rule, reason, decides=reason == "")
        decided = decided or reason == ""


def _planned(job: Job, media: Media, settings: Settings) -> Planned:
    left_out = job.unsuited(media.kind) or (NO_PAI if job.family == "pai" and not settings.has_analysis else "")
    wrong = problem_of(job) or _beyond_limits(job, media)
    output = "" if wrong else _output(job, media, settings)
    return Planned(job, output, left_out, f"{wrong.field} {wrong.problem}; {wrong.fix}" if wrong and not left_out else "")


def _beyond_limits(job: Job, media: Media) -> BadInput | None:
    """Of size only: how many pixels there are, its service finds out."""
    if job.family != "pai":
        return None
    try:
        SERVICES[job.task].limits.check("size", media.size, None, None)
    except BadInput as error:
        return error
    return None


def _output(job: Job, media: Media, settings: Settings) -> str:
    folder = f"oss://{media.bucket}/{settings.derived_prefix}{job.output}{media.id}/{media.etag}/"
    if job.family == "production" and function_of(job.task).extension:
        return f"{folder}{output_name(job)}"
    makes_picture = job.family == "pai" and SERVICES[job.task].makes_picture
    return f"{folder}{job.task}.<format>" if makes_picture else ""
