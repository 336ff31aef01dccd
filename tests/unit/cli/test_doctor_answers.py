"""What checks make of answers that no laptop gives: of the cloud's documents, of proxies, and of services that are unwell."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fastcrc.crc64 import xz

from cli.deployment import target as deployment
from cli.doctor import buckets, callbacks, functions, host, layers, library, roles, triggers
from cli.doctor.check import Check
from cli.doctor.finding import Finding, State
from cli.doctor.site import Site
from localcloud.place import Place
from sightline.credentials import Credentials
from sightline.errors import ServiceRefused, UnusableAnswer
from tests.fakes.answering import Asked, Told, answering

ROOT = Path(__file__).parents[3]
SECRET = "aSecretThatNobodyMaySee0123456"


def target(endpoint: str, *, is_laptop: bool = False) -> deployment.Target:
    variables = deployment.laptop_variables(endpoint, Place(), deployment.LAPTOP_NAMES, {}, "template", "pipeline")
    return deployment.rendered(variables, Credentials("LTAItest", SECRET), is_laptop=is_laptop)


def examine(check: Check, answer: Callable[[Asked], Told], folder: Path = ROOT) -> Finding:
    with answering(answer) as endpoint, closing(Site.of(target(endpoint), folder)) as site:
        return check.examine(site)


def json_told(document: object, status: int = 200) -> Callable[[Asked], Told]:
    return lambda _asked: Told(status, json.dumps(document).encode())


def xml_told(document: str, status: int = 200) -> Callable[[Asked], Told]:
    return lambda _asked: Told(status, f'<?xml version="1.0" encoding="UTF-8"?>{document}'.encode())


@pytest.mark.contract("GetBucketWorm, API reference of OSS")
def test_a_retention_policy() -> None:
    locked = "<WormConfiguration><WormId>1666E2CFB2B3418****</WormId><State>Locked</State><RetentionPeriodInDays>1</RetentionPeriodInDays>"
    finding = examine(
        buckets.state_bucket_retention, xml_told(f"{locked}<CreationDate>2020-10-15T15:50:32</CreationDate></WormConfiguration>")
    )
    assert (finding.state, "Locked, 1 days" in finding.found) == (State.FAIL, True)
    none = "<Error><Code>NoSuchWORMConfiguration</Code><Message>The WORM Configuration does not exist.</Message></Error>"
    assert examine(buckets.state_bucket_retention, xml_told(none, 404)).state is State.PASS


def bucket_info(region: str) -> str:
    fields = {
        "Name": "sightline-media",
        "Location": f"oss-{region}",
        "CreationDate": "2013-07-31T10:56:21.000Z",
        "StorageClass": "Standard",
    }
    fields |= {
        "ExtranetEndpoint": "oss.example",
        "IntranetEndpoint": "oss-internal.example",
        "Owner": "<DisplayName>1</DisplayName><ID>1</ID>",
    }
    fields["AccessControlList"] = "<Grant>private</Grant>"
    return f"<BucketInfo><Bucket>{''.join(f'<{name}>{value}</{name}>' for name, value in fields.items())}</Bucket></BucketInfo>"


@pytest.mark.contract("GetBucketInfo, API reference of OSS; the message of AccessDenied is what OSS says of another region's bucket")
def test_a_bucket_of_another_region() -> None:
    assert examine(buckets.media_bucket, xml_told(bucket_info("cn-shanghai"))).state is State.PASS
    finding = examine(buckets.media_bucket, xml_told(bucket_info("cn-beijing")))
    assert (finding.state, finding.found) == (State.FAIL, "sightline-media lies in cn-beijing, and the functions in cn-shanghai")
    denied = (
        "<Error><Code>AccessDenied</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint."
    )
    finding = examine(buckets.media_bucket, xml_told(f"{denied}</Message></Error>", 403))
    assert (finding.state, "another region" in finding.found) == (State.FAIL, True)


@pytest.mark.contract("QuerySearchLib, API reference of IMS: IndexReadiness is Initializing, Normal or Fail")
def test_an_index_that_is_not_ready() -> None:
    def told(readiness: str, status: str = "Active") -> Finding:
        index = {"IndexType": "mm", "IndexStatus": status, "IndexReadiness": readiness}
        return examine(library.search_index, json_told({"SearchLibName": "IPCamera_sightline", "Status": "normal", "IndexInfo": [index]}))

    assert told("Normal", "active").state is State.PASS
    assert told("Initializing").state is State.WARN
    assert told("Fail").state is State.FAIL
    assert told("").state is State.FAIL
    assert told("Normal", "Deactivated").state is State.FAIL


BLOCK = "<PublicAccessBlockConfiguration><BlockPublicAccess>{}</BlockPublicAccess></PublicAccessBlockConfiguration>"


@pytest.mark.contract("GetBucketPublicAccessBlock, API reference of OSS")
@pytest.mark.parametrize(("blocked", "state"), [("true", State.PASS), ("false", State.WARN)])
def test_a_bucket_whose_objects_may_be_opened(blocked: str, state: State) -> None:
    answers = {
        "bucketInfo": Told(200, bucket_info("cn-shanghai").encode()),
        "policy": Told(404, b"<Error><Code>NoSuchBucketPolicy</Code></Error>"),
        "publicAccessBlock": Told(
            200,
            f"<PublicAccessBlockConfiguration><BlockPublicAccess>{blocked}</BlockPublicAccess></PublicAccessBlockConfiguration>".encode(),
        ),
    }
    finding = examine(buckets.media_bucket_private, lambda asked: answers[asked.target.partition("?")[2].partition("=")[0]])
    assert finding.state is state


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ('{"Version":"1","Statement":{"Effect":"Allow","Principal":"*","Action":"oss:*"}}', State.FAIL),
        ('{"Version":"1","Statement":[{"Effect":"Deny","Principal":["*"],"Action":"oss:*"}]}', State.WARN),
        ("[]", State.UNKNOWN),
        ("no JSON", State.UNKNOWN),
    ],
)
def test_a_bucket_policy_in_other_forms(policy: str, state: State) -> None:
    answers = {"bucketInfo": bucket_info("cn-shanghai"), "policy": policy, "publicAccessBlock": BLOCK.format("false")}
    finding = examine(
        buckets.media_bucket_private, lambda asked: Told(200, answers[asked.target.partition("?")[2].partition("=")[0]].encode())
    )
    assert finding.state is state


@pytest.mark.contract("GetRole, API reference of RAM 2015-05-01; that a Principal may be of any shape is our caution")
@pytest.mark.parametrize("service", [3, None, [3, None], {"fc": "aliyuncs.com"}])
def test_a_role_that_trusts_nobody_that_can_be_read(service: object) -> None:
    document = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": service}}]})
    finding = examine(roles.function_roles, json_told({"Role": {"AssumeRolePolicyDocument": document}}))
    assert finding.state is State.FAIL
    assert "may be taken by no service" in finding.found


def test_nonsense_from_oss_is_no_surprise() -> None:
    """A proxy's page, and half an answer."""
    for content in ("<html>", "<BucketInfo><Bucket/></BucketInfo>"):
        with pytest.raises(UnusableAnswer):
            examine(buckets.state_bucket, xml_told(content))


