"""What the services take beside an address, from a plain mapping: `read` finds it there, `configure` is what is sent.

Source: "Configure parameters" of each service. A rules file or a command line may give numbers and truth values as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sightline.errors import BadInput
from sightline.ims.answers import Json, flag, number, shown
from sightline.value import Value

TAGGERS = (
    "SmilingWolf/wd-v1-4-convnext-tagger-v2",
    "SmilingWolf/wd-v1-4-convnextv2-tagger-v2",
    "SmilingWolf/wd-v1-4-vit-tagger-v2",
    "SmilingWolf/wd-v1-4-swinv2-tagger-v2",
    "RAM",
    "BLIP",
    "GIT",
)
_MOST = 10


class Options(Protocol):
    @classmethod
    def read(cls, given: Mapping[str, Any], /) -> Options:
        """Raises BadInput, which names the field."""
        ...

    def configure(self) -> Json: ...


class NoOptions(Value):
    """Of a service that takes none."""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> NoOptions:
        _check_names(given, ())
        return cls()

    def configure(self) -> Json:
        return {}


class ImageLabelOptions(Value):
    """`top_k` labels, from 1 to 10, and perhaps the 512 numbers of the image."""

    top_k: int = 10
    embedding: bool = True

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> ImageLabelOptions:
        _check_names(given, ("tag_top_k", "output_embedding"))
        return cls(_count(given, "tag_top_k", 10), _truth(given, "output_embedding"))

    def configure(self) -> Json:
        return {"tag_top_k": self.top_k, "output_embedding": self.embedding}


class PaintingOptions(Value):
    threshold: float | None = None
    tagger: str = ""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> PaintingOptions:
        _check_names(given, ("threshold", "tagger_type"))
        tagger = given.get("tagger_type", "")
        if tagger not in ("", *TAGGERS):
            raise BadInput("configure.tagger_type", f"is {shown(tagger)}", f"give one of {', '.join(TAGGERS)}")
        return cls(_number(given, "threshold", 0, 1), tagger)

    def configure(self) -> Json:
        chosen: Json = {} if self.threshold is None else {"threshold": self.threshold}
        return {**chosen, "tagger_type": self.tagger} if self.tagger else chosen


class ReshapingOptions(Value):
    """A positive degree makes slimmer, a negative one fuller; how far the one goes is not documented, the other to -2.5."""

    degree: float = -1.5

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> ReshapingOptions:
        _check_names(given, ("degree",))
        degree = _number(given, "degree", -2.5, None)
        return cls() if degree is None else cls(degree)

    def configure(self) -> Json:
        return {"degree": self.degree}


class VideoLabelOptions(Value):
    """Of videos and of posts: from 1 to 10 classes and labels, and perhaps the numbers that tell of its likeness to others."""

    classification: bool = True
    classes: int = 1
    tags: bool = True
    top_k: int = 5
    embedding: bool = True

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> VideoLabelOptions:
        _check_names(given, ("output_classification", "classification_top_k", "output_tag", "tag_top_k", "output_embedding"))
        return cls(
            _truth(given, "output_classification"),
            _count(given, "classification_top_k", 1),
            _truth(given, "output_tag"),
            _count(given, "tag_top_k", 5),
            _truth(given, "output_embedding"),
        )

    def configure(self) -> Json:
        return {
            "output_classification": self.classification,
            "classification_top_k": self.classes,
            "output_tag": self.tags,
            "tag_top_k": self.top_k,
            "output_embedding": self.embedding,
        }


def _check_names(given: Mapping[str, Any], known: Sequence[str]) -> None:
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        fix = f"leave it out; there are {', '.join(known)}" if known else "leave it out; the service takes none"
        raise BadInput(f"configure.{unknown}", "is no parameter of this service", fix)


def _count(given: Mapping[str, Any], name: str, default: int) -> int:
    value = number(given.get(name, default))
    if value is None or value != int(value) or not 1 <= value <= _MOST:
        raise BadInput(f"configure.{name}", f"is {str(given[name])[:60]!r}", f"give a whole number from 1 to {_MOST}")
    return int(value)


def _truth(given: Mapping[str, Any], name: str) -> bool:
    value = flag(given.get(name, True))
    if value is None:
        raise BadInput(f"configure.{name}", f"is {str(given[name])[:60]!r}", "give true or false")
    return value


def _number(given: Mapping[str, Any], name: str, least: float, most: float | None) -> float | None:
    if given.get(name) is None:
        return None
    value = number(given[name])
    if value is None or value < least or (most is not None and value > most):
        fix = f"give a number of at least {least:g}" if most is None else f"give a number from {least:g} to {most:g}"
        raise BadInput(f"configure.{name}", f"is {str(given[name])[:60]!r}", fix)
    return value
