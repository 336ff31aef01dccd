"""Which request is which operation, and who carries it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from localcloud.http import Reply
from localcloud.oss.access import check_anonymous, check_role
from localcloud.oss.buckets import cors, encryption, lifecycle, referer, settings, tagging, website
from localcloud.oss.buckets.buckets import Buckets
from localcloud.oss.buckets.configuration import Configurations, Kind
from localcloud.oss.buckets.cors import Cors
from localcloud.oss.buckets.list_objects import Listings
from localcloud.oss.buckets.live import LiveChannels
from localcloud.oss.buckets.referer import Referers
from localcloud.oss.buckets.settings import Settings
from localcloud.oss.buckets.site import Site
from localcloud.oss.buckets.tagging import BucketTags
from localcloud.oss.errors import OssError, method_not_allowed, not_implemented
from localcloud.oss.objects.callback import Callbacks
from localcloud.oss.objects.multipart import Multipart
from localcloud.oss.objects.post_object import PostObject
from localcloud.oss.objects.reading import Reading
from localcloud.oss.objects.removing import Removing
from localcloud.oss.objects.storage_class import Restoring
from localcloud.oss.objects.writing import Writing
from localcloud.oss.operations import OPERATIONS, SELECTORS, Operation, Scope
from localcloud.oss.pictures.processed import Processed
from localcloud.oss.pictures.styles import Styles
from localcloud.oss.rights import rights
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call
from localcloud.place import Place

Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Parts:
    """Those who carry the operations out."""

    buckets: Buckets
    listings: Listings
    reading: Reading
    writing: Writing
    removing: Removing
    multipart: Multipart
    live: LiveChannels
    processed: Processed
    callbacks: Callbacks
    form: PostObject


class Routes:
    """The operations of OSS that exist here; any other is answered as the cloud answers what it does not have."""

    def __init__(self, store: Store, parts: Parts, place: Place) -> None:
        self._store = store
        self._place = place
        self._cors = Cors(store)
        self._referers = Referers(store)
        site = Site(store)
        handlers: dict[Scope, dict[str, Handler]] = {
            Scope.SERVICE: {"GET": parts.buckets.list_buckets, "GET regionList": parts.buckets.list_buckets},
            Scope.BUCKET: _of_bucket(store, parts, site, self._cors),
            Scope.OBJECT: _of_object(store, parts, site, self._cors),
        }
        self._table = _table(handlers)

    def serve(self, call: Call) -> Reply:
        """Raises OssError."""
        try:
            reply = self._serve(call)
        except OssError as error:
            error.headers.update(self._cors.headers_for(call))
            raise
        shared = self._cors.headers_for(call)
        return replace(reply, headers={**reply.headers, **shared}) if shared else reply

    def _serve(self, call: Call) -> Reply:
        operation, handler = self._route(call)
        check_anonymous(self._store, call, operation.access)
        check_role(self._store, call, operation.access, rights(call, operation, self._place), self._place.account_id)
        if call.bucket:
            self._referers.check(call)
        return handler(call)

    def _route(self, call: Call) -> tuple[Operation, Handler]:
        scope = Scope.OBJECT if call.key else Scope.BUCKET if call.bucket else Scope.SERVICE
        selectors = frozenset() if call.method == "OPTIONS" else frozenset(SELECTORS & call.query.keys())
        found = self._table.get((scope, _variant(call, selectors), selectors))
        if found is None:
            raise not_implemented("&".join(sorted(selectors))) if selectors else method_not_allowed(call.method)
        return found


def _table(handlers: Mapping[Scope, Mapping[str, Handler]]) -> dict[tuple[Scope, str, frozenset[str]], tuple[Operation, Handler]]:
    """Every operation with its handler. Raises KeyError where there is one without the other."""
    unknown = {(scope, request) for scope, named in handlers.items() for request in named} - {
        (one.scope, one.request) for one in OPERATIONS
    }
    if unknown:
        raise KeyError(unknown)
    return {one.key: (one, handlers[one.scope][one.request]) for one in OPERATIONS}


def _variant(call: Call, selectors: frozenset[str]) -> str:
    """The method, and `COPY` for a PUT that brings no content of its own."""
    copies = call.method == "PUT" and "x-oss-copy-source" in call.headers and selectors <= {"uploadId"}
    return "COPY" if copies else call.method


def _of_bucket(store: Store, parts: Parts, site: Site, cors: Cors) -> dict[str, Handler]:
    return {
        "OPTIONS": cors.preflight,
        "POST": parts.form.post,
        "GET": site.of_bucket(parts.listings.version_1, parts.reading.get),
        "GET list-type": parts.listings.version_2,
        "GET versions": parts.listings.versions,
        "GET uploads": parts.multipart.list_uploads,
        "POST delete": parts.removing.delete_many,
        "GET live": parts.live.list_all,
        **_bucket_handlers(parts.buckets),
        **_style_handlers(Styles(store)),
        **_configuration_handlers(store),
    }


def _of_object(store: Store, parts: Parts, site: Site, cors: Cors) -> dict[str, Handler]:
    return {
        "OPTIONS": cors.preflight,
        "GET": site.of_object(parts.reading.get),
        "HEAD": site.of_object(parts.reading.head),
        "DELETE": parts.removing.delete,
        # test_object_versioning.py of the SDK deletes with the parameters of a get_symlink, to which oss2 has added its own.
        "DELETE symlink": parts.removing.delete,
        "POST restore": Restoring(store).restore,
        "GET x-oss-process": parts.processed.get,
        "POST x-oss-process": parts.processed.save_as,
        "POST x-oss-async-process": parts.processed.save_as_later,
        **_reading_handlers(parts.reading),
        **_writing_handlers(parts.writing),
        **_multipart_handlers(parts.multipart),
        "PUT": parts.callbacks.after(parts.writing.put),
        "POST uploadId": parts.callbacks.after(parts.multipart.complete),
        **_live_handlers(parts.live),
    }


def _bucket_handlers(buckets: Buckets) -> dict[str, Handler]:
    return {
        "PUT": buckets.create,
        "DELETE": buckets.delete,
        "GET bucketInfo": buckets.info,
        "GET stat": buckets.stat,
        "GET location": buckets.location,
        "GET acl": buckets.acl,
        "PUT acl": buckets.put_acl,
        "GET versioning": buckets.versioning,
        "PUT versioning": buckets.put_versioning,
    }


def _style_handlers(styles: Styles) -> dict[str, Handler]:
    return {
        "PUT style styleName": styles.put,
        "GET style styleName": styles.get,
        "GET style": styles.list,
        "DELETE style styleName": styles.delete,
    }


def _configuration_handlers(store: Store) -> dict[str, Handler]:
    configurations, particular = Configurations(store), Settings(store)

    def all_three(kind: Kind) -> dict[str, Handler]:
        return {
            f"GET {kind.name}": configurations.get(kind),
            f"PUT {kind.name}": configurations.put(kind),
            f"DELETE {kind.name}": configurations.delete(kind),
        }

    kinds = (cors.KIND, website.KIND, encryption.KIND, lifecycle.KIND, settings.LOGGING, tagging.KIND)
    undeletable = (referer.KIND, settings.PAYMENT, settings.QUOTA)
    return {
        **{request: handler for kind in kinds for request, handler in all_three(kind).items()},
        **{request: handler for kind in undeletable for request, handler in all_three(kind).items() if not request.startswith("DELETE")},
        "PUT lifecycle": particular.put_lifecycle,
        "PUT logging": particular.put_logging,
        "DELETE tagging": BucketTags(store).delete,
        "PUT policy": particular.put_policy,
        "GET policy": particular.policy,
        "DELETE policy": configurations.delete(settings.POLICY),
    }


def _reading_handlers(reading: Reading) -> dict[str, Handler]:
    return {
        "GET objectMeta": reading.meta,
        "HEAD objectMeta": reading.meta,
        "GET acl": reading.acl,
        "GET tagging": reading.tagging,
        "GET symlink": reading.symlink,
    }


def _writing_handlers(writing: Writing) -> dict[str, Handler]:
    return {
        "COPY": writing.copy,
        "POST append": writing.append,
        "PUT acl": writing.put_acl,
        "PUT tagging": writing.put_tagging,
        "DELETE tagging": writing.delete_tagging,
        "PUT symlink": writing.put_symlink,
    }


def _multipart_handlers(multipart: Multipart) -> dict[str, Handler]:
    return {
        "POST uploads": multipart.begin,
        "PUT uploadId": multipart.upload_part,
        "COPY uploadId": multipart.copy_part,
        "DELETE uploadId": multipart.abort,
        "GET uploadId": multipart.list_parts,
    }


def _live_handlers(live: LiveChannels) -> dict[str, Handler]:
    return {
        "PUT live": live.put,
        "PUT live status": live.put_status,
        "GET live": live.get,
        "DELETE live": live.delete,
    }
