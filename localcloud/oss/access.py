"""Who may ask for what without a signature."""

from __future__ import annotations

from enum import Enum

from localcloud.oss.errors import access_denied
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call


class Access(Enum):
    """Who may do it without a signature."""

    OWNER = "nobody"
    READ = "anyone, where the object is public-read or public-read-write"
    WRITE = "anyone, where the bucket is public-read-write"
    PREFLIGHT = "anyone"
    FORM = "whoever signed the form's policy, and anyone where the bucket is public-read-write"


def check_anonymous(store: Store, call: Call, access: Access) -> None:
    """Raises AccessDenied for a call that nobody signed, unless the ACLs allow it to everybody."""
    if call.owner or access in (Access.PREFLIGHT, Access.FORM):
        return
    if access is Access.OWNER:
        raise access_denied("Anonymous access is forbidden for this operation.")
    acl = store.bucket(call.bucket).acl
    record = store.find(call.bucket, call.key, call.query.get("versionId")) if call.key else None
    if record and record.properties.acl != "default":
        acl = record.properties.acl
    allowed = ("public-read", "public-read-write") if access is Access.READ else ("public-read-write",)
    if acl not in allowed:
        raise access_denied("You have no right to access this object because of bucket acl.")
