"""Configurations that are kept, checked and answered, and change nothing here: logging, request payment, quota and policy.

Lifecycle rules have an effect (lifecycle_pass.py); only their PUT is here, since a header has a say in it.
"""

from __future__ import annotations

import json
from xml.etree.ElementTree import Element, fromstring

from localcloud.http import Reply
from localcloud.oss import documents
from localcloud.oss.buckets import lifecycle
from localcloud.oss.buckets.configuration import Configurations, Kind, Shape, number_in
from localcloud.oss.errors import OssError
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call

_MOST_POLICY_BYTES = 16 * 1024
_LARGEST_QUOTA = 2**53


def _anything(root: Element) -> None:
    """The shape says all."""


def _check_quota(root: Element) -> None:
    """In gigabytes; -1 is none."""
    number_in(root, "StorageCapacity", -1, _LARGEST_QUOTA, -1)


LOGGING = Kind(
    "logging",
    Shape(
        "BucketLoggingStatus",
        (Shape("LoggingEnabled", (Shape("TargetBucket", required=True, empty=False), Shape("TargetPrefix"), Shape("LoggingRole"))),),
    ),
    _anything,
    default=documents.document("BucketLoggingStatus", "").decode(),
)
PAYMENT = Kind(
    "requestPayment",
    Shape("RequestPaymentConfiguration", (Shape("Payer", required=True, values=("BucketOwner", "Requester")),)),
    _anything,
    default=documents.document("RequestPaymentConfiguration", [("Payer", "BucketOwner")]).decode(),
)
QUOTA = Kind(
    "qos",
    Shape("BucketUserQos", (Shape("StorageCapacity", required=True),)),
    _check_quota,
    default=documents.document("BucketUserQos", [("StorageCapacity", "-1")]).decode(),
)


def _no_policy(bucket: str) -> OssError:
    return OssError(404, "NoSuchBucketPolicy", "The bucket policy does not exist.", {"BucketName": bucket})


# A policy is JSON, which no shape describes.
POLICY = Kind("policy", Shape(""), _anything, missing=_no_policy)


def malformed_policy(message: str) -> OssError:
    return OssError(400, "InvalidPolicyDocument", message)


class Settings:
    """The operations on a bucket's logging and policy that differ from those of other configurations."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._configurations = Configurations(store)

    def put_logging(self, call: Call) -> Reply:
        """Logs go to a bucket of the same owner, so that it must exist. Raises InvalidTargetBucketForLogging."""
        body = call.request.body.read()
        document = LOGGING.read(body)
        target = documents.read(body, LOGGING.shape.name).findtext("LoggingEnabled/TargetBucket")
        if target and not self._store.buckets.exists(target):
            message = "The target bucket for logging does not exist, is not owned by you, or does not grant the appropriate permissions."
            raise OssError(400, "InvalidTargetBucketForLogging", message, {"TargetBucket": target})
        self._store.buckets.configure(call.bucket, LOGGING.name, document)
        return Reply(200)

    def put_lifecycle(self, call: Call) -> Reply:
        """Raises InvalidArgument where two rules overlap and the header does not allow it."""
        document = lifecycle.KIND.read(call.request.body.read())
        if call.headers.get("x-oss-allow-same-action-overlap", "").lower() != "true":
            lifecycle.check_overlap(fromstring(document))
        self._store.buckets.configure(call.bucket, lifecycle.KIND.name, document)
        return Reply(200)

    def put_policy(self, call: Call) -> Reply:
        """A JSON document ("PutBucketPolicy" of OSS). Raises InvalidPolicyDocument."""
        body = call.request.body.read()
        if len(body) > _MOST_POLICY_BYTES:
            raise malformed_policy(f"The policy is larger than {_MOST_POLICY_BYTES} bytes.")
        try:
            policy = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise malformed_policy("The policy is not in JSON format.") from error
        if not isinstance(policy, dict) or policy.get("Version") != "1" or not isinstance(policy.get("Statement"), list):
            raise malformed_policy('The policy needs "Version": "1" and a list named "Statement".')
        self._store.buckets.configure(call.bucket, POLICY.name, body.decode())
        return Reply(200)

    def policy(self, call: Call) -> Reply:
        return Reply(200, {"Content-Type": "application/json"}, self._configurations.found(call.bucket, POLICY).encode())
