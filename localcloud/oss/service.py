"""Object Storage Service on this machine's disk."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from localcloud.http import Reply, Request, Terms, Trouble
from localcloud.identity import Keyring
from localcloud.oss.buckets.buckets import Buckets
from localcloud.oss.buckets.lifecycle_pass import LifecyclePass
from localcloud.oss.buckets.list_objects import Listings
from localcloud.oss.buckets.live import LiveChannels
from localcloud.oss.errors import OssError, internal_error
from localcloud.oss.objects.callback import Callbacks
from localcloud.oss.objects.multipart import Multipart
from localcloud.oss.objects.post_object import PostObject
from localcloud.oss.objects.reading import Reading
from localcloud.oss.objects.removing import Removing
from localcloud.oss.objects.transfer import checked_limit, terms, travelling, trouble_error
from localcloud.oss.objects.writing import Writing
from localcloud.oss.pictures.processed import Processed
from localcloud.oss.pictures.processing import Processing
from localcloud.oss.routes import Parts, Routes
from localcloud.oss.signing.signature import authenticate
from localcloud.oss.storage.blobs import Blobs
from localcloud.oss.storage.outbox import Outbox
from localcloud.oss.storage.records import Change
from localcloud.oss.storage.store import Store
from localcloud.oss.wire import Call, address, error_reply, finished, new_request_id
from localcloud.place import Place
from localcloud.ports import ObjectEvents, StoredObject

log = logging.getLogger("localcloud.oss")


class ObjectStorage:
    """OSS behind the door (`Service`), and its objects for the services beside it (`WritableObjects`).

    Everything lies in the folder `data`. `endpoint` gives the address under which clients reach it, `http://host:port`.
    An object that was acknowledged, and its event, survive a kill of the process.
    """

    def __init__(
        self,
        data: Path,
        place: Place,
        keyring: Keyring,
        events: ObjectEvents | None,
        clock: Callable[[], float] = time.time,
        *,
        endpoint: Callable[[], str],
    ) -> None:
        self._place, self._keyring, self._clock, self._endpoint = place, keyring, clock, endpoint
        self._store = Store(data / "oss.sqlite3", keep_events=events is not None)
        self._blobs = Blobs(data / "blobs", clock)
        self._outbox = Outbox(self._store, events) if events else None
        reading = Reading(self._store, self._blobs, place.account_id)
        writing = self._writing = Writing(self._store, self._blobs, self._changed)
        multipart = Multipart(self._store, self._blobs, writing, self._changed)
        callbacks = Callbacks(self._store, self._file)
        form = PostObject(self._store, self._blobs, writing, callbacks, keyring, place)
        processed = Processed(self._store, self._blobs, reading, writing, Processing(), place)
        parts = Parts(
            Buckets(self._store, place, endpoint),
            Listings(self._store, place.account_id),
            reading,
            writing,
            Removing(self._store, self._blobs, self._changed),
            multipart,
            LiveChannels(self._store, endpoint),
            processed,
            callbacks,
            form,
        )
        self._routes = Routes(self._store, parts, place)
        self._lifecycle = LifecyclePass(self._store, self._blobs, clock)
        self._tidy()

    def start(self) -> None:
        """Begin to tell events, and to carry out lifecycle rules."""
        if self._outbox:
            self._outbox.start()
        self._lifecycle.start()

    def stop(self) -> None:
        self._lifecycle.stop()
        if self._outbox:
            self._outbox.stop()
        self._store.close()

    def apply_lifecycle(self) -> None:
        """Carry out now what lifecycle rules say is due; it is done every hour besides."""
        self._lifecycle.run(self._clock())

    def claims(self, request: Request) -> bool:  # noqa: ARG002 - the port's signature
        """OSS has no mark of its own (an anonymous GET is a bare path), so it takes what no other service claims."""
        return True

    def terms(self, request: Request) -> Terms:
        """How the door is to take the body."""
        return terms(request)

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        call = Call(request, "", "", self._clock())
        return finished(call, error_reply(call, trouble_error(trouble)))

    def serve(self, request: Request) -> Reply:
        call = Call(request, "", "", self._clock())
        try:
            bucket, key = address(request, urlsplit(self._endpoint()).hostname or "")
            call = Call(request, bucket, key, call.now, call.request_id)
            signed = authenticate(call, self._keyring, self._place.region)
            call = Call(request, bucket, key, call.now, call.request_id, principal=signed)
            limit = checked_limit(call)
            reply = travelling(call, self._routes.serve(call), limit)
        except OssError as error:
            reply = error_reply(call, error)
        except (sqlite3.Error, OSError):  # a full disk, a file that can't be read: nothing of the request is kept
            log.exception("request %s can't be answered", call.request_id)
            reply = error_reply(call, internal_error())
        return finished(call, reply)

    def find(self, bucket: str, key: str) -> StoredObject | None:
        """The object on disk, through a symlink if it is one; a link to a link leads nowhere.

        The file stays for a minute after the object is replaced or deleted.
        """
        record = self._store.find(bucket, key)
        if record and record.type == "Symlink":
            record = self._store.find(bucket, record.target)
        if record is None or record.type == "Symlink":
            return None
        return StoredObject(self._blobs.path(record.blob), record.size, record.etag, record.properties.content_type)

    def has_bucket(self, bucket: str) -> bool:
        try:
            self._store.bucket(bucket)
        except OssError:
            return False
        return True

    def put(self, bucket: str, key: str, file: Path, mime_type: str) -> None:
        """As a PutObject of the account that owns the bucket."""
        if not self.has_bucket(bucket):
            raise KeyError(bucket)
        origin = Change("ObjectCreated:PutObject", new_request_id(), "127.0.0.1", self._clock())
        try:
            self._writing.put_file(bucket, key, file, mime_type, origin)
        except OssError as error:
            raise ValueError(error.message) from error

    def _file(self, bucket: str, key: str) -> Path | None:
        found = self.find(bucket, key)
        return found.path if found else None

    def _tidy(self) -> None:
        """Clear away what a killed process left unfinished. Not in `start`: by then there may be requests."""
        removed = self._blobs.sweep(self._store.blobs())
        if removed:
            log.info("removed %d unfinished or replaced files", removed)
        for blob, length in self._store.appendable():
            self._blobs.cut(blob, length)

    def _changed(self) -> None:
        if self._outbox:
            self._outbox.notify()
