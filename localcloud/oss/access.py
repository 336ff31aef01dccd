"""Who may ask for what: without a signature, and with the key of a role."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from localcloud.identity import NotAllowed
from localcloud.oss.errors import NotPermitted, access_denied
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call


class Access(Enum):
    """Who may do it without a signature."""

    OWNER = "nobody"
    READ = "anyone, where the object is public-read or public-read-write"
    WRITE = "anyone, where the bucket is public-read-write"
    PREFLIGHT = "anyone"
    FORM = "whoever signed the form's policy, and anyone where the bucket is public-read-write"


class Right(NamedTuple):
    """As in a policy: `oss:GetObject` on `acs:oss:<region>:<account>:<bucket>/<key>`."""

    action: str
    resource: str


def check_anonymous(store: Store, call: Call, access: Access) -> None:
    """Raises AccessDenied for a call that nobody signed, unless the ACLs allow it to everybody."""
    if call.owner or access in (Access.PREFLIGHT, Access.FORM):
        return
    if access is Access.OWNER:
        raise access_denied("Anonymous access is forbidden for this operation.")
    if not _is_open(store, call, access):
        raise access_denied("You have no right to access this object because of bucket acl.")


def check_role(store: Store, call: Call, access: Access, needed: Iterable[Right], account_id: str) -> None:
    """Raises NotPermitted where the policies of the role that signed lack a right, unless the ACLs allow it to everybody.

    What a policy denies counts before an ACL ("Authentication" of OSS: an explicit denial first).
    """
    if call.principal is None or access in (Access.PREFLIGHT, Access.FORM):
        return
    try:
        for right in needed:
            call.principal.check(right.action, right.resource)
    except NotAllowed as error:
        if error.explicit or access is Access.OWNER or not _is_open(store, call, access):
            raise NotPermitted(error, account_id) from error


def _is_open(store: Store, call: Call, access: Access) -> bool:
    """Whether the ACLs allow it to everybody."""
    acl = store.bucket(call.bucket).acl
    record = store.find(call.bucket, call.key, call.query.get("versionId")) if call.key else None
    if record and record.properties.acl != "default":
        acl = record.properties.acl
    allowed = ("public-read", "public-read-write") if access is Access.READ else ("public-read-write",)
    return acl in allowed
