"""What hits must have beyond fitting the sentence. The library knows neither qualities nor tags: the records do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sightline.errors import BadInput
from sightline.record.model import Record
from sightline.untrusted import plain
from sightline.value import Value

MOST_TAGS = 10
LONGEST_TAG = 100
# What people call a label of the smart tags that has a name for machines.
_ALSO = {"human": "person"}


class Wish(Value):
    """`min_quality` is 0 to 100, None for any; `tags` are folded (`str.casefold`), and a media must have all."""

    min_quality: float | None = None
    tags: Sequence[str] = ()

    def fits(self, record: Record) -> bool:
        """A media whose quality nobody measured does not pass a `min_quality`."""
        if self.min_quality is not None and (record.found.quality is None or record.found.quality < self.min_quality):
            return False
        return not self.tags or tags_of(record).issuperset(self.tags)

    @property
    def spoken(self) -> str:
        quality = [] if self.min_quality is None else [f"a quality of {self.min_quality:g} or more"]
        return " and ".join([*quality, *(f"the tag {tag!r}" for tag in self.tags)])


def tags_of(record: Record) -> frozenset[str]:
    """What the media is tagged with, folded: by image analysis, and by the smart tags' labels and objects."""
    said = record.said
    names = [tag.name for tag in record.found.tags] + [*said.labels, *said.objects, *(_ALSO.get(label, label) for label in said.labels)]
    return frozenset(_folded(name) for name in names)


def parse_wish(parameters: Mapping[str, str]) -> Wish | None:
    """`tag` is one tag, or several with commas between them; None where nothing is wished. Raises BadInput."""
    quality = parameters.get("min_quality", "").strip()
    tags = list(dict.fromkeys(filter(None, (_folded(tag) for tag in parameters.get("tag", "").split(",")))))
    if len(tags) > MOST_TAGS:
        raise BadInput("tag", f"names {len(tags)} tags", f"name at most {MOST_TAGS}; a media must have them all")
    if any(len(tag) > LONGEST_TAG for tag in tags):
        raise BadInput("tag", f"has more than {LONGEST_TAG} characters", "no tag is that long")
    if not quality and not tags:
        return None
    return Wish(_quality(quality) if quality else None, tags)


def _quality(text: str) -> float:
    digits = text.replace(".", "", 1)
    if not (len(text) < 20 and digits.isascii() and digits.isdigit() and float(text) <= 100):
        raise BadInput("min_quality", f"is {plain(text, 20)!r}", "use a number from 0 to 100, such as 60")
    return float(text)


def _folded(tag: str) -> str:
    return " ".join(plain(tag).casefold().split())
