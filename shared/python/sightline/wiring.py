"""The ports, met by the real services: once for each instance of a function."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from sightline import credentials, settings
from sightline.ims import ImsTransport, SearchLibrary, SmarttagClient
from sightline.ledger import Ledger
from sightline.pipeline import Pipeline
from sightline.record import RecordShelf
from sightline.search import Searcher, SearchSite
from sightline.settings import Settings
from sightline.store import OssBucket
from sightline.transport import new_client


class Wiring:
    """Builds each part from settings and credentials. Raises BadSetting where a variable is missing or wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.settings: Settings = settings.from_environment(environment)
        self._credentials = credentials.from_environment(environment)
        self._client = new_client()

    def bucket(self, name: str) -> OssBucket:
        chosen = self.settings
        return OssBucket(self._client, self._credentials, chosen.region, chosen.oss_endpoint, name, chosen.reachable_oss_endpoint)

    def pipeline(self) -> Pipeline:
        chosen = self.settings
        state = self.bucket(chosen.state_bucket)
        jobs = ImsTransport(self._client, self._credentials, chosen.ims_endpoint)
        tagging = SmarttagClient(jobs, chosen.smarttag_template_id, chosen.smarttag_pipeline_id, chosen.caption_language)
        return Pipeline(chosen, self.bucket(chosen.media_bucket), Ledger(state), RecordShelf(state), tagging, self.library())

    def library(self) -> SearchLibrary:
        return SearchLibrary(ImsTransport(self._client, self._credentials, self.settings.search_endpoint), self.settings.search_library)

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
