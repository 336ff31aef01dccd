"""The ports, met by the real services: once for each instance of a function.

Each part is imported where it is built: a search pays for no ledger, and a cold start for nothing that its event does not need.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sightline import credentials, settings
from sightline.clock import CloudClock
from sightline.credentials import Credentials
from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.host import Host as Host
from sightline.ims.search_library import SearchLibrary
from sightline.ims.transport import ImsTransport
from sightline.settings import Settings
from sightline.store.oss import OssBucket

if TYPE_CHECKING:
    from sightline.letters.letters import Letters
    from sightline.mns.queue import MnsQueue
    from sightline.pipeline.ports import Analysing, Pipeline, Producing
    from sightline.rules.model import Rules
    from sightline.search.web import SearchSite


class Wiring:
    """Builds each part from settings and credentials. Raises BadSetting where a variable is missing or wrong."""

    def __init__(self, environment: Mapping[str, str], host: Host | None = None) -> None:
        self.settings: Settings = settings.from_environment(environment)
        self._of_environment = credentials.from_environment(environment)
        self._host = (host or Host()).patient(self.settings.request_seconds)
        self._credentials()
        self._known_rules: Rules | None = None

    @contextmanager
    def invocation(self, context: Any, *, goes_by_the_clock: bool = True) -> Iterator[Wiring]:
        """What an invocation brings counts until it ends; afterwards an instance that is of no more use ends too (SystemExit).

        Who compares times before he asks any service for anything `goes_by_the_clock`; others learn the time with their first answer.
        """
        invocation = self._host.invocation
        invocation.begin(context)
        try:
            if goes_by_the_clock:
                self._hear_the_time()
            yield self
        finally:
            invocation.end()

    def _credentials(self) -> Credentials:
        return self._host.invocation.credentials or self._of_environment()

    def _hear_the_time(self) -> None:
        """Before anything goes by the clock: a machine that is 20 minutes off, or was frozen, learns it from its first answer."""
        clock = self._host.clock
        if isinstance(clock, CloudClock) and not clock.is_sure:
            with suppress(ServiceRefused, ServiceUnreachable):
                self.bucket(self.settings.state_bucket).head("what-time-is-it")

    def bucket(self, name: str) -> OssBucket:
        chosen = self.settings
        return OssBucket(self._host, self._credentials, chosen.region, chosen.oss_endpoint, name, chosen.reachable_oss_endpoint)

    def ims(self, endpoint: str) -> ImsTransport:
        return ImsTransport(self._host, self._credentials, endpoint)

    def pipeline(self) -> Pipeline:
        from sightline.ims.smarttag import SmarttagClient
        from sightline.ledger.ledger import Ledger
        from sightline.line.line import Line
        from sightline.pipeline.ports import Pipeline
        from sightline.record.shelf import RecordShelf

        chosen = self.settings
        state = self.bucket(chosen.state_bucket)
        tagging = SmarttagClient(
            self.ims(chosen.ims_endpoint), chosen.smarttag_template_id, chosen.smarttag_pipeline_id, chosen.caption_language
        )
        ledger, records = Ledger(state), RecordShelf(state)
        media, host = self.bucket(chosen.media_bucket), self._host
        line = Line(state, chosen.pool, chosen.jobs_in_flight, chosen.daily_jobs_per_namespace, host.clock, host.chance)
        ports = (chosen, media, state, ledger, records, tagging, self.library(), line, host.chance)
        return Pipeline(*ports, self._producing, self._analysing, self._rules, host.clock, host.sleep)

    def _producing(self) -> Producing:
        from sightline.ims.production.client import ProductionClient

        return ProductionClient(self.ims(self.settings.ims_endpoint), self.settings.smarttag_pipeline_id)

    def _analysing(self) -> Analysing:
        from sightline.pai.client import PaiClient

        return PaiClient(self._host, self.settings.pai_host, self.settings.pai_app_id, self.settings.pai_token)

    def _rules(self) -> Rules:
        """Read once for an instance. Raises BadSetting."""
        if self._known_rules is None:
            from sightline.rules.file import load_rules

            self._known_rules = load_rules(self.settings.rules_file)
        return self._known_rules

    def letters(self) -> Letters:
        from sightline.letters.letters import Letters
        from sightline.letters.patience import Patience

        chosen, host = self.settings, self._host
        self._hear_the_time()  # a record may have failed before any service was asked for anything
        patience = Patience(chosen.letter_attempts, chosen.letter_pause_seconds)
        return Letters(self.bucket(chosen.state_bucket), patience, host.clock, host.chance)

    def dead_queue(self) -> MnsQueue:
        from sightline.mns.queue import MnsQueue

        return MnsQueue(self._host, self._credentials, self.settings.queue_endpoint, self.settings.dead_queue)

    def library(self) -> SearchLibrary:
        return SearchLibrary(self.ims(self.settings.search_endpoint), self.settings.search_library)

    def search_site(self, page: str | os.PathLike[str]) -> SearchSite:
        """`page` is the folder of the page for people."""
        from sightline.record.shelf import RecordShelf
        from sightline.search.searcher import Searcher
        from sightline.search.web import SearchSite

        chosen = self.settings
        media, state = self.bucket(chosen.media_bucket), self.bucket(chosen.state_bucket)
        searcher = Searcher(self.library(), RecordShelf(state), media, state, chosen.page_url_seconds)
        address = urlsplit(media.presign("-", 60))
        return SearchSite(searcher, page, chosen.default_namespace, f"{address.scheme}://{address.netloc}")


@cache
def wiring() -> Wiring:
    """The instance's own; FC sets the environment before it loads a function."""
    return Wiring(os.environ)
