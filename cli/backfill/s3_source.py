"""Any S3-compatible bucket. Its content passes through this machine, one part at a time.

boto3 is an extra that is imported here only; who gives it credentials, and in what order, is its own business
("Credentials" in its guide: environment, profiles, instance roles).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import oss2
from oss2.models import PartInfo

from cli.backfill.address import Address
from cli.backfill.oss_errors import told_by_oss
from cli.backfill.problems import ObjectChanged, ObjectRefused, of_a_listing
from cli.backfill.source import Found, Part
from cli.errors import NOT_FOUND, CommandError
from cli.patience import Unavailable

PART_BYTES = 8 * 2**20
# Of one request, before the run pauses: botocore's standard mode waits up to 20 seconds between two attempts.
ATTEMPTS = 4
# "Error responses" of Amazon S3: what is wrong with the caller, and the setting to mend.
CALLER = {
    "InvalidAccessKeyId": ("the access key id is unknown", "AWS_ACCESS_KEY_ID"),
    "SignatureDoesNotMatch": ("the secret does not belong to the access key id", "AWS_SECRET_ACCESS_KEY"),
    "ExpiredToken": ("the temporary credentials have expired", "AWS_SESSION_TOKEN"),
    "InvalidToken": ("the session token is not valid", "AWS_SESSION_TOKEN"),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "the clock"),
    "PermanentRedirect": ("the bucket is in another region", "AWS_REGION"),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", "AWS_REGION"),
    "IllegalLocationConstraintException": ("the bucket is in another region", "AWS_REGION"),
}
BUSY = {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestTimeout", "TooManyRequests"}
CHANGED = {"PreconditionFailed", "NoSuchKey", "NoSuchVersion", "InvalidRange", "NotFound", "404", "412"}
HEADERS = {
    "ContentType": "Content-Type",
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
}


def new_client(endpoint_url: str | None) -> Any:
    """A client of boto3. Raises CommandError where boto3 is not installed, or can't be set up."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise CommandError(
            "reading from S3 needs boto3, which is not installed", f"install it with: {sys.executable} -m pip install 'boto3>=1.35'"
        ) from error
    config = Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, connect_timeout=10, read_timeout=60)
    try:
        return boto3.client("s3", endpoint_url=endpoint_url, config=config)
    except ValueError as error:
        raise CommandError(f"--endpoint-url: {error}", "name it with its scheme, such as https://s3.example.com") from error
    except BotoCoreError as error:
        raise CommandError(f"boto3 can't be set up: {error}", "set AWS_PROFILE and AWS_REGION right") from error


class S3Source:
    """`client` is boto3's. The object's content is read whole, or a part at a time, and written through the official SDK of OSS."""

    whole_bytes = PART_BYTES
    part_bytes = PART_BYTES

    def __init__(self, address: Address, client: Any) -> None:
        self.address = address
        self._client = client

    def objects(self, after: str) -> Iterator[Found]:
        # An empty StartAfter is refused by some S3-compatible services.
        start = {"StartAfter": after} if after else {}
        with of_a_listing(self.address), self._told("s3:ListBucket"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.address.bucket, Prefix=self.address.prefix, **start)
            for page in pages:
                for listed in page.get("Contents", []):
                    yield Found(listed["Key"], listed["ETag"].strip('"'), listed["Size"], listed["LastModified"])

    def find(self, key: str) -> Found | None:
        try:
            with self._told():
                answer = self._client.head_object(Bucket=self.address.bucket, Key=key)
        except ObjectChanged:
            return None
        return Found(key, answer["ETag"].strip('"'), answer["ContentLength"], answer["LastModified"])

    def headers(self, found: Found) -> Mapping[str, str]:
        with self._told():
            answer = self._client.head_object(Bucket=self.address.bucket, Key=found.key, IfMatch=f'"{found.etag}"')
        own = {ours: answer[theirs] for theirs, ours in HEADERS.items() if answer.get(theirs)}
        meta = {f"x-oss-meta-{name}": value for name, value in answer.get("Metadata", {}).items()}
        # What is not ASCII has no one spelling in a header; S3 itself shows it encoded.
        return {name: value for name, value in (own | meta).items() if value.isascii()}

    def bring(self, found: Found, bucket: oss2.Bucket, key: str, headers: Mapping[str, str]) -> None:
        content = self._read(found, {})
        with told_by_oss(bucket.bucket_name):
            bucket.put_object(key, content, headers=dict(headers))

    def bring_part(self, found: Found, bucket: oss2.Bucket, key: str, part: Part) -> PartInfo:
        content = self._read(found, {"Range": f"bytes={part.start}-{part.start + part.length - 1}"})
        with told_by_oss(bucket.bucket_name):
            answer = bucket.upload_part(key, part.upload_id, part.number, content)
        return PartInfo(part.number, answer.etag, size=part.length, part_crc=answer.crc)

    def _read(self, found: Found, more: Mapping[str, str]) -> bytes:
        with self._told():
            answer = self._client.get_object(Bucket=self.address.bucket, Key=found.key, IfMatch=f'"{found.etag}"', **more)
            content: bytes = answer["Body"].read()
        return content

    @contextmanager
    def _told(self, permission: str = "s3:GetObject") -> Iterator[None]:
        """Raises ObjectChanged, ObjectRefused, Unavailable or CommandError for what S3 or the way there raises inside the block."""
        from botocore import exceptions

        where = f"s3://{self.address.bucket}"
        try:
            yield
        except exceptions.ClientError as error:
            raise self._refused(error.response, permission) from error
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.CredentialRetrievalError) as error:
            fix = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            raise CommandError(f"there are no credentials for {where}", fix) from error
        except exceptions.ParamValidationError as error:
            raise ObjectRefused(f"boto3 can't ask for it: {error}") from error
        except exceptions.BotoCoreError as error:
            raise Unavailable(f"{where} gives no answer ({type(error).__name__})") from error

    def _refused(self, response: Mapping[str, Any], permission: str) -> Exception:
        where, code = f"s3://{self.address.bucket}", str(response["Error"].get("Code", ""))
        status = int(response["ResponseMetadata"].get("HTTPStatusCode", 0))
        if code in CALLER:
            problem, setting = CALLER[code]
            return CommandError(f"{where} refused: {problem} ({code})", f"set {setting} right")
        if code == "NoSuchBucket":
            return CommandError(f"there is no bucket {self.address.bucket}", "check the address, and --endpoint-url", NOT_FOUND)
        if permission == "s3:ListBucket" and status in (401, 403):
            return CommandError(f"{where} may not be listed ({code})", f"grant {permission} on the bucket to the key in use")
        if code in CHANGED:
            return ObjectChanged(code)
        if code in BUSY or status >= 500 or status == 429:
            # botocore makes a 500 of a 200 whose content is not S3's.
            return Unavailable(f"{where} answers {status}{'' if code == str(status) else f' {code}'}")
        hint = f"; grant {permission}" if status == 403 else ""
        return ObjectRefused(f"{where} answered {status} {code}: {response['Error'].get('Message', '')}{hint}")
