"""The ports, met by the real services: once for each instance of a function."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import httpx

from sightline import credentials, settings
from sightline.clock import Clock, utc_now
from sightline.ims import ImsTransport, SearchLibrary, SmarttagClient
from sightline.ledger import Ledger
from sightline.line import Line
from sightline.pipeline import Pipeline
from sightline.record import RecordShelf
from sightline.search import Searcher, SearchSite
from sightline.settings import Settings
from sightline.store import OssBucket
from sightline.transport import Sleep, new_client


@dataclass(frozen=True)
class Host:
    """What an instance has around it: a network, time and chance. The fault tests bring their own."""

    client: httpx.Client = field(default_factory=new_client)
    clock: Clock = utc_now
    sleep: Sleep = time.sleep
    chance: Random = field(default_factory=Random)


class Wiring:
    """Builds each part from settings and credentials. Raises BadSetting where a variable is missing or wrong."""

    def __init__(self, environment: Mapping[str, str], host: Host | None = None) -> None:
        self.settings: Settings = settings.from_environment(environment)
        self._credentials = credentials.from_environment(environment)
        self._host = host or Host()

    def bucket(self, name: str) -> OssBucket:
        chosen, host = self.settings, self._host
        return OssBucket(
            host.client,
            self._credentials,
            chosen.region,
            chosen.oss_endpoint,
            name,
            chosen.reachable_oss_endpoint,
            clock=host.clock,
            sleep=host.sleep,
        )

    def ims(self, endpoint: str) -> ImsTransport:
        return ImsTransport(self._host.client, self._credentials, endpoint, self._host.clock, self._host.sleep)

    def pipeline(self) -> Pipeline:
        chosen = self.settings
        state = self.bucket(chosen.state_bucket)
        tagging = SmarttagClient(
            self.ims(chosen.ims_endpoint), chosen.smarttag_template_id, chosen.smarttag_pipeline_id, chosen.caption_language
        )
        ledger, records = Ledger(state), RecordShelf(state)
        media, host = self.bucket(chosen.media_bucket), self._host
        line = Line(state, chosen.pool, chosen.jobs_in_flight, chosen.daily_jobs_per_namespace, host.clock, host.chance)
        return Pipeline(
            chosen, media, state, ledger, records, tagging, self.library(), line, clock=host.clock, sleep=host.sleep, chance=host.chance
        )

    def library(self) -> SearchLibrary:
        return SearchLibrary(self.ims(self.settings.search_endpoint), self.settings.search_library)

    def search_site(self, page: Path) -> SearchSite:
        chosen, media = self.settings, self.bucket(self.settings.media_bucket)
        searcher = Searcher(
            self.library(),
            RecordShelf(self.bucket(chosen.state_bucket)),
            lambda key, process: media.presign(key, chosen.page_url_seconds, process),
        )
        address = urlsplit(media.presign("-", 60))
        return SearchSite(searcher, page, chosen.default_namespace, f"{address.scheme}://{address.netloc}")


@cache
def wiring() -> Wiring:
    """The instance's own; FC sets the environment before it loads a function."""
    return Wiring(os.environ)
