"""The operations of OSS that exist here: how each is asked for, who may, and what it lacks. Read without a running service."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from localcloud.oss.access import Access
from localcloud.oss.subresources import NEWER, SUBRESOURCES

SELECTORS = SUBRESOURCES - {"versionId"} | NEWER | {"list-type", "status", "styleName"}
"""The query parameters that choose an operation."""


class Scope(Enum):
    """What an operation is about."""

    SERVICE = "/"
    BUCKET = "/bucket/"
    OBJECT = "/bucket/key"


@dataclass(frozen=True)
class Operation:
    """`name` is that of the API reference. `request` is a method and the sub-resources beside it, `"PUT acl"`.

    The method COPY is a PUT with `x-oss-copy-source`. `lacks` says in a phrase what is not done; it is empty for what does everything.
    """

    scope: Scope
    request: str
    name: str
    access: Access = Access.OWNER
    lacks: str = ""

    @property
    def key(self) -> tuple[Scope, str, frozenset[str]]:
        method, *selectors = self.request.split()
        return self.scope, method, frozenset(selectors)


_UNENCRYPTED = "headers for encryption on the server are kept and answered, but nothing is encrypted on disk"
_NOT_PROCESSED = "TIFF, HEIC and AVIF; marks of words and a picture together, and in OSS's own fonts; documents and sound"

_SERVICE = (
    Operation(Scope.SERVICE, "GET", "ListBuckets"),
    Operation(Scope.SERVICE, "GET regionList", "ListBuckets", lacks="the list of regions beside the buckets"),
)

_BUCKET = tuple(
    Operation(Scope.BUCKET, *line)
    for line in (
        ("GET", "ListObjects", Access.READ),
        ("GET list-type", "ListObjectsV2", Access.READ),
        ("GET versions", "ListObjectVersions"),
        ("PUT", "PutBucket", Access.OWNER, "there is one resource group; cluster and tagging headers are ignored"),
        ("DELETE", "DeleteBucket"),
        ("OPTIONS", "OptionObject", Access.PREFLIGHT),
        ("POST", "PostObject", Access.FORM, f"callbacks are sent unsigned; {_UNENCRYPTED}"),
        ("GET bucketInfo", "GetBucketInfo"),
        ("GET stat", "GetBucketStat"),
        ("GET location", "GetBucketLocation"),
        ("GET acl", "GetBucketAcl"),
        ("PUT acl", "PutBucketAcl"),
        ("GET versioning", "GetBucketVersioning"),
        ("PUT versioning", "PutBucketVersioning"),
        ("GET uploads", "ListMultipartUploads"),
        ("POST delete", "DeleteMultipleObjects"),
        ("GET cors", "GetBucketCors"),
        ("PUT cors", "PutBucketCors"),
        ("DELETE cors", "DeleteBucketCors"),
        ("GET referer", "GetBucketReferer"),
        ("PUT referer", "PutBucketReferer"),
        ("GET website", "GetBucketWebsite"),
        ("PUT website", "PutBucketWebsite", Access.OWNER, "mirror rules are kept, but nothing is fetched from the other server"),
        ("DELETE website", "DeleteBucketWebsite"),
        ("GET lifecycle", "GetBucketLifecycle"),
        ("PUT lifecycle", "PutBucketLifecycle", Access.OWNER, "rules by the time of the last access"),
        ("DELETE lifecycle", "DeleteBucketLifecycle"),
        ("GET tagging", "GetBucketTags"),
        ("PUT tagging", "PutBucketTags"),
        ("DELETE tagging", "DeleteBucketTags"),
        ("GET encryption", "GetBucketEncryption"),
        (
            "PUT encryption",
            "PutBucketEncryption",
            Access.OWNER,
            "the rule is kept and answered, but nothing is encrypted on disk, and objects do not name it",
        ),
        ("DELETE encryption", "DeleteBucketEncryption"),
        ("GET logging", "GetBucketLogging"),
        ("PUT logging", "PutBucketLogging", Access.OWNER, "the rule is kept and answered, but no access log is written"),
        ("DELETE logging", "DeleteBucketLogging"),
        ("GET requestPayment", "GetBucketRequestPayment"),
        ("PUT requestPayment", "PutBucketRequestPayment", Access.OWNER, "kept and answered; there is one account, and nobody pays"),
        ("GET qos", "GetUserQos"),
        ("PUT qos", "PutUserQos", Access.OWNER, "the quota is kept and answered, but not enforced"),
        ("GET policy", "GetBucketPolicy"),
        ("PUT policy", "PutBucketPolicy", Access.OWNER, "kept and answered, but not evaluated: ACLs and the policies of roles decide"),
        ("DELETE policy", "DeleteBucketPolicy"),
        ("GET live", "ListLiveChannel"),
        ("PUT style styleName", "PutStyle"),
        ("GET style styleName", "GetStyle"),
        ("GET style", "ListStyle"),
        ("DELETE style styleName", "DeleteStyle"),
    )
)

_OBJECT = tuple(
    Operation(Scope.OBJECT, *line)
    for line in (
        ("GET", "GetObject", Access.READ),
        ("HEAD", "HeadObject", Access.READ),
        ("OPTIONS", "OptionObject", Access.PREFLIGHT),
        ("GET objectMeta", "GetObjectMeta", Access.READ),
        ("HEAD objectMeta", "GetObjectMeta", Access.READ),
        ("GET x-oss-process", "GetObject with x-oss-process", Access.READ, _NOT_PROCESSED),
        ("POST x-oss-process", "ProcessObject", Access.OWNER, _NOT_PROCESSED),
        (
            "POST x-oss-async-process",
            "AsyncProcessObject",
            Access.OWNER,
            "answers that no IMM project is bound to the bucket, as the cloud does then",
        ),
        ("GET acl", "GetObjectACL"),
        ("GET tagging", "GetObjectTagging"),
        ("GET symlink", "GetSymlink", Access.READ),
        ("PUT", "PutObject", Access.WRITE, f"callbacks are sent unsigned; {_UNENCRYPTED}"),
        ("COPY", "CopyObject", Access.OWNER, _UNENCRYPTED),
        ("POST append", "AppendObject", Access.WRITE, _UNENCRYPTED),
        ("DELETE", "DeleteObject", Access.WRITE),
        ("DELETE symlink", "DeleteObject", Access.WRITE),
        ("POST restore", "RestoreObject"),
        ("PUT acl", "PutObjectACL"),
        ("PUT tagging", "PutObjectTagging"),
        ("DELETE tagging", "DeleteObjectTagging"),
        ("PUT symlink", "PutSymlink"),
        ("POST uploads", "InitiateMultipartUpload", Access.WRITE, _UNENCRYPTED),
        ("PUT uploadId", "UploadPart", Access.WRITE),
        ("COPY uploadId", "UploadPartCopy"),
        ("POST uploadId", "CompleteMultipartUpload", Access.WRITE, f"callbacks are sent unsigned; {_UNENCRYPTED}"),
        ("DELETE uploadId", "AbortMultipartUpload", Access.WRITE),
        ("GET uploadId", "ListParts"),
        ("PUT live", "PutLiveChannel", Access.OWNER, "no stream can be pushed to a channel"),
        ("PUT live status", "PutLiveChannelStatus"),
        ("GET live", "GetLiveChannelInfo"),
        ("DELETE live", "DeleteLiveChannel"),
    )
)

OPERATIONS: tuple[Operation, ...] = (*_SERVICE, *_BUCKET, *_OBJECT)
