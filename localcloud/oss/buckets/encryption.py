"""The rule by which a bucket's objects are to be encrypted ("PutBucketEncryption" of OSS). Nothing is encrypted on this disk."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

from localcloud.oss import documents
from localcloud.oss.buckets.configuration import Kind, Shape
from localcloud.oss.errors import OssError
from localcloud.oss.objects.encryption import FIELDS, asked_for, check_rule
from localcloud.oss.wire import Call

_APPLIED = "ApplyServerSideEncryptionByDefault"


def _missing(bucket: str) -> OssError:
    return OssError(
        404, "NoSuchServerSideEncryptionRule", "The server side encryption configuration was not found.", {"BucketName": bucket}
    )


def _check(root: Element) -> None:
    check_rule({name: root.findtext(f"{_APPLIED}/{name}") or "" for name in FIELDS})


KIND = Kind(
    "encryption",
    Shape(
        "ServerSideEncryptionRule",
        (Shape(_APPLIED, (Shape("SSEAlgorithm", required=True), Shape("KMSMasterKeyID"), Shape("KMSDataEncryption")), required=True),),
    ),
    _check,
    missing=_missing,
)


def of_headers(call: Call) -> str | None:
    """The rule that the headers of PutBucket give, if any. Raises InvalidArgument and InvalidEncryptionAlgorithmError."""
    rule = asked_for(call)
    if not rule:
        return None
    return documents.document(KIND.shape.name, [(_APPLIED, list(rule.items()))]).decode()


def in_bucket_info(document: str | None) -> list[documents.Element]:
    """The rule as GetBucketInfo tells it: without the element in between, and `None` where there is no rule."""
    if document is None:
        return [("SSEAlgorithm", "None")]
    return [(one.tag, one.text or "") for one in fromstring(document).iterfind(f"{_APPLIED}/*")]
