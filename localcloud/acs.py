"""The signatures of Alibaba Cloud's OpenAPI gateway, verified; and the gateway's way of saying no.

Two generations are met in the field: ACS3-HMAC-SHA256 in the Authorization header (every SDK of today), and RPC version 1, HMAC-SHA1 with
the signature among the parameters (older SDKs, `signature_algorithm='v2'`). Both are described at
https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature and
https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from localcloud.http import Body, Reply, Request, Terms, Trouble
from localcloud.identity import CredentialError, ExpiredSecurityToken, Keyring, NotAllowed, Principal, UnknownAccessKey
from localcloud.nonces import WINDOW_SECONDS, NonceMemory, Nonces

ALGORITHM = "ACS3-HMAC-SHA256"
_FORM = "application/x-www-form-urlencoded"
# What an attacker would gain by changing is covered by the signature whenever it is sent.
_MUST_BE_SIGNED = {
    "host",
    "x-acs-accesskey-id",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-security-token",
    "x-acs-signature-nonce",
    "x-acs-version",
}


class AcsError(Exception):
    """A refusal in the gateway's words: an HTTP status, a code such as `SignatureDoesNotMatch`, and a sentence.

    `details` are further fields of the answer.
    """

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})


@dataclass(frozen=True)
class Caller:
    """Who signed the request."""

    access_key_id: str
    principal: Principal = field(default=Principal())


_nonces = NonceMemory()


def authenticate(request: Request, keyring: Keyring, now: float, nonces: Nonces = _nonces) -> Caller:
    """Verify the signature of `request`, of either generation. `now` is in seconds since the epoch.

    Raises AcsError: the key is unknown, the signature is wrong, the time is more than 15 minutes off, or the nonce was used before.
    """
    if request.headers.get("authorization", "").startswith(ALGORITHM):
        return _Version3(request, keyring, nonces).verify(now)
    if "Signature" in parameters(request):
        return _Version1(request, keyring, nonces).verify(now)
    raise AcsError(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.")


def authenticate_web(request: Request, keyring: Keyring, now: float) -> Caller:
    """As `authenticate`, for a Function Compute HTTP trigger whose `authType` is function.

    Its callers sign the date, the path and the query; a nonce and the hash of the body count where they are sent (official help,
    "Configure signature authentication for HTTP triggers": the samples send neither, and sign an empty hash).
    """
    if not request.headers.get("authorization", "").startswith(ALGORITHM):
        raise AcsError(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.")
    return _WebVersion3(request, keyring, _nonces).verify(now)


def parameters(request: Request) -> dict[str, str]:
    """The parameters of an RPC call: those of the query, and of a form body where there is one."""
    merged = request.query
    if request.headers.get("content-type", "").split(";")[0].strip().lower() == _FORM:
        merged.update(parse_qsl(request.body.read().decode("utf-8", "replace"), keep_blank_values=True))
    return merged


def acs_error_reply(error: AcsError, request_id: str, host: str) -> Reply:
    """The gateway's error body. The official samples print `error.data.get("Recommend")`, so that field is always there."""
    body = {
        "RequestId": request_id,
        "HostId": host,
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://api.alibabacloud.com/troubleshoot?q={quote(error.code)}&requestId={quote(request_id)}",
        **error.details,
    }
    return json_reply(body, request_id, error.status)


def not_allowed(denied: NotAllowed, account_id: str) -> AcsError:
    """What a caller is told whose role may not do this.

    The code and the sentence are the gateway's (many reports, github.com/honwen/aliyun-ddns-cli/issues/27 for one), which that report met
    with status 400 and common error pages list with 403: 403 is our assumption. The details are those that the SDKs read, by the pages on
    access denied errors of RAM.
    """
    details = {
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "AuthPrincipalOwnerId": account_id,
        "AuthPrincipalType": "AssumedRoleUser",
        "AuthPrincipalDisplayName": denied.role,
        "NoPermissionType": "ExplicitDeny" if denied.explicit else "ImplicitDeny",
        "AuthAction": denied.action,
    }
    message = "User not authorized to operate on the specified resource, or this API doesn't support RAM."
    return AcsError(403, "Forbidden.RAM", message, {"AccessDeniedDetail": details})


