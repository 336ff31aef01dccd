"""The raw shapes of Function Compute's events, turned into our own types record by record.

A record that can't be read becomes a `BadRecord` beside its neighbours instead of an exception.
"""

from sightline.events.callbacks import JobMessage, parse_callbacks
from sightline.events.http import HttpRequest, HttpResponse, parse_http
from sightline.events.objects import ObjectChange, parse_objects
from sightline.events.records import BadRecord

__all__ = [
    "BadRecord",
    "HttpRequest",
    "HttpResponse",
    "JobMessage",
    "ObjectChange",
    "parse_callbacks",
    "parse_http",
    "parse_objects",
]