LAYER = "sightline"


@pytest.mark.contract("ListLayerVersions, API reference of Function Compute 2023-03-30: codeChecksum is the CRC-64 of the zip")
def test_a_layer_beside_the_one_that_was_built(tmp_path: Path) -> None:
    def told(checksum: str) -> Finding:
        published = [{"layerName": LAYER, "version": 1, "codeChecksum": checksum, "codeSize": 3}]
        return examine(layers.layer_content, json_told({"layers": published}), tmp_path)

    assert (told("17").state, told("17").fix) == (State.UNKNOWN, "`make layer`")
    built = tmp_path / layers.LAYER_ZIP
    built.parent.mkdir(parents=True)
    built.write_bytes(b"zip")
    assert told(str(xz(b"zip"))).state is State.PASS
    assert told("17").state is State.WARN
    assert told("").state is State.UNKNOWN


@pytest.mark.contract("our assumption: a trigger at work shows ACTIVE or no status, a function at work Active")
def test_functions_and_triggers_that_do_not_work() -> None:
    def function(asked: Asked) -> Told:
        name = asked.target.rpartition("/")[2]
        state = "Failed" if name == "sightline-submit" else "Active"
        return Told(200, json.dumps({"functionName": name, "state": state, "stateReason": "the code can't be read"}).encode())

    finding = examine(functions.functions, function)
    assert (finding.state, finding.found) == (State.FAIL, "not active: sightline-submit (the code can't be read)")
    timer = {"triggerName": "every-few-minutes", "triggerType": "timer", "status": "FAILED"}
    timer["triggerConfig"] = json.dumps({"cronExpression": "@every 2m", "enable": True})
    assert "it is FAILED" in examine(triggers.timer_trigger, json_told({"triggers": [timer]})).found


@pytest.mark.contract("the official SDK warns that a queue's counts are going away")
def test_a_queue_without_counts() -> None:
    queue = '<Queue xmlns="http://mns.aliyuncs.com/doc/v1/"><QueueName>sightline-dead</QueueName></Queue>'
    assert examine(callbacks.dead_queue, xml_told(queue)).state is State.UNKNOWN