LONGEST_BODY = 4 * 1024 * 1024
"""Bytes of parameters. Our assumption: IMS documents limits of single parameters, the longest some thousand characters."""
TERMS = Terms(longest=LONGEST_BODY)
_TROUBLES = {
    Trouble.HEAD_TOO_LARGE: "RequestHeaderTooLarge",
    Trouble.BODY_TOO_LARGE: "RequestBodyTooLarge",
    Trouble.BODY_TOO_SLOW: "RequestTimeout",
    Trouble.TWO_LENGTHS: "InvalidRequest",
    Trouble.TOO_MANY_CONNECTIONS: "ServiceUnavailable",
}
"""Codes: our assumption, but for the last, which is on the common error page."""


def acs_refusal(request: Request, trouble: Trouble, request_id: str) -> Reply:
    """What the gateway says of a request that could not be read."""
    return acs_error_reply(AcsError(trouble.status, _TROUBLES[trouble], trouble.value), request_id, request.headers.get("host", ""))


def json_reply(body: object, request_id: str, status: int = 200) -> Reply:
    """A JSON answer that carries its request id in the header too, as the gateway's do."""
    headers = {"Content-Type": "application/json;charset=utf-8", "x-acs-request-id": request_id}
    return Reply(status, headers, json.dumps(body, ensure_ascii=False).encode())


@dataclass(frozen=True)
class _Version3:
    """ACS3-HMAC-SHA256: everything is in the headers, and SignedHeaders says which of them count."""

    request: Request
    keyring: Keyring
    nonces: Nonces

    def verify(self, now: float) -> Caller:
        headers = self.request.headers
        access_key_id, signed_headers, signature = self._authorization()
        self._require_signed(signed_headers)
        _check_time(headers.get("x-acs-date", ""), now)
        secret = _secret(self.keyring, access_key_id, headers.get("x-acs-security-token"))
        payload_hash = self._payload_hash()
        string_to_sign = f"{ALGORITHM}\n{hashlib.sha256(self._canonical_request(signed_headers, payload_hash)).hexdigest()}"
        expected = hmac.new(secret.encode(), string_to_sign.encode(), hashlib.sha256).hexdigest()
        _compare(expected, signature)
        self._use_nonce(access_key_id, now)
        return Caller(access_key_id, self.keyring.principal(access_key_id, headers.get("x-acs-security-token")))

    def _payload_hash(self) -> str:
        payload_hash = _sha256(self.request.body)
        if self.request.headers.get("x-acs-content-sha256", payload_hash) != payload_hash:
            raise AcsError(400, "InvalidParameter.ContentSha256", "The header x-acs-content-sha256 is not the SHA-256 of the body.")
        return payload_hash

    def _use_nonce(self, access_key_id: str, now: float) -> None:
        _use_nonce(self.nonces, access_key_id, self.request.headers.get("x-acs-signature-nonce", ""), now)

    def _authorization(self) -> tuple[str, list[str], str]:
        text = self.request.headers["authorization"].removeprefix(ALGORITHM)
        fields = dict(re.findall(r"(\w+)=([^,\s]*)", text))
        try:
            return fields["Credential"], fields["SignedHeaders"].lower().split(";"), fields["Signature"]
        except KeyError as missing:
            raise _incomplete(f"the Authorization header has no {missing.args[0]}") from None

    def _require_signed(self, signed_headers: list[str]) -> None:
        unsigned = sorted(name for name in _MUST_BE_SIGNED - set(signed_headers) if name in self.request.headers)
        if unsigned:
            raise _incomplete(f"these headers are not signed: {', '.join(unsigned)}")

    def _canonical_request(self, signed_headers: list[str], payload_hash: str) -> bytes:
        # The query is decoded and encoded again: SDKs sign a space as %20 and send it as a plus.
        query = "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(self.request.query.items()))
        names = sorted(signed_headers)
        lines = "".join(f"{name}:{self.request.headers.get(name, '').strip()}\n" for name in names)
        parts = [self.request.method, self.request.raw_path or "/", query, lines, ";".join(names), payload_hash]
        return "\n".join(parts).encode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class _WebVersion3(_Version3):
    """What a caller of an HTTP trigger leaves out is not asked for."""

    def _require_signed(self, signed_headers: list[str]) -> None:
        super()._require_signed([*signed_headers, "host"])

    def _payload_hash(self) -> str:
        return super()._payload_hash() if "x-acs-content-sha256" in self.request.headers else ""

    def _use_nonce(self, access_key_id: str, now: float) -> None:
        if "x-acs-signature-nonce" in self.request.headers:
            super()._use_nonce(access_key_id, now)


