"""The official SDKs, all pointed at one laptop cloud; with a key of their own choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import oss2
from alibabacloud_fc20230330.client import Client as FunctionClient
from alibabacloud_ice20201109 import models as ice
from alibabacloud_ice20201109.client import Client as MediaClient
from alibabacloud_tea_openapi import models as open_api
from mns.account import Account
from mns.queue import Message, QueueMeta
from mns.topic import TopicMeta

from localcloud.identity import Credential
from localcloud.place import Place

BUCKET, QUEUE, TOPIC, LIBRARY = "safe-bucket", "safe-queue", "safe-topic", "safelibrary"


@dataclass(frozen=True)
class Clients:
    endpoint: str
    key: Credential

    @property
    def address(self) -> tuple[str, int]:
        port = urlsplit(self.endpoint).port
        assert port is not None
        return "127.0.0.1", port

    def bucket(self, version: str = "v4") -> Any:
        auth = oss2.make_auth(self.key.access_key_id, self.key.access_key_secret, version)
        return oss2.Bucket(auth, self.endpoint, BUCKET, region=Place().region)

    def account(self) -> Any:
        return Account(self.endpoint, self.key.access_key_id, self.key.access_key_secret)

    def media(self) -> Any:
        return MediaClient(self._config())

    def functions(self) -> Any:
        return FunctionClient(self._config())

    def _config(self) -> Any:
        return open_api.Config(
            access_key_id=self.key.access_key_id,
            access_key_secret=self.key.access_key_secret,
            endpoint=urlsplit(self.endpoint).netloc,
            protocol="http",
            region_id=Place().region,
        )

    def furnish(self) -> None:
        """One of each, for requests that would change it."""
        bucket = self.bucket()
        bucket.create_bucket()
        bucket.put_object("k", b"content")
        bucket.append_object("log", 0, b"one")
        self.account().get_topic(TOPIC).create(TopicMeta())
        queue = self.account().get_queue(QUEUE)
        queue.create(QueueMeta())
        queue.send_message(Message("hello"))
        media = self.media()
        media.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
        media.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm"))