def test_nonsense_from_mns_is_no_surprise() -> None:
    """A proxy's page, as a success and as an error, whose 404 finds no queue missing."""
    for status, error in ((200, UnusableAnswer), (502, ServiceRefused), (404, ServiceRefused)):
        with pytest.raises(error):
            examine(callbacks.dead_queue, lambda _asked, status=status: Told(status, b"<html>"))  # type: ignore[misc]


@pytest.mark.contract("QueryPipelineList, API reference of MPS: the ids that it does not know are listed apart")
def test_a_pipeline_that_is_gone() -> None:
    answer = {"PipelineList": {"Pipeline": []}, "NonExistPids": {"String": ["pipeline"]}}
    assert examine(callbacks.pipeline, json_told(answer)).found == "there is no pipeline pipeline"


@pytest.mark.contract("GetRole, ListPoliciesForRole and GetPolicy, API reference of RAM 2015-05-01")
def test_a_policy_that_can_not_be_judged_from_here() -> None:
    """One with a condition, attached by hand: whether it grants depends on the call."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}}
    answers: dict[str, object] = {
        "ListPoliciesForRole": {"Policies": {"Policy": [{"PolicyName": "by-hand", "PolicyType": "Custom"}]}},
        "GetPolicy": {"DefaultPolicyVersion": {"PolicyDocument": json.dumps({"Version": "1", "Statement": [statement]})}},
    }
    finding = examine(roles.function_rights, lambda asked: json_told(answers[asked.action])(asked))
    assert finding.state is State.UNKNOWN
    assert "Condition" in finding.found


def test_the_time_of_a_proxy_does_not_count() -> None:
    """Its answer has a Date too, and no request id of the service."""

    def told(*more: tuple[str, str]) -> Callable[[Asked], Told]:
        return lambda _asked: Told(403, b"", more)

    assert examine(host.clock, told()).state is State.UNKNOWN
    assert examine(host.clock, told(("x-oss-request-id", "R1"))).state is State.PASS


def test_a_key_that_nobody_judges() -> None:
    finding = examine(host.credentials, json_told({"Code": "ServiceUnavailable", "Message": "later"}, 503))
    assert (finding.state, finding.found) == (State.UNKNOWN, "no verdict from Function Compute, IMS")
    denied = examine(host.credentials, json_told({"Code": "NoPermission", "Message": "no"}, 403))
    assert denied.state is State.PASS
    assert SECRET not in finding.found + denied.found


@pytest.mark.parametrize(
    ("settings", "state", "said"),
    [
        ({}, State.PASS, "all in cn-shanghai"),
        ({"OSS_ENDPOINT": "https://oss-cn-beijing-internal.aliyuncs.com"}, State.FAIL, "OSS_ENDPOINT"),
        ({"OSS_PUBLIC_ENDPOINT": "https://oss-cn-shanghai-internal.aliyuncs.com"}, State.FAIL, "neither browsers nor IMS"),
        ({"MNS_ENDPOINT": "http://1.mns.cn-beijing.aliyuncs.com"}, State.FAIL, "MNS_ENDPOINT"),
        ({"IMS_ENDPOINT": "https://ice.cn-beijing.aliyuncs.com"}, State.PASS, "all in cn-shanghai"),
        ({"IMS_ENDPOINT": "https://ice-vpc.cn-beijing.aliyuncs.com"}, State.FAIL, "IMS_ENDPOINT"),
        ({"IMS_ENDPOINT": "https://ice-vpc.cn-shanghai.aliyuncs.com"}, State.PASS, "all in cn-shanghai"),
        ({"OSS_PUBLIC_ENDPOINT": "https://media.example.com"}, State.UNKNOWN, "OSS_PUBLIC_ENDPOINT"),
        ({"REGION": "cn-hangzhou"}, State.FAIL, "REGION"),
    ],
)
def test_endpoints_beside_regions(settings: dict[str, str], state: State, said: str) -> None:
    official = {
        "OSS_ENDPOINT": "https://oss-cn-shanghai-internal.aliyuncs.com",
        "OSS_PUBLIC_ENDPOINT": "https://oss-cn-shanghai.aliyuncs.com",
        "MNS_ENDPOINT": "",
        "IMS_ENDPOINT": "https://ice.cn-shanghai.aliyuncs.com",
        "IMS_SEARCH_ENDPOINT": "",
    }
    made = target("http://127.0.0.1:1")
    with closing(Site.of(replace(made, settings={**made.settings, **official, **settings}), ROOT)) as site:
        finding = host.endpoints.examine(site)
    assert finding.state is state
    assert said in finding.found
