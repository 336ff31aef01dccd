"""Listings against a plain model of what OSS documents, and beside writers."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import oss2
import pytest
from oss2.models import BucketVersioningConfig

from tests.contract.oss.server import LocalOss, auth_for

LETTERS = "ab/猫\U0010ffff "


def some_keys(chance: random.Random, count: int) -> list[str]:
    made = {"".join(chance.choices(LETTERS, k=chance.randint(1, 5))).lstrip("/") for _ in range(count)}
    return sorted(made - {""}, key=str.encode)


def folded(keys: list[str], prefix: str, delimiter: str, marker: str) -> list[str]:
    """ "GetBucket (ListObjects)" of OSS: keys with the prefix, those that share a folder as one entry, all greater than the marker."""
    entries: list[str] = []
    for key in keys:
        if not key.startswith(prefix):
            continue
        head, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        entry = prefix + head + cut if cut else key
        if entry.encode() > marker.encode() and entry not in entries:
            entries.append(entry)
    return entries


def pages(bucket: Any, limit: int, **listing: str) -> Iterator[list[str]]:
    marker = listing.pop("marker", "")
    while True:
        page = bucket.list_objects(max_keys=limit, marker=marker, **listing)
        yield sorted([one.key for one in page.object_list] + page.prefix_list, key=str.encode)
        if not page.is_truncated:
            return
        marker = page.next_marker


@pytest.mark.contract("GetBucket (ListObjects) of OSS: prefix, delimiter, marker and max-keys together, compared with a plain model")
def test_listings_are_what_a_model_says(bucket: Any) -> None:
    chance = random.Random(7)
    keys = some_keys(chance, 120)
    for key in keys:
        bucket.put_object(key, b"x")
    for _ in range(60):
        prefix = chance.choice(["", "a", "a/", "猫", chance.choice(keys)[:2]])
        delimiter = chance.choice(["", "/", "b", "a/", "猫"])
        marker = chance.choice(["", "a", "a/", "b", chance.choice(keys)])
        wanted = folded(keys, prefix, delimiter, marker)
        limit = chance.choice([1, 3, 100])
        found = list(pages(bucket, limit, prefix=prefix, delimiter=delimiter, marker=marker))
        assert [entry for page in found for entry in page] == wanted, (prefix, delimiter, marker, limit)
        assert all(len(page) == limit for page in found[:-1])


@pytest.mark.contract("ListObjectVersions of OSS: the same folding and paging, compared with a plain model")
def test_version_listings_are_what_a_model_says(bucket: Any) -> None:
    config = BucketVersioningConfig()
    config.status = "Enabled"
    bucket.put_bucket_versioning(config)
    chance = random.Random(8)
    keys, count = some_keys(chance, 25), {}
    for key in keys:
        count[key] = chance.randint(1, 3)
        for _ in range(count[key] - 1):
            bucket.put_object(key, b"x")
        (bucket.delete_object if chance.random() < 0.4 else lambda key: bucket.put_object(key, b"x"))(key)
    for _ in range(25):
        prefix, delimiter, limit = chance.choice(["", "a", "a/"]), chance.choice(["", "/", "b"]), chance.choice([1, 2, 7, 100])
        wanted = {entry: count.get(entry, 1) for entry in folded(keys, prefix, delimiter, "")}
        if delimiter:
            inside = [entry for entry in wanted if entry.endswith(delimiter) and len(entry) > len(prefix)]
            wanted.update(dict.fromkeys(inside, 1))
        found: dict[str, int] = {}
        key_marker, id_marker = "", ""
        while True:
            page = bucket.list_object_versions(
                prefix=prefix, delimiter=delimiter, max_keys=limit, key_marker=key_marker, versionid_marker=id_marker
            )
            for name in [*(one.key for one in [*page.versions, *page.delete_marker]), *page.common_prefix]:
                found[name] = found.get(name, 0) + 1
            if not page.is_truncated:
                break
            key_marker, id_marker = page.next_key_marker, page.next_versionid_marker
        assert found == wanted, (prefix, delimiter, limit)


@pytest.mark.contract(
    "house rule: paging while others write and remove shows every object that was there all the time, each once, in order"
)
def test_paging_beside_writers(cloud: LocalOss, bucket: Any) -> None:
    lasting = [f"dir{number % 7}/k{number:03}" for number in range(140)]
    for key in lasting:
        bucket.put_object(key, b"x")
    stop = threading.Event()

    def disturb() -> None:
        client, number = cloud.bucket(auth_for("v4")), 0
        while not stop.is_set():
            key = f"dir{number % 7}/passing{number % 40}"
            client.put_object(key, b"y")
            client.delete_object(f"dir{(number + 3) % 7}/passing{(number + 20) % 40}")
            number += 1

    disturbers = [threading.Thread(target=disturb) for _ in range(2)]
    for one in disturbers:
        one.start()
    try:
        for _ in range(4):
            seen = [one.key for one in oss2.ObjectIterator(bucket, max_keys=9)]
            assert seen == sorted(set(seen))
            assert set(lasting) <= set(seen)
            assert [one.key for one in oss2.ObjectIteratorV2(bucket, delimiter="/", max_keys=2)] == [f"dir{number}/" for number in range(7)]
    finally:
        stop.set()
        for one in disturbers:
            one.join()


@pytest.mark.contract("GetBucket of OSS: names of up to 1024 bytes, url encoding only, list-type 2 only")
def test_limits_of_listings(bucket: Any) -> None:
    for wrong in ({"prefix": "a" * 1025}, {"marker": "a" * 1025}, {"delimiter": "a" * 1025}, {"max_keys": 0}, {"max_keys": "x"}):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.list_objects(**wrong)
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket._Bucket__do_bucket("GET", params={"list-type": "3"})
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket._Bucket__do_bucket("GET", params={"encoding-type": "base64"})
