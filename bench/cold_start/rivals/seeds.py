"""The way of the official documents: alibabacloud_ice20201109 with alibabacloud_credentials for IMS, oss2 for objects.

The event is the list of the requests that our function was seen to make. The same are made here, one after the other; what they bring is
read and left at that.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any
from urllib.parse import urlsplit

import oss2
from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_ice20201109 import models as ice_models
from alibabacloud_ice20201109.client import Client as IceClient
from alibabacloud_tea_openapi import models as open_api_models
from alibabacloud_tea_util import models as util_models

Step = dict[str, Any]

# Parameters of a job that the SDK wants as objects, and sends as JSON.
OBJECTS = {"SubmitSmarttagJob": ("Input", "ScheduleConfig"), "SubmitIProductionJob": ("Input", "Output", "ScheduleConfig")}

endpoint = urlsplit(os.environ["IMS_ENDPOINT"])
config = open_api_models.Config(credential=CredentialClient())
config.endpoint, config.protocol = endpoint.netloc, endpoint.scheme
ice = IceClient(config)
auth = oss2.AuthV4(os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
names = os.environ["MEDIA_BUCKET"], os.environ["STATE_BUCKET"]
buckets = {name: oss2.Bucket(auth, os.environ["OSS_ENDPOINT"], name, region=os.environ["REGION"]) for name in names}
jobs: dict[str, str] = {}


def handler(event: bytes, _context: Any) -> dict[str, int]:
    steps = json.loads(event)
    for step in steps:
        {"IMS": ask_ims, "OSS": ask_oss, "MNS": ask_mns}[step["service"]](step)
    return {"requests": len(steps)}


def ask_ims(step: Step) -> None:
    objects = OBJECTS.get(step["action"], ())
    parameters = {name: json.loads(signed(value)) if name in objects else value for name, value in step["parameters"].items()}
    request = getattr(ice_models, step["action"] + "Request")().from_map(parameters)
    method = re.sub("(?<=[a-z])([A-Z])", r"_\1", step["action"]).lower()
    answer = getattr(ice, f"{method}_with_options")(request, util_models.RuntimeOptions())
    if "job" in step:
        jobs["@job@"] = answer.body.job_id


def signed(text: str) -> str:
    """With addresses under which the service may fetch a media."""
    public = oss2.Bucket(auth, os.environ["OSS_PUBLIC_ENDPOINT"], os.environ["MEDIA_BUCKET"], region=os.environ["REGION"])
    return re.sub("@signed (.*?)@", lambda found: public.sign_url("GET", found.group(1), 21600), text)


def ask_oss(step: Step) -> None:
    try:
        ask_bucket(buckets[step["bucket"]], step)
    except oss2.exceptions.OssError as error:
        if error.status != step["status"]:
            raise


def ask_bucket(bucket: oss2.Bucket, step: Step) -> None:
    method, key, query, headers = step["method"], step["key"], step["query"], step["headers"]
    if method == "GET" and not key:
        bucket.list_objects_v2(
            query.get("prefix", ""),
            query.get("delimiter", ""),
            query.get("continuation-token", ""),
            query.get("start-after", ""),
            max_keys=int(query["max-keys"]),
        )
    elif method == "GET":
        bucket.get_object(key, headers=headers).read()
    elif method == "HEAD":
        bucket.head_object(key, headers=headers)
    elif method == "PUT":
        bucket.put_object(key, with_job(step["body"]), headers=headers)
    elif method == "POST":
        bucket.append_object(key, int(query["position"]), with_job(step["body"]), headers=headers)
    else:
        bucket.delete_object(key, headers=headers)


def with_job(body: str) -> str:
    """Where it names the job that was submitted before."""
    return body.replace("@job@", jobs.get("@job@", ""))


def ask_mns(step: Step) -> None:
    """No seed uses a queue; this is its own SDK, and only the sweep needs it."""
    from mns.account import Account
    from mns.mns_exception import MNSServerException

    account = Account(os.environ["MNS_ENDPOINT"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
    try:
        account.get_queue(os.environ["DEAD_QUEUE"]).batch_receive_message(int(step["query"]["numOfMessages"]))
    except MNSServerException as error:
        if error.type != "MessageNotExist":
            raise
