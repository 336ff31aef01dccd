"""How a client asks for encryption on the server: three headers. They are checked, kept and answered; nothing is encrypted on this disk.

Source: "PutObject" and "PutBucketEncryption" of OSS (help.aliyun.com/document_detail/31978.html).
"""

from __future__ import annotations

from localcloud.oss.errors import OssError, invalid_argument
from localcloud.oss.wire import Call

ALGORITHMS = ("AES256", "KMS", "SM4")
FIELDS = {
    "SSEAlgorithm": "x-oss-server-side-encryption",
    "KMSMasterKeyID": "x-oss-server-side-encryption-key-id",
    "KMSDataEncryption": "x-oss-server-side-data-encryption",
}
"""The elements of a bucket's rule, and the headers that say the same of a new bucket or object."""


def asked_for(call: Call) -> dict[str, str]:
    """The rule that the headers give, by the names of its elements. Raises InvalidArgument and InvalidEncryptionAlgorithmError."""
    rule = {name: call.headers[header] for name, header in FIELDS.items() if call.headers.get(header)}
    if rule:
        check_rule(rule)
    return rule


def encryption_of(call: Call) -> dict[str, str]:
    """The same as headers, which every reply about the object repeats."""
    return {FIELDS[name]: value for name, value in asked_for(call).items()}


def check_rule(rule: dict[str, str]) -> None:
    """Raises InvalidArgument and InvalidEncryptionAlgorithmError."""
    algorithm, key, data = (rule.get(name, "") for name in FIELDS)
    if algorithm not in ALGORITHMS:
        message = f"The Encryption request you specified is not valid. Supported value: {'/'.join(ALGORITHMS)}."
        raise OssError(400, "InvalidEncryptionAlgorithmError", message, {"SSEAlgorithm": algorithm})
    if key and algorithm != "KMS":
        raise invalid_argument("KMSMasterKeyID", key, "KMSMasterKeyID is not applicable if the algorithm is not KMS.")
    if data and (algorithm != "KMS" or data != "SM4"):
        raise invalid_argument("KMSDataEncryption", data, "KMSDataEncryption can only be SM4, and only where the algorithm is KMS.")
