"""What right a request needs: the action and the resource that a policy would name.

Source: "RAM policy" of OSS, the Action element, and the sections on permissions of its API reference. An operation needs the action of
its own name unless it stands here.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from localcloud.oss import documents
from localcloud.oss.access import Right
from localcloud.oss.operations import Operation
from localcloud.oss.wire import Call
from localcloud.place import Place

_READ = ("HeadObject", "GetObjectMeta", "GetObject with x-oss-process", "GetSymlink")
_WRITE = (
    "AppendObject",
    "CopyObject",
    "PutSymlink",
    "PostObject",
    "InitiateMultipartUpload",
    "UploadPart",
    "UploadPartCopy",
    "CompleteMultipartUpload",
)
_OTHER = {
    "ListObjectsV2": "ListObjects",
    "GetObjectACL": "GetObjectAcl",
    "PutObjectACL": "PutObjectAcl",
    "GetBucketTags": "GetBucketTagging",
    "PutBucketTags": "PutBucketTagging",
    "DeleteBucketTags": "DeleteBucketTagging",
    "DeleteBucketCors": "PutBucketCors",
    "DeleteBucketLogging": "PutBucketLogging",
    "DeleteBucketWebsite": "PutBucketWebsite",
    "DeleteBucketLifecycle": "PutBucketLifecycle",
    "DeleteBucketEncryption": "PutBucketEncryption",
    "GetBucketStat": "GetBucketInfo",
    "ProcessObject": "PostProcessTask",
    "AsyncProcessObject": "PostProcessTask",
}
_ACTIONS = {**dict.fromkeys(_READ, "GetObject"), **dict.fromkeys(_WRITE, "PutObject"), **_OTHER}
_VERSIONED = ("GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging")
_SOURCES = ("CopyObject", "UploadPartCopy")


def rights(call: Call, operation: Operation, place: Place) -> Iterator[Right]:
    """All of them are needed. Raises MalformedXML for a list of keys to delete that can't be read."""
    if operation.name == "DeleteMultipleObjects":
        yield from _deletions(call, place)
        return
    action = _ACTIONS.get(operation.name, operation.name)
    if call.query.get("versionId") and action in _VERSIONED:
        action = action.replace("Object", "ObjectVersion", 1)
    yield Right(f"oss:{action}", _resource(place, call.bucket, call.key))
    if operation.name in _SOURCES:
        bucket, _, key = unquote(call.headers["x-oss-copy-source"].partition("?")[0]).removeprefix("/").partition("/")
        yield Right("oss:GetObject", _resource(place, bucket, key))
    # The EC 0003-00000905 of OSS has both: tags beside the content need a right of their own. The same of an ACL is our assumption.
    if "x-oss-tagging" in call.headers:
        yield Right("oss:PutObjectTagging", _resource(place, call.bucket, call.key))
    if "x-oss-object-acl" in call.headers and action == "PutObject":
        yield Right("oss:PutObjectAcl", _resource(place, call.bucket, call.key))


def _deletions(call: Call, place: Place) -> Iterator[Right]:
    for one in documents.read(call.request.body.read(), "Delete").iter("Object"):
        action = "oss:DeleteObjectVersion" if one.findtext("VersionId") else "oss:DeleteObject"
        yield Right(action, _resource(place, call.bucket, one.findtext("Key") or ""))


def _resource(place: Place, bucket: str, key: str) -> str:
    return place.bucket_arn(f"{bucket}/{key}" if key else bucket or "*")