@dataclass(frozen=True)
class _Version1:
    """RPC version 1, HMAC-SHA1: the signature and all it needs are parameters, in the query or in a form body."""

    request: Request
    keyring: Keyring
    nonces: Nonces

    def verify(self, now: float) -> Caller:
        given = parameters(self.request)
        if given.get("SignatureMethod", "HMAC-SHA1").upper() != "HMAC-SHA1":
            raise AcsError(400, "InvalidSignatureMethod", "The parameter SignatureMethod must be HMAC-SHA1.")
        access_key_id = given.get("AccessKeyId", "")
        if not access_key_id:
            raise AcsError(400, "MissingAccessKeyId", "AccessKeyId is mandatory for this action.")
        _check_time(given.get("Timestamp", ""), now)
        secret = _secret(self.keyring, access_key_id, given.get("SecurityToken"))
        signature = given.pop("Signature")
        pairs = "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(given.items()))
        string_to_sign = f"{self.request.method}&%2F&{_encode(pairs)}"
        expected = hmac.new(f"{secret}&".encode(), string_to_sign.encode(), hashlib.sha1).digest()
        _compare(base64.b64encode(expected).decode(), signature)
        _use_nonce(self.nonces, access_key_id, given.get("SignatureNonce", ""), now)
        return Caller(access_key_id, self.keyring.principal(access_key_id, given.get("SecurityToken")))


def _encode(text: str) -> str:
    return quote(text, safe="~", errors="surrogateescape")


def _sha256(body: Body) -> str:
    if body.path is None:
        return hashlib.sha256(body.data).hexdigest()
    digest = hashlib.sha256()
    with body.path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _check_time(text: str, now: float) -> None:
    try:
        signed_at = calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        raise AcsError(400, "InvalidTimeStamp.Format", "Specified time stamp is not well formatted; use 2006-01-02T15:04:05Z.") from None
    if abs(now - signed_at) > WINDOW_SECONDS:
        raise AcsError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired; check this machine's clock.")


def _secret(keyring: Keyring, access_key_id: str, token: str | None) -> str:
    try:
        return keyring.secret_for(access_key_id, token)
    except UnknownAccessKey:
        raise AcsError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.") from None
    except ExpiredSecurityToken:
        raise AcsError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.") from None
    except CredentialError:
        raise AcsError(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.") from None


def _compare(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
        raise AcsError(400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")


def _use_nonce(nonces: Nonces, access_key_id: str, nonce: str, now: float) -> None:
    if not nonce:
        raise AcsError(400, "MissingSignatureNonce", "SignatureNonce is mandatory for this action.")
    if not nonces.use(access_key_id, nonce, now):
        raise AcsError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


def _incomplete(why: str) -> AcsError:
    return AcsError(400, "IncompleteSignature", f"The request signature does not conform to Aliyun standards: {why}.")
