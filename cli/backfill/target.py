"""The media bucket: what is there already, and bringing an object to it in one piece or in parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import oss2
from oss2.models import PartInfo

from cli.backfill.oss_errors import told_by_oss
from cli.backfill.problems import ObjectChanged, ObjectRefused
from cli.backfill.source import Found, Part, Source
from cli.resume import Progress, UploadNote

# The copy says where it is from: so a second run knows it, whatever became of the progress file.
SOURCE, SOURCE_ETAG = "x-oss-meta-backfill-source", "x-oss-meta-backfill-etag"
# "Multipart upload" of OSS.
MOST_PARTS = 10_000


@dataclass(frozen=True)
class Existing:
    """An object of the media bucket. `source` and `source_etag` are empty unless a backfill brought it."""

    etag: str
    source: str = ""
    source_etag: str = ""

    def holds(self, found: Found, address: str) -> bool:
        """Whether it has that content. Equal eTags of simple uploads are equal MD5s, here and in S3."""
        return self.etag == found.etag.upper() or (self.source, self.source_etag) == (address, found.etag)


class Target:
    def __init__(self, bucket: oss2.Bucket, progress: Progress) -> None:
        self._bucket = bucket
        self._progress = progress

    @property
    def name(self) -> str:
        return str(self._bucket.bucket_name)

    def look(self, key: str) -> Existing | None:
        try:
            with told_by_oss(self.name):
                answer = self._bucket.head_object(key)
        except ObjectChanged:
            return None
        return Existing(answer.etag, answer.headers.get(SOURCE, ""), answer.headers.get(SOURCE_ETAG, ""))

    def bring(self, source: Source, found: Found, key: str, replaces: bool) -> None:
        """Write the object. Unless it `replaces` an earlier copy, an object that came meanwhile stays: ObjectChanged."""
        headers = {**source.headers(found), SOURCE: source.address.of(found.key), SOURCE_ETAG: found.etag}
        guard = {} if replaces else {"x-oss-forbid-overwrite": "true"}
        if found.size <= source.whole_bytes:
            source.bring(found, self._bucket, key, {**headers, **guard})
        else:
            self._bring_in_parts(source, found, key, headers, guard)

    def abandon_uploads(self) -> None:
        """Parts that no run will go on with are paid for until somebody takes them away."""
        for key, note in list(self._progress.uploads.items()):
            self._abandon(key, note)

    def _bring_in_parts(self, source: Source, found: Found, key: str, headers: Mapping[str, str], guard: Mapping[str, str]) -> None:
        note, there = self._upload(source, found, key, headers)
        parts = []
        for part in cut(note, found.size):
            known = there.get(part.number)
            parts.append(known if known and known.size == part.length else source.bring_part(found, self._bucket, key, part))
        try:
            with told_by_oss(self.name):
                self._bucket.complete_multipart_upload(key, note.upload_id, parts, headers=dict(guard))
        except (ObjectChanged, ObjectRefused):
            self._abandon(key, note)
            raise
        self._progress.forget_upload(key)

    def _upload(self, source: Source, found: Found, key: str, headers: Mapping[str, str]) -> tuple[UploadNote, dict[int, PartInfo]]:
        """The upload that an earlier run began with the same content, and its parts; else a new one."""
        note = self._progress.uploads.get(key)
        if note is not None and note.etag == found.etag:
            try:
                with told_by_oss(self.name):
                    return note, {part.part_number: part for part in oss2.PartIterator(self._bucket, key, note.upload_id)}
            except ObjectChanged:  # it is gone: completed, or taken away by a rule of the bucket
                pass
        elif note is not None:
            self._abandon(key, note)
        with told_by_oss(self.name):
            upload_id = self._bucket.init_multipart_upload(key, headers=dict(headers)).upload_id
        note = UploadNote(upload_id=upload_id, etag=found.etag, part_bytes=max(source.part_bytes, -(-found.size // MOST_PARTS)))
        self._progress.note_upload(key, note)
        return note, {}

    def _abandon(self, key: str, note: UploadNote) -> None:
        try:
            with told_by_oss(self.name):
                self._bucket.abort_multipart_upload(key, note.upload_id)
        except (ObjectChanged, ObjectRefused):
            pass
        self._progress.forget_upload(key)


def cut(note: UploadNote, size: int) -> Iterator[Part]:
    for number, start in enumerate(range(0, size, note.part_bytes), start=1):
        yield Part(note.upload_id, number, start, min(note.part_bytes, size - start))
