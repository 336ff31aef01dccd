"""The media of search libraries: insert, update, delete, and the index jobs that these start.

Not documented, so decided here (each is an assumption): inserting a known MediaId replaces the media, in another namespace too; where it
is the same object in the same namespace, it is found as before until its new index jobs have ended; a
media is found by its library and id alone, and a Namespace that is given must be its own; unknown media are ResourceNotFound.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence

from localcloud.database import Database
from localcloud.ims.answers import Answer, plain_time
from localcloud.ims.errors import invalid_parameter, not_found
from localcloud.ims.inputs import InputError, Inputs, is_signed, is_web_address
from localcloud.ims.libraries import parameters as p
from localcloud.ims.libraries.indexes import IndexKinds
from localcloud.ims.libraries.libraries import find_library
from localcloud.ims.libraries.shelf import Shelf
from localcloud.ims.operation import Operation


class MediaShelf:
    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        kinds: IndexKinds,
        inputs: Inputs,
        clock: Callable[[], float],
        submitted: Callable[[], None],
    ) -> None:
        """`submitted` is called when there is an index job to run."""
        self._database = database
        self._shelf = shelf
        self._kinds = kinds
        self._inputs = inputs
        self._clock = clock
        self._submitted = submitted

    def insert(self, given: p.InsertMediaToSearchLib) -> Answer:
        self._check_input("Input", given.input)
        self._check_key_frames(given)
        identity = given.media_id or uuid.uuid4().hex
        with self._shelf.hold(given.search_lib_name):
            self._expect_kill(given.search_lib_name, identity)
            with self._database.transaction() as write:
                # Inside the transaction, so that nobody drops the library in between.
                find_library(self._database, given.search_lib_name)
                before = self._find(given.search_lib_name, identity)
                if before is not None and _is_of(before, given):
                    write.execute("DELETE FROM media WHERE library = ? AND id = ?", (given.search_lib_name, identity))
                elif before is not None:
                    self._forget(write, given.search_lib_name, identity)
                self._keep(write, given, identity)
                self._start_jobs(write, given.search_lib_name, identity, ())
        self._submitted()
        return {"MediaId": identity}

    def _keep(self, write: sqlite3.Connection, given: p.InsertMediaToSearchLib, identity: str) -> None:
        now, body = int(self._clock() * 1000), given.msg_body
        write.execute(
            "INSERT INTO media (library, id, namespace, type, input, title, description, created, modified, int_field1, str_field1,"
            " str_field2, images) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                given.search_lib_name,
                identity,
                given.namespace,
                given.media_type,
                given.input,
                body.title,
                body.vision_description,
                now,
                now,
                body.custom_fields.int_field1,
                body.custom_fields.str_field1,
                body.custom_fields.str_field2,
                given.images_input.model_dump_json() if given.images_input else None,
            ),
        )

    def _expect_kill(self, library: str, identity: str) -> None:
        """Have a media that is there indexed anew, should the process die when its index has forgotten it and this database has not."""
        if self._find(library, identity):
            with self._database.transaction() as write:
                self._start_jobs(write, library, identity, ())

    def _forget(self, write: sqlite3.Connection, library: str, identity: str) -> None:
        # An index job under way looks for its own row while it holds the library, so it can put nothing back.
        for kind in self._kinds.values():
            kind.forget(write, library, identity)
        write.execute("DELETE FROM media WHERE library = ? AND id = ?", (library, identity))

    def update(self, given: p.UpdateMediaToSearchLib) -> Answer:
        row = self._row(given.search_lib_name, given.media_id, given.namespace)
        body, changed = given.msg_body, given.msg_body.model_fields_set
        title = body.title if "title" in changed else row["title"]
        description = body.vision_description if "vision_description" in changed else row["description"]
        with self._database.transaction() as write:
            write.execute(
                "UPDATE media SET title = ?, description = ?, modified = ? WHERE library = ? AND id = ?",
                (title, description, int(self._clock() * 1000), row["library"], row["id"]),
            )
            self._start_jobs(write, row["library"], row["id"], ())
        self._submitted()
        return {"MediaId": row["id"]}

    def delete(self, given: p.DeleteMediaFromSearchLib) -> Answer:
        row = self._row(given.search_lib_name, given.media_id, given.namespace)
        with self._shelf.hold(row["library"]):
            self._expect_kill(row["library"], row["id"])
            with self._database.transaction() as write:
                self._forget(write, row["library"], row["id"])
        return {"MediaId": row["id"]}

    def query_jobs(self, given: p.QueryMediaIndexJob) -> Answer:
        self._row(given.search_lib_name, given.media_id, None)
        rows = self._database.query(
            "SELECT * FROM index_job WHERE library = ? AND media = ? ORDER BY position", given.search_lib_name, given.media_id
        )
        return {"IndexJobInfoList": [_shape(row) for row in rows]}

    def rerun(self, given: p.SearchIndexJobRerun) -> Answer:
        find_library(self._database, given.search_lib_name)
        unknown = []
        with self._database.transaction() as write:
            for identity in given.media_ids:
                row = self._find(given.search_lib_name, identity)
                if row is None or given.namespace not in (None, row["namespace"]):
                    unknown.append(identity)
                    continue
                self._start_jobs(write, row["library"], row["id"], given.task)
        self._submitted()
        return {"Data": {"MediaIdsNoExist": unknown}}

    def _start_jobs(self, write: sqlite3.Connection, library: str, identity: str, types: Sequence[str]) -> None:
        """A job for each active index, or each of `types`, in place of the older one: a job that is gone puts nothing into the index."""
        active = write.execute("SELECT type FROM library_index WHERE library = ? AND status = 'Active'", (library,)).fetchall()
        for row in active:
            if not types or row["type"] in types:
                write.execute("DELETE FROM index_job WHERE library = ? AND media = ? AND type = ?", (library, identity, row["type"]))
                write.execute(
                    "INSERT INTO index_job (library, media, type, status, submitted)"
                    " SELECT library, id, ?, 'Running', ? FROM media WHERE library = ? AND id = ?",
                    (row["type"], self._clock(), library, identity),
                )

    def _check_input(self, name: str, address: str) -> None:
        """An address that may be read, and will still be good tomorrow. Raises AcsError."""
        try:
            self._inputs.check(address)
        except InputError as reason:
            raise invalid_parameter(name, str(reason)) from None
        # "Temporary URLs are not supported", InsertMediaToSearchLib.
        if is_web_address(address) and is_signed(address):
            raise invalid_parameter(name, "it is a signed, temporary URL; give the oss:// address of the object")

    def _check_key_frames(self, given: p.InsertMediaToSearchLib) -> None:
        """ImagesInput is for cameras' videos alone. Its addresses are checked here; index jobs look at the pictures."""
        if given.images_input is None:
            return
        if given.media_type != "video" or not given.search_lib_name.startswith("IPCamera_"):
            raise invalid_parameter("ImagesInput", "it is for MediaType video in a search library named IPCamera_… only")
        for address in given.images_input.images:
            self._check_input("ImagesInput", address)

    def _find(self, library: str, identity: str) -> sqlite3.Row | None:
        return self._database.one("SELECT * FROM media WHERE library = ? AND id = ?", library, identity)

    def _row(self, library: str, identity: str, namespace: str | None) -> sqlite3.Row:
        find_library(self._database, library)
        row = self._find(library, identity)
        if row is None or namespace not in (None, row["namespace"]):
            raise not_found("media", identity)
        return row


