"""The services of a running laptop cloud, as the commands use them: over the wire, with the official SDKs or the layer's own clients."""

from __future__ import annotations

from dataclasses import dataclass

import oss2

from cli.running import Running
from sightline.credentials import Credentials
from sightline.host import Host
from sightline.ims.search_library import SearchLibrary
from sightline.ims.smarttag import SmarttagClient
from sightline.ims.transport import ImsTransport
from sightline.ledger.ledger import Ledger
from sightline.record.shelf import RecordShelf
from sightline.store.oss import OssBucket


@dataclass(frozen=True)
class Clients:
    running: Running
    host: Host

    @classmethod
    def of(cls, running: Running) -> Clients:
        return cls(running, Host())

    def credentials(self) -> Credentials:
        return Credentials(self.running.access_key_id, self.running.access_key_secret)

    def bucket(self, name: str) -> OssBucket:
        return OssBucket(self.host, self.credentials, self.running.region, self.running.endpoint, name)

    def ims(self) -> ImsTransport:
        return ImsTransport(self.host, self.credentials, self.running.endpoint)

    def ledger(self) -> Ledger:
        return Ledger(self.bucket(self.running.state_bucket))

    def records(self) -> RecordShelf:
        return RecordShelf(self.bucket(self.running.state_bucket))

    def library(self) -> SearchLibrary:
        return SearchLibrary(self.ims(), self.running.search_library)

    def tagging(self) -> SmarttagClient:
        return SmarttagClient(self.ims(), self.running.template_id, "", "en")

    def oss2_bucket(self) -> oss2.Bucket:
        """The official SDK's: it uploads large files in parts, and goes on where it was interrupted."""
        auth = oss2.AuthV4(self.running.access_key_id, self.running.access_key_secret)
        return oss2.Bucket(auth, self.running.endpoint, self.running.media_bucket, region=self.running.region)
