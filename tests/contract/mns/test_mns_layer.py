"""The layer's own client of queues against the service, beside the official SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from mns.queue import Message as SdkMessage

from sightline.credentials import Credentials
from sightline.errors import ServiceRefused
from sightline.host import Host
from sightline.http import Connections
from sightline.mns.queue import MnsQueue
from tests.contract.mns.support import DOCUMENT, KEY, SDK, Cloud


@pytest.fixture
def dead(cloud: Cloud, queue: Any) -> Iterator[MnsQueue]:
    with closing(Connections()) as network:
        yield open_queue(network, cloud, "jobs")


def open_queue(network: Connections, cloud: Cloud, name: str, key: Credentials | None = None) -> MnsQueue:
    mine = key or Credentials(KEY.access_key_id, KEY.access_key_secret)
    return MnsQueue(Host(network, sleep=lambda seconds: None), lambda: mine, cloud.endpoint, name)


@pytest.mark.contract(SDK + "queue.send_message with set_encoding(False): the body is sent as it is")
def test_what_the_sdk_sends_is_received(dead: MnsQueue, queue: Any) -> None:
    queue.set_encoding(False)
    bodies = ['{"a": "门口 <&>"}', "plain text", "]]>"]
    for body in bodies:
        queue.send_message(SdkMessage(body))
    messages = dead.receive(16)
    assert sorted(message.body for message in messages) == sorted(bodies)
    assert len({message.id for message in messages}) == 3


@pytest.mark.contract(
    DOCUMENT + "BatchReceiveMessage: at most numOfMessages, hidden for VisibilityTimeout; MessageNotExist where there is none"
)
def test_a_received_message_is_hidden_and_comes_back(dead: MnsQueue, queue: Any, cloud: Cloud) -> None:
    for number in range(3):
        queue.send_message(SdkMessage(str(number)))
    assert len(dead.receive(2)) == 2
    assert len(dead.receive(16)) == 1
    assert dead.receive(16) == []
    cloud.ahead += 60
    assert len(dead.receive(16)) == 3


@pytest.mark.contract(DOCUMENT + "BatchDeleteMessage: 204 where all are deleted, else 404 with an Error for each that is not")
def test_a_deleted_message_does_not_come_back_and_a_late_delete_is_harmless(dead: MnsQueue, queue: Any, cloud: Cloud) -> None:
    for number in range(3):
        queue.send_message(SdkMessage(str(number)))
    messages = dead.receive(16)
    dead.delete([messages[0].receipt])
    dead.delete([message.receipt for message in messages[:2]])
    cloud.ahead += 60
    dead.delete([messages[2].receipt])
    assert [message.id for message in dead.receive(16)] == [messages[2].id]


@pytest.mark.contract(DOCUMENT + "common errors: QueueNotExist 404, InvalidAccessKeyId 403")
def test_refusals_have_the_codes_of_the_cloud(cloud: Cloud) -> None:
    with closing(Connections()) as network:
        with pytest.raises(ServiceRefused) as missing:
            open_queue(network, cloud, "nowhere").receive(16)
        with pytest.raises(ServiceRefused) as unknown:
            open_queue(network, cloud, "jobs", Credentials("LTAIother", "secret")).receive(16)
    assert (missing.value.code, missing.value.missing) == ("QueueNotExist", True)
    assert unknown.value.code == "InvalidAccessKeyId"