def _is_of(row: sqlite3.Row, given: p.InsertMediaToSearchLib) -> bool:
    """Whether what was read of it before is what an insert is about: it may be found by that until its index jobs have ended."""
    return (row["input"], row["namespace"], row["type"]) == (given.input, given.namespace, given.media_type)


def _shape(row: sqlite3.Row) -> Answer:
    shape = {"IndexType": row["type"], "Status": row["status"], "GmtSubmit": plain_time(row["submitted"])}
    if row["finished"] is not None:
        shape["GmtFinish"] = plain_time(row["finished"])
    if row["reason"]:
        # Our own: the cloud has no field for the reason, and the SDKs pass over one that they don't know.
        shape["Message"] = row["reason"]
    return shape


OPERATIONS = (
    Operation(
        "InsertMediaToSearchLib",
        p.InsertMediaToSearchLib,
        MediaShelf.insert,
        lacks="the faces in ImagesInput join no index of type face",
        of_search=True,
    ),
    Operation("UpdateMediaToSearchLib", p.UpdateMediaToSearchLib, MediaShelf.update, of_search=True),
    Operation("DeleteMediaFromSearchLib", p.DeleteMediaFromSearchLib, MediaShelf.delete, of_search=True),
    Operation("QueryMediaIndexJob", p.QueryMediaIndexJob, MediaShelf.query_jobs, of_search=True),
    Operation("SearchIndexJobRerun", p.SearchIndexJobRerun, MediaShelf.rerun, of_search=True),
)
