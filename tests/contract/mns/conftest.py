"""What the contract tests of MNS share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mns.queue import QueueMeta
from mns.topic import TopicMeta

from tests.contract.mns.support import Cloud, Inbox, Neighbour


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path, Neighbour())
    yield cloud
    cloud.stop()


@pytest.fixture
def account(cloud: Cloud) -> Any:
    return cloud.account()


@pytest.fixture
def queue(account: Any) -> Any:
    queue = account.get_queue("jobs")
    queue.create(QueueMeta())
    return queue


@pytest.fixture
def topic(account: Any) -> Any:
    topic = account.get_topic("callbacks")
    topic.create(TopicMeta())
    return topic


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    yield inbox
    inbox.shutdown()
    inbox.server_close()
