"""The raw shapes of Function Compute's events, turned into our own types record by record.

A record that can't be read raises BadInput, and is then treated like any other record that no retry can help.
"""

from sightline.events.callbacks import JobMessage, read_job_message
from sightline.events.failures import FailedInvocation, read_failure
from sightline.events.http import HttpRequest, HttpResponse, parse_http
from sightline.events.objects import ObjectChange, read_change
from sightline.events.records import Event, event_bytes, read_event, single_events

__all__ = [
    "Event",
    "FailedInvocation",
    "HttpRequest",
    "HttpResponse",
    "JobMessage",
    "ObjectChange",
    "event_bytes",
    "parse_http",
    "read_change",
    "read_event",
    "read_failure",
    "read_job_message",
    "single_events",
]
