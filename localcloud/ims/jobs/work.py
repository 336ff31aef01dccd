"""What a job is to do, worked out when it is submitted: which media, as what, and which results it wants of it."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from localcloud.database import Database
from localcloud.ims.errors import invalid_parameter
from localcloud.ims.inputs import InputError, Inputs, is_web_address, oss_address
from localcloud.ims.jobs import parameters as p

Family = Literal["smarttag", "cognition", "analysis"]
"""Which operation submitted it: SubmitSmarttagJob, SubmitVideoCognitionJob or SubmitMediaAiAnalysisJob."""
WorkKind = Literal["image", "video", "sequence", "audio"]

_LABELS = frozenset({"face", "object", "action"})
_WORDS = frozenset({"ocr", "asr"})
UNKNOWN_TO_ALL = frozenset({"nlp", "classification", "shows", "role", "tvstation", "emotion", "landmark", "scene", "movieIp"})
"""AnalyseTypes that no engine here has."""
# "Without TemplateId all algorithms run" (MPS, SubmitSmarttagJob); of subtitles, which make files, that is not assumed.
_WITHOUT_TEMPLATE = ("vlEventDesc", "face", "object", "action", "ocr", "asr")
_SPEECH_LANGUAGES = {"cn": "zh", "en": "en", "yue": "yue"}


@dataclass(frozen=True)
class Work:
    """`wanted` are types of results, in the order in which they are given; `ignored` names what was asked for and is not done here.

    `title` is the caller's own. `groups` are the recognition libraries whose people and pets are to be named. `media_id` is that of an
    analysis. `request` is echoed by queries.
    """

    addresses: list[str]
    kind: WorkKind
    ignored: list[str]
    wanted: list[str] = field(default_factory=lambda: ["EventDesc"])
    hear: bool = False
    read: bool = False
    language: str = "en"
    speech_language: str | None = None
    title: str = ""
    groups: list[str] = field(default_factory=list)
    notify_url: str | None = None
    family: Family = "smarttag"
    media_id: str | None = None
    request: dict[str, object] = field(default_factory=dict)


WORK: TypeAdapter[Work] = TypeAdapter(Work)
"""As JSON, in the store."""


@dataclass(frozen=True)
class Source:
    """The media of a job. `language` is that of the words about it; `ignored` as in Work."""

    addresses: list[str]
    kind: WorkKind
    language: str = "en"
    ignored: tuple[str, ...] = ()


def plan(source: Source, params: p.JobParams, config: p.SmarttagConfig | None) -> Work:
    """What results are computed of a media. `config` is None without a template."""
    types = config.analyse_types if config else _WITHOUT_TEMPLATE
    asked = set(types)
    hear = source.kind in ("video", "audio") and (params.need_asr_data or bool(asked & {"asr", "subtitle"}))
    read = params.need_ocr_data or bool(asked & {"ocr", "subtitle"})
    return Work(
        addresses=source.addresses,
        kind=source.kind,
        ignored=[*source.ignored, *_ignored(params, config, types)],
        wanted=[name for name, wanted in _wanted(source.kind, params, asked).items() if wanted],
        hear=hear,
        read=read and source.kind != "audio",
        language=source.language,
        speech_language=_SPEECH_LANGUAGES.get((params.nlp_params or {}).get("sourceLanguage", "")),
        groups=[*config.pedestrian_group_ids, *config.pet_group_ids, *config.face_category_ids] if config else [],
    )


def _wanted(kind: WorkKind, params: p.JobParams, asked: set[str]) -> dict[str, bool]:
    pictures = kind != "audio"
    # Only what is understood about in no other way leads to an empty list of labels, and a note says why.
    labels = bool(asked - {"vlEventDesc", "subtitle"}) and pictures
    seen = bool(asked & _LABELS) or not asked & {"vlEventDesc", "subtitle", *_WORDS}
    return {
        "EventDesc": "vlEventDesc" in asked and pictures,
        "VideoLabel": labels and seen and kind == "video",
        "ImageLabel": labels and seen and kind in ("image", "sequence"),
        "TextLabel": bool(asked & _WORDS),
        "CPVLabel": labels,
        "ASR": params.need_asr_data,
        "OCR": params.need_ocr_data and pictures,
        "Meta": params.need_meta_data,
        "subtitle": "subtitle" in asked,
        "EventSplit": bool(params.clip_split_params) and kind == "video",
    }


def _ignored(params: p.JobParams, config: p.SmarttagConfig | None, types: Sequence[str]) -> list[str]:
    ignored = [f"AnalyseTypes {name}" for name in types if name in UNKNOWN_TO_ALL] if config else []
    nlp = _nlp_params_ignored(params.nlp_params or {})
    ignored += [f"nlpParams {', '.join(nlp)}"] if nlp else []
    split = (params.clip_split_params or {}).get("splitType", "event")
    return [*ignored, f"clipSplitParams splitType {split}"] if split != "event" else ignored


def _nlp_params_ignored(given: Mapping[str, object]) -> list[str]:
    """What is switched on: all but a known language of the speech."""
    language = given.get("sourceLanguage")
    unknown = [f"sourceLanguage {language}"] if language and language not in _SPEECH_LANGUAGES else []
    return [*unknown, *(name for name, value in given.items() if value and name != "sourceLanguage")]


class Sources:
    """Reads the Input of a job: addresses, or the id of a media in a search library."""

    def __init__(self, database: Database, inputs: Inputs) -> None:
        self._database = database
        self._inputs = inputs

    def read(self, given: p.JobInput) -> Source:
        """Raises AcsError, naming the part of Input that is wrong."""
        if given.type == "Media":
            return self._asset(given.media)
        source = _read_multi(given.media) if given.type == "Multi" else _read_one(given)
        for address in source.addresses:
            try:
                self._inputs.check(address)
            except InputError as reason:
                raise invalid_parameter("Input.Media", str(reason)) from None
        return source

    def _asset(self, identity: str) -> Source:
        # Media ids are unique in a library only, and a job names no library: the newest media of that id is an assumption.
        row = self._database.one(
            "SELECT input, type, created FROM media WHERE id = ? AND stream IS NULL"
            " UNION SELECT input, type, created FROM produced_media WHERE id = ? AND type != 'text' ORDER BY created DESC LIMIT 1",
            identity,
            identity,
        )
        if row is None:
            raise invalid_parameter("Input.Media", f'there is no media "{identity}" in any search library, and no job made one')
        return Source([row["input"]], row["type"])


def _read_one(given: p.JobInput) -> Source:
    if given.type == "OSS" and oss_address(given.media) is None:
        raise invalid_parameter("Input.Media", "it is not of the form oss://bucket/key")
    guessed, _ = mimetypes.guess_type(urlsplit(given.media).path) if is_web_address(given.media) else mimetypes.guess_type(given.media)
    major = (guessed or "").partition("/")[0]
    return Source([given.media], "image" if major == "image" else "audio" if major == "audio" else "video")


def _read_multi(text: str) -> Source:
    try:
        media = p.MultiMedia.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise invalid_parameter(".".join(["Input.Media", *map(str, first["loc"])]), first["msg"]) from None
    language = media.extra.target_language or "en"
    if language not in p.LANGUAGES:
        raise invalid_parameter("Input.Media.extra.targetLanguage", f"it is not one of {', '.join(p.LANGUAGES)}")
    fps = media.extra.fps
    ignored = (f"extra.fps {fps:g} (the engine itself decides how often it looks)",) if fps else ()
    if media.extra.media_type == "video":
        if len(media.inputs) > 1:
            raise invalid_parameter("Input.Media.inputs", "a video is one input")
        return Source(media.inputs, "video", language, ignored)
    return Source(media.inputs, "image" if len(media.inputs) == 1 else "sequence", language, ignored)
