"""Who signed the form of a PostObject: what is signed is its policy, in base64 as it stands there."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.identity import Keyring, Principal
from localcloud.oss.errors import invalid_argument
from localcloud.oss.signing.claims import (
    LONGEST_PRESIGN,
    SKEW_SECONDS,
    V4_NAME,
    Claim,
    check,
    check_skew,
    compact_time,
    credential_of,
    in_base64,
    in_version_4,
)


def check_form(fields: Mapping[str, str], keyring: Keyring, region: str, now: float) -> Principal | None:
    """Who signed a form, if anybody; its fields have names in lower case.

    Raises OssError for a wrong signature or an unknown key, and for a signature without a policy.
    """
    claim = _form_claim(fields, region, now)
    if claim is None:
        return None
    if not fields.get("policy"):
        message = "Bucket POST must contain a field named 'policy'. If it is specified, please check the order of the fields."
        raise invalid_argument("policy", "", message)
    return check(claim, keyring)


def _form_claim(fields: Mapping[str, str], region: str, now: float) -> Claim | None:
    policy, token = fields.get("policy", "").encode(), fields.get("x-oss-security-token")
    if fields.get("x-oss-signature-version") == V4_NAME:
        date = fields.get("x-oss-date", "")
        signed_at = compact_time(date)
        if not -SKEW_SECONDS <= now - signed_at <= LONGEST_PRESIGN:
            check_skew(now, signed_at)
        credential = credential_of(fields.get("x-oss-credential", ""), date, region, "form")
        expected = in_version_4(credential.scope, policy)
        return Claim(credential.access_key_id, fields.get("x-oss-signature", ""), policy, expected, token)
    if "ossaccesskeyid" in fields or "signature" in fields:
        return Claim(fields.get("ossaccesskeyid", ""), fields.get("signature", ""), policy, in_base64(policy, "sha1"), token)
    return None
