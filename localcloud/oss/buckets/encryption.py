"""The rule by which a bucket's objects are to be encrypted ("PutBucketEncryption" of OSS). Nothing is encrypted on this disk."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

from localcloud.oss import documents
from localcloud.oss.buckets.configuration import Kind, Shape
from localcloud.oss.errors import OssError, invalid_argument
from localcloud.oss.wire import Call

ALGORITHMS = ("AES256", "KMS", "SM4")
_APPLIED = "ApplyServerSideEncryptionByDefault"
_FIELDS = {
    "SSEAlgorithm": "x-oss-server-side-encryption",
    "KMSMasterKeyID": "x-oss-server-side-encryption-key-id",
    "KMSDataEncryption": "x-oss-server-side-data-encryption",
}
"""The elements of a rule, and the headers of PutBucket that say the same."""


def _missing(bucket: str) -> OssError:
    return OssError(
        404, "NoSuchServerSideEncryptionRule", "The server side encryption configuration was not found.", {"BucketName": bucket}
    )


def _check(root: Element) -> None:
    _check_rule({name: root.findtext(f"{_APPLIED}/{name}") or "" for name in _FIELDS})


def _check_rule(rule: dict[str, str]) -> None:
    algorithm, data = rule["SSEAlgorithm"], rule["KMSDataEncryption"]
    if algorithm not in ALGORITHMS:
        message = f"The Encryption request you specified is not valid. Supported value: {'/'.join(ALGORITHMS)}."
        raise OssError(400, "InvalidEncryptionAlgorithmError", message, {"SSEAlgorithm": algorithm})
    if rule["KMSMasterKeyID"] and algorithm != "KMS":
        raise invalid_argument("KMSMasterKeyID", rule["KMSMasterKeyID"], "KMSMasterKeyID is not applicable if the algorithm is not KMS.")
    if data and (algorithm != "KMS" or data != "SM4"):
        raise invalid_argument("KMSDataEncryption", data, "KMSDataEncryption can only be SM4, and only where the algorithm is KMS.")


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
    rule = {name: call.headers.get(header, "") for name, header in _FIELDS.items()}
    if not any(rule.values()):
        return None
    _check_rule(rule)
    given = [(name, value) for name, value in rule.items() if value]
    return documents.document(KIND.shape.name, [(_APPLIED, given)]).decode()


def in_bucket_info(document: str | None) -> list[documents.Element]:
    """The rule as GetBucketInfo tells it: without the element in between, and `None` where there is no rule."""
    if document is None:
        return [("SSEAlgorithm", "None")]
    return [(one.tag, one.text or "") for one in fromstring(document).iterfind(f"{_APPLIED}/*")]
