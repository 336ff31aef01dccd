"""Typed clients of Intelligent Media Services: one signer, one transport, a module for each family of operations."""

from sightline.ims.search_library import IndexState, SearchHit, SearchLibrary, SearchPage
from sightline.ims.smarttag import EventDescription, JobState, SmarttagClient, SmarttagJob, SmarttagResult
from sightline.ims.transport import ImsTransport

__all__ = [
    "EventDescription",
    "ImsTransport",
    "IndexState",
    "JobState",
    "SearchHit",
    "SearchLibrary",
    "SearchPage",
    "SmarttagClient",
    "SmarttagJob",
    "SmarttagResult",
]
