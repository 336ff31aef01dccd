"""Uploads and their parts, as the store keeps them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from localcloud.oss.errors import OssError
from localcloud.oss.storage.records import Bucket, Part, Properties, Upload
from localcloud.oss.storage.store import Store
from localcloud.oss.storage.uploads import Uploads


def test_an_upload_that_is_found_has_its_parts(tmp_path: Path) -> None:
    """Also at the moment when another call ends it: an upload without its parts would be told of as one with the wrong parts."""
    store = Store(tmp_path / "oss.sqlite3", keep_events=False)
    store.buckets.save(Bucket("bucket", "private", 0.0))
    uploads = Uploads(store)

    def parts_until_gone(upload_id: str, begun: Event) -> set[int]:
        counts = set()
        while True:
            try:
                counts.add(len(uploads.find_with_parts("bucket", "key", upload_id)[1]))
            except OssError:
                return counts
            begun.set()

    with ThreadPoolExecutor(1) as reader:
        for number in range(30):
            upload, begun = Upload(f"upload-{number}", "bucket", "key", 0.0, Properties()), Event()
            uploads.begin(upload)
            uploads.save_part(upload, Part(1, "blob", 1, "etag", 0, 0.0))
            seen = reader.submit(parts_until_gone, upload.id, begun)
            assert begun.wait(20)
            uploads.end(upload)
            assert seen.result(timeout=20) == {1}
    store.close()
