"""What the two functions take that read captions. They share no class: their regions and languages are written differently."""

from __future__ import annotations

from sightline.errors import BadInput
from sightline.ims.answers import Json
from sightline.ims.production.fields import Box, Fields, shares
from sightline.value import Value

_FRAMES_A_SECOND = (2, 10)
_TRACKS = ("main",)


class CaptionExtractionParameters(Value):
    """`rows` and `columns` are the part of the picture that is read, from share to share; the bottom quarter without them."""

    frames_a_second: int | None = None
    rows: tuple[float, float] | None = None
    columns: tuple[float, float] | None = None
    language: str | None = None
    track: str | None = None

    @classmethod
    def read(cls, fields: Fields) -> CaptionExtractionParameters:
        rows = columns = None
        region = fields.value("roi")
        if region is not None:
            fix = "give [[top, bottom], [left, right]], each a share from 0 to 1"
            if not isinstance(region, list) or len(region) != 2:
                raise BadInput("JobParams.roi", "is no pair of pairs", fix)
            rows, columns = (shares("JobParams.roi", pair, fix) for pair in region)
        return cls(
            fields.whole("fps", *_FRAMES_A_SECOND),
            rows,
            columns,
            fields.choice("lang", ("ch", "en", "ch_ml")),
            fields.choice("track", _TRACKS),
        )

    def document(self) -> Json:
        region = [list(self.rows), list(self.columns)] if self.rows and self.columns else None
        return _given({"fps": self.frames_a_second, "roi": region, "lang": self.language, "track": self.track})


class HybridCaptionExtractionParameters(Value):
    """`region` is the part of the picture that is read; the bottom quarter without it."""

    frames_a_second: int | None = None
    region: Box | None = None
    language: str | None = None
    track: str | None = None

    @classmethod
    def read(cls, fields: Fields) -> HybridCaptionExtractionParameters:
        return cls(
            fields.whole("fps", *_FRAMES_A_SECOND), fields.box("roi"), fields.choice("lang", ("zh", "en")), fields.choice("track", _TRACKS)
        )

    def document(self) -> Json:
        box = self.region
        region = [box.left, box.top, box.width, box.height] if box else None
        return _given({"fps": self.frames_a_second, "roi": region, "lang": self.language, "track": self.track})


def _given(document: Json) -> Json:
    return {name: value for name, value in document.items() if value is not None}
