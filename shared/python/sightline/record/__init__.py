"""What is known about a media, merged from the parts that its jobs wrote."""

from sightline.record.model import Record, SmarttagPart
from sightline.record.shelf import RecordShelf

__all__ = ["Record", "RecordShelf", "SmarttagPart"]
