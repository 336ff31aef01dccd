"""Which request is which operation, and who may ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from localcloud.http import Reply
from localcloud.oss.buckets import Buckets
from localcloud.oss.errors import access_denied, method_not_allowed, not_implemented
from localcloud.oss.multipart import Multipart
from localcloud.oss.reading import Reading
from localcloud.oss.store import Store
from localcloud.oss.subresources import SUBRESOURCES
from localcloud.oss.wire import Call
from localcloud.oss.writing import Writing

Handler = Callable[[Call], Reply]


class Access(Enum):
    """Who may do it without a signature."""

    OWNER = "nobody"
    READ = "anyone, where the object is public-read or public-read-write"
    WRITE = "anyone, where the bucket is public-read-write"


@dataclass(frozen=True)
class Route:
    handler: Handler
    access: Access = Access.OWNER


Table = Mapping[tuple[str, frozenset[str]], Route]
"""Routes by method and the sub-resources that the query names."""


class Routes:
    """The operations of OSS that exist here; any other is answered as the cloud answers what it does not have."""

    def __init__(self, store: Store, buckets: Buckets, reading: Reading, writing: Writing, multipart: Multipart) -> None:
        self._store = store
        self._service: Table = _table({"GET": Route(buckets.list_buckets)})
        self._bucket = _bucket_table(buckets, writing, multipart)
        self._object = _object_table(reading, writing, multipart)

    def serve(self, call: Call) -> Reply:
        """Raises OssError."""
        route = self._route(call)
        if not call.owner:
            self._check_anonymous(call, route.access)
        return route.handler(call)

    def _route(self, call: Call) -> Route:
        table = self._object if call.key else self._bucket if call.bucket else self._service
        named = frozenset(SUBRESOURCES & call.query.keys())
        route = table.get((_variant(call, named), named))
        if route is None:
            raise not_implemented("&".join(sorted(named))) if named else method_not_allowed(call.method)
        return route

    def _check_anonymous(self, call: Call, access: Access) -> None:
        if access is Access.OWNER:
            raise access_denied("Anonymous access is forbidden for this operation.")
        acl = self._store.bucket(call.bucket).acl
        record = self._store.find(call.bucket, call.key)
        if record and record.properties.acl != "default":
            acl = record.properties.acl
        allowed = ("public-read", "public-read-write") if access is Access.READ else ("public-read-write",)
        if acl not in allowed:
            raise access_denied("You have no right to access this object because of bucket acl.")


def _variant(call: Call, named: frozenset[str]) -> str:
    """The method, and `COPY` for a PUT that brings no content of its own."""
    copies = call.method == "PUT" and "x-oss-copy-source" in call.headers and named <= {"uploadId"}
    return "COPY" if copies else call.method


def _table(routes: Mapping[str, Route]) -> Table:
    """`"PUT acl"` is a method with its sub-resource."""
    return {(name.split()[0], frozenset(name.split()[1:])): route for name, route in routes.items()}


def _bucket_table(buckets: Buckets, writing: Writing, multipart: Multipart) -> Table:
    return _table(
        {
            "GET": Route(buckets.list_objects),
            "PUT": Route(buckets.create),
            "DELETE": Route(buckets.delete),
            "GET bucketInfo": Route(buckets.info),
            "GET stat": Route(buckets.stat),
            "GET location": Route(buckets.location),
            "GET acl": Route(buckets.acl),
            "PUT acl": Route(buckets.put_acl),
            "GET live": Route(buckets.live_channels),
            "GET uploads": Route(multipart.list_uploads),
            "POST delete": Route(writing.delete_many),
        }
    )


def _object_table(reading: Reading, writing: Writing, multipart: Multipart) -> Table:
    return _table(
        {
            "GET": Route(reading.get, Access.READ),
            "HEAD": Route(reading.head, Access.READ),
            "GET objectMeta": Route(reading.meta, Access.READ),
            "HEAD objectMeta": Route(reading.meta, Access.READ),
            "GET x-oss-process": Route(reading.process, Access.READ),
            "GET acl": Route(reading.acl),
            "GET tagging": Route(reading.tagging),
            "GET symlink": Route(reading.symlink, Access.READ),
            "PUT": Route(writing.put, Access.WRITE),
            "COPY": Route(writing.copy),
            "POST append": Route(writing.append, Access.WRITE),
            "DELETE": Route(writing.delete, Access.WRITE),
            "PUT acl": Route(writing.put_acl),
            "PUT tagging": Route(writing.put_tagging),
            "DELETE tagging": Route(writing.delete_tagging),
            "PUT symlink": Route(writing.put_symlink),
            "POST uploads": Route(multipart.begin, Access.WRITE),
            "PUT uploadId": Route(multipart.upload_part, Access.WRITE),
            "COPY uploadId": Route(multipart.copy_part),
            "POST uploadId": Route(multipart.complete, Access.WRITE),
            "DELETE uploadId": Route(multipart.abort, Access.WRITE),
            "GET uploadId": Route(multipart.list_parts),
        }
    )
