"""What must exist before the functions run.

Buckets, the queue of failed events, the callback topic and its binding, a template, a search library with an index.

Everything is asked for first and made only if it is missing, through the public operations of each service.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import oss2
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import QueueMeta
from mns.topic import TopicMeta

from sightline.errors import ServiceRefused
from sightline.ims import ImsTransport

MPS_VERSION = "2014-06-18"
# The smallest template that describes IPC events: "IPC content understanding", create an algorithm template.
TEMPLATE_CONFIG = {"AnalyseTypes": "vlEventDesc", "Industry": "common", "Scene": "search"}
TEMPLATE_TYPE = 11
INDEX_TYPE = "mm"
# As template.yaml makes it: kept for the longest time there is, and hidden from another sweep for as long as one takes to store a batch.
DEAD_QUEUE = QueueMeta(vis_timeout=30, msg_ttl=604_800)


@dataclass(frozen=True)
class Names:
    media_bucket: str
    state_bucket: str
    topic: str
    dead_queue: str
    template: str
    library: str


@dataclass(frozen=True)
class Target:
    """The services to provision; `mns` and `oss` are the official SDKs' clients."""

    ims: ImsTransport
    oss: Callable[[str], oss2.Bucket]
    mns: Account


@dataclass(frozen=True)
class Provisioned:
    template_id: str
    pipeline_id: str


def provision(target: Target, names: Names) -> Provisioned:
    """Make what is missing; running it again changes nothing."""
    for bucket in (names.media_bucket, names.state_bucket):
        target.oss(bucket).create_bucket(oss2.BUCKET_ACL_PRIVATE)  # idempotent for the owner
    _make_once(target.mns.get_topic(names.topic).create, TopicMeta())
    _make_once(target.mns.get_queue(names.dead_queue).create, DEAD_QUEUE)
    template_id = _template(target.ims, names.template)
    pipeline_id = _pipeline(target.ims)
    _bind(target.ims, pipeline_id, names.topic)
    _library(target.ims, names.library)
    return Provisioned(template_id, pipeline_id)


def _make_once(create: Callable[[Any], Any], attributes: TopicMeta | QueueMeta) -> None:
    """The same name with the same attributes is no error; with others, somebody has chosen these, and they stay."""
    try:
        create(attributes)
    except MNSServerException as error:
        if error.type not in ("TopicAlreadyExist", "QueueAlreadyExist"):
            raise


def _template(ims: ImsTransport, name: str) -> str:
    listed = ims.call("ListCustomTemplates", {"Type": TEMPLATE_TYPE, "Name": name, "PageSize": 100})
    for template in listed.get("CustomTemplateList") or []:
        if template["TemplateName"] == name:
            return str(template["TemplateId"])
    config = json.dumps({**TEMPLATE_CONFIG, "TemplateName": name}, separators=(",", ":"))
    made = ims.call("CreateCustomTemplate", {"Name": name, "Type": TEMPLATE_TYPE, "TemplateConfig": config}, again=False)
    return str(made["CustomTemplate"]["TemplateId"])


def _pipeline(ims: ImsTransport) -> str:
    """The account's first pipeline: IMS makes one by itself."""
    return str(ims.call("ListPipelines", {})["PipelineList"][0]["PipelineId"])


def _bind(ims: ImsTransport, pipeline_id: str, topic: str) -> None:
    """Callbacks are bound with MPS's UpdatePipeline; IMS's operation of that name has no NotifyConfig."""
    parameters = {
        "PipelineId": pipeline_id,
        "Name": "sightline",
        "State": "Active",
        "NotifyConfig": json.dumps({"Topic": topic}),
        "Role": "AliyunMTSDefaultRole",
    }
    ims.call("UpdatePipeline", parameters, version=MPS_VERSION)


def _library(ims: ImsTransport, name: str) -> None:
    library = _found(ims, name)
    if library is None:
        ims.call("CreateSearchLib", {"SearchLibName": name}, again=False)
    if INDEX_TYPE not in (library or []):
        ims.call("CreateSearchIndex", {"SearchLibName": name, "IndexType": INDEX_TYPE, "IndexStatus": "Active"}, again=False)


def _found(ims: ImsTransport, name: str) -> list[str] | None:
    """The library's index types; None where there is no such library."""
    try:
        answer = ims.call("QuerySearchLib", {"SearchLibName": name})
    except ServiceRefused as error:
        # No code is documented for an unknown library.
        if error.retryable or error.status not in (400, 404):
            raise
        return None
    return [index["IndexType"] for index in answer.get("IndexInfo") or []]
