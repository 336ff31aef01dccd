"""The roles that Function Compute and the sources of its events act with, and keys of roles at its API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import ClientException

from localcloud.ports import TopicMessage
from localcloud.ram.policy import Policy
from localcloud.ram.roles import Roles
from localcloud.ram.template import NamedPolicy, Role
from tests.contract.fc.clients import invoke, newer, served
from tests.contract.fc.laptop import KEYRING, Laptop, eventually
from tests.contract.fc.test_fc_triggers import KEEP, UPLOAD, oss_trigger, topic_trigger

QUEUE = "acs:mns:cn-shanghai:1000000000000001:/queues/{}/messages"
WORK = "acs:fc:*:*:functions/work"
ROLE = "acs:ram::1000000000000001:role/worker"
FAILS = "def handler(event, context): raise ValueError('no')"
TOPIC_MESSAGE = TopicMessage("done", "id", "{}", "0" * 32, 1_700_000_000.0, "")


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    made = Laptop(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def grant(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what the role `worker` may do, on which resource, and which service it trusts."""

    def granted(action: str, resource: str, service: str = "fc.aliyuncs.com") -> None:
        document = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
        named = NamedPolicy("working", document, Policy.model_validate(document))
        roles = Roles({"worker": Role("worker", "", {}, frozenset({service}), (named,))})
        monkeypatch.setattr(KEYRING, "authority", roles)

    return granted


@pytest.mark.contract(
    "Function Compute, result callback: its role sends with mns:SendMessage; what it may not is our assumption: lost, and logged"
)
@pytest.mark.parametrize(
    ("action", "resource", "lost"),
    [
        ("mns:SendMessage", "acs:mns:*:*:/queues/dead/messages", ""),
        ("mns:SendMessage", "acs:mns:*:*:/queues/another/messages", "may not mns:SendMessage on " + QUEUE.format("dead")),
        ("mns:PublishMessage", "*", "may not mns:SendMessage on " + QUEUE.format("dead")),
    ],
)
def test_a_destination_is_sent_to_with_the_function_s_role(
    laptop: Laptop, grant: Any, caplog: pytest.LogCaptureFixture, action: str, resource: str, lost: str
) -> None:
    grant(action, resource)
    laptop.queues.create("dead")
    config = {"maxAsyncRetryAttempts": 0, "destinationConfig": {"onFailure": {"destination": QUEUE.format("dead")}}}
    fc = laptop.start(FAILS, role=ROLE, asyncInvokeConfig=config)
    fc.invoke("work", b"one", kind="Async")
    eventually(lambda: not fc.pending())
    assert len(laptop.queues.bodies("dead")) == (0 if lost else 1)
    assert [lost in one.message for one in caplog.records if "is lost" in one.message] == ([True] if lost else [])


@pytest.mark.contract("Function Compute, OSS and MNS topic triggers: the invocation role, and the service that it has to trust")
@pytest.mark.parametrize(
    ("action", "service", "said"),
    [
        ("fc:InvokeFunction", "oss.aliyuncs.com", ""),
        ("fc:InvokeFunction", "mns.aliyuncs.com", "may not sts:AssumeRole on oss.aliyuncs.com"),
        ("fc:GetFunction", "oss.aliyuncs.com", "may not fc:InvokeFunction on acs:fc:cn-shanghai:1000000000000001:functions/work"),
    ],
)
def test_oss_invokes_with_the_trigger_s_role(
    laptop: Laptop, grant: Any, caplog: pytest.LogCaptureFixture, action: str, service: str, said: str
) -> None:
    grant(action, WORK, service)
    fc = laptop.start(KEEP, triggers=[{**oss_trigger(), "invocationRole": ROLE}])
    fc.object_event(UPLOAD)
    assert bool(fc.kept_invocations.of_function("work")) is not bool(said)
    assert [said in one.message for one in caplog.records if "does not fire" in one.message] == ([True] if said else [])


@pytest.mark.contract("Function Compute, MNS topic trigger: the invocation role")
def test_mns_invokes_with_the_trigger_s_role(laptop: Laptop, grant: Any) -> None:
    grant("fc:InvokeFunction", "acs:fc:*:*:functions/another", "mns.aliyuncs.com")
    fc = laptop.start(KEEP, triggers=[{**topic_trigger(), "invocationRole": ROLE}])
    fc.topic_message(TOPIC_MESSAGE)
    assert not fc.kept_invocations.of_function("work")


@pytest.mark.contract(
    "Function Compute, RAM authorization: fc:<operation> on the function; the sentence: github.com/alibaba/funcraft/pull/243"
)
def test_a_role_invokes_what_it_may(laptop: Laptop, grant: Any) -> None:
    grant("fc:InvokeFunction", WORK)
    fc = laptop.start("def handler(event, context): return 'done'")
    key = KEYRING.issue(ROLE, 3600)
    with served(laptop, fc) as port:
        client = newer(port, key.access_key_secret, key.security_token, key.access_key_id)
        body = invoke(client, b"").body
        assert body is not None
        assert body.read() == b"done"
        with pytest.raises(ClientException) as caught:
            client.get_function("work", models.GetFunctionRequest())
    assert caught.value.code == "AccessDenied"
    resource = "acs:fc:cn-shanghai:1000000000000001:functions/work"
    assert f"the caller is not authorized to perform 'fc:GetFunction' on resource '{resource}'" in str(caught.value.message)
