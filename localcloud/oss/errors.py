"""What OSS refuses, in its own codes.

Codes, statuses and messages: "Error codes" of OSS (help.aliyun.com/document_detail/32005.html) and the exceptions of oss2 2.19.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from localcloud.identity import NotAllowed


class OssError(Exception):
    """Goes out as an `<Error>` document; `details` are further elements of it, `nested` such as have elements of their own."""

    nested: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()

    def __init__(
        self, status: int, code: str, message: str, details: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class NotPermitted(OssError):
    """A role lacks a right. Source: the pages of EC 0003-00000001 (nothing allows it) and 0003-00000201 (a policy denies it)."""

    def __init__(self, denied: NotAllowed, account_id: str) -> None:
        allowed_by_none = "You have no right to access this object because of bucket acl."
        message = "Access denied by bucket policy." if denied.explicit else allowed_by_none
        super().__init__(403, "AccessDenied", message, {"EC": "0003-00000201" if denied.explicit else "0003-00000001"})
        detail = (
            ("PolicyType", "AccountLevelIdentityBasedPolicy"),
            ("AuthPrincipalOwnerId", account_id),
            ("AuthPrincipalType", "AssumedRoleUser"),
            ("AuthPrincipalDisplayName", denied.role),
            ("NoPermissionType", "ExplicitDeny" if denied.explicit else "ImplicitDeny"),
            ("AuthAction", denied.action),
        )
        self.nested = (("AccessDeniedDetail", detail),)


class NotModified(OssError):
    """Answered without a document: a 304 has none."""

    def __init__(self, etag: str) -> None:
        super().__init__(304, "NotModified", "Not Modified", headers={"ETag": etag})


def internal_error() -> OssError:
    return OssError(500, "InternalError", "We encountered an internal error. Please try again.")


def access_denied(message: str, **details: str) -> OssError:
    return OssError(403, "AccessDenied", message, details)


def refused(code: str, message: str, **details: str) -> OssError:
    return OssError(403, code, message, details)


def invalid_argument(name: str, value: str, message: str) -> OssError:
    return OssError(400, "InvalidArgument", message, {"ArgumentName": name, "ArgumentValue": value})


def invalid_request(message: str) -> OssError:
    return OssError(400, "InvalidRequest", message)


def not_implemented(feature: str) -> OssError:
    return OssError(
        400, "NotImplemented", "A header or query you provided implies functionality that is not implemented.", {"Header": feature}
    )


def method_not_allowed(method: str) -> OssError:
    message = "The specified method is not allowed against this resource."
    return OssError(405, "MethodNotAllowed", message, {"Method": method})


def malformed_xml() -> OssError:
    return OssError(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema.")


def invalid_digest() -> OssError:
    return OssError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")


def invalid_bucket_name(name: str) -> OssError:
    return OssError(400, "InvalidBucketName", "The specified bucket is not valid.", {"BucketName": name})


def invalid_object_name() -> OssError:
    return OssError(400, "InvalidObjectName", "The specified object is not valid.")


def no_such_bucket(name: str) -> OssError:
    return OssError(404, "NoSuchBucket", "The specified bucket does not exist.", {"BucketName": name})


def bucket_not_empty(name: str) -> OssError:
    return OssError(409, "BucketNotEmpty", "The bucket has objects. Please delete them first.", {"BucketName": name})


def no_such_key(key: str, headers: Mapping[str, str] | None = None) -> OssError:
    return OssError(404, "NoSuchKey", "The specified key does not exist.", {"Key": key}, headers)


def no_such_version(key: str, version: str) -> OssError:
    return OssError(404, "NoSuchVersion", "The specified version does not exist.", {"Key": key, "VersionId": version})


def delete_marker_found(headers: Mapping[str, str]) -> OssError:
    message = "The specified method is not allowed against this resource."
    return OssError(405, "MethodNotAllowed", message, {"ResourceType": "DeleteMarker"}, {"Allow": "DELETE", **headers})


def invalid_object_state(key: str) -> OssError:
    return OssError(403, "InvalidObjectState", "The operation is not valid for the object's state.", {"ObjectName": key})


def operation_not_supported(message: str) -> OssError:
    return OssError(400, "OperationNotSupported", message)


def restore_already_in_progress() -> OssError:
    return OssError(409, "RestoreAlreadyInProgress", "The restore operation is in progress.")


def symlink_target_missing(target: str) -> OssError:
    return OssError(404, "SymlinkTargetNotExist", "The symlink target object does not exist.", {"Key": target})


def not_symlink(key: str) -> OssError:
    return OssError(400, "NotSymlink", "The object is not symlink.", {"Key": key})


def file_already_exists() -> OssError:
    return OssError(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.")


def object_not_appendable() -> OssError:
    return OssError(409, "ObjectNotAppendable", "The object is not appendable.")


def position_not_equal_to_length(length: int) -> OssError:
    message = "Position is not equal to file length."
    return OssError(409, "PositionNotEqualToLength", message, headers={"x-oss-next-append-position": str(length)})


def no_such_upload(upload_id: str) -> OssError:
    message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    return OssError(404, "NoSuchUpload", message, {"UploadId": upload_id})


def invalid_part(number: int) -> OssError:
    message = (
        "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag."
    )
    return OssError(400, "InvalidPart", message, {"PartNumber": str(number)})


def invalid_part_order() -> OssError:
    return OssError(
        400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts list must specified in order by part number."
    )


def part_not_sequential(number: int) -> OssError:
    return OssError(400, "PartNotSequential", "Part number must be sequential.", {"PartNumber": str(number)})


def part_too_small(number: int, size: int) -> OssError:
    message = "Your proposed upload smaller than the minimum allowed size."
    return OssError(400, "EntityTooSmall", message, {"PartNumber": str(number), "ProposedSize": str(size), "MinSizeAllowed": "102400"})


def precondition_failed(condition: str) -> OssError:
    return OssError(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.", {"Condition": condition})


def invalid_range(wanted: str, size: int) -> OssError:
    message = "The requested range cannot be satisfied."
    return OssError(416, "InvalidRange", message, {"RangeRequested": wanted, "ActualObjectSize": str(size)})
