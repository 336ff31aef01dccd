"""The pure parts of OSS: checksums, listings, addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.checksum import Checksums, crc64, crc64_of_both
from localcloud.http import Headers, Request
from localcloud.oss.buckets.listing import page
from localcloud.oss.errors import OssError
from localcloud.oss.wire import address


def test_the_crc_is_that_of_crc_64_xz() -> None:
    """The check value of the CRC RevEng catalogue."""
    assert crc64(b"123456789") == 0x995DC9BBDF1939FA


@given(st.lists(st.binary(max_size=50)), st.binary(max_size=50))
def test_checksums_do_not_depend_on_the_pieces(pieces: list[bytes], before: bytes) -> None:
    sums = Checksums(crc64(before))
    for piece in pieces:
        sums.update(piece)
    assert sums.crc == crc64(before + b"".join(pieces))
    assert sums.size == len(b"".join(pieces))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_the_crc_of_two_contents_follows_from_theirs(first: bytes, second: bytes) -> None:
    assert crc64_of_both(crc64(first), crc64(second), len(second)) == crc64(first + second)


def test_the_crc_of_two_long_contents() -> None:
    zeros = bytes(5 * 1024 * 1024 + 1)
    assert crc64_of_both(crc64(b"ab"), crc64(zeros), len(zeros)) == crc64(b"ab" + zeros)


@dataclass(frozen=True)
class Name:
    key: str


KEYS = st.sets(st.text(st.sampled_from("ab/猫\U0010ffff"), min_size=1, max_size=6))


def expected(keys: set[str], prefix: str, delimiter: str) -> list[str]:
    """The definition of a listing, without a thought for speed."""
    found = set()
    for key in keys:
        if key.startswith(prefix):
            head, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            found.add(prefix + head + cut if cut else key)
    return sorted(found)


@given(KEYS, st.sampled_from(["", "a", "a/", "b", "猫"]), st.sampled_from(["", "/", "a/"]), st.integers(1, 4))
def test_pages_together_are_the_listing(keys: set[str], prefix: str, delimiter: str, limit: int) -> None:
    def from_key(key: str, inclusive: bool) -> Iterator[Name]:
        return (Name(one) for one in sorted(keys) if one > key or (inclusive and one == key))

    after, listed = "", []
    while True:
        found = page(from_key, prefix, delimiter, after, limit)
        names = sorted([*(entry.key for entry in found.entries), *found.prefixes])
        assert len(names) <= limit
        listed += names
        if not found.truncated:
            break
        assert found.last > after
        after = found.last
    assert listed == expected(keys, prefix, delimiter)


@pytest.mark.parametrize(
    ("host", "target", "bucket", "key"),
    [
        ("127.0.0.1:9000", "/media/a%2Fb+c", "media", "a/b+c"),
        ("127.0.0.1:9000", "/media", "media", ""),
        ("127.0.0.1:9000", "/media/", "media", ""),
        ("127.0.0.1:9000", "/", "", ""),
        ("127.0.0.1:9000", "/media//a", "media", "/a"),
        ("localhost:9000", "/media/k", "media", "k"),
        ("media.localhost:9000", "/a%20b", "media", "a b"),
        ("media.oss-cn-shanghai.aliyuncs.com", "/a/b", "media", "a/b"),
        ("oss-cn-shanghai.aliyuncs.com", "/media/b", "media", "b"),
        ("laptop:9000", "/media/b", "media", "b"),
        ("media.laptop:9000", "/b", "media", "b"),
    ],
)
def test_the_bucket_is_in_the_host_or_in_the_path(host: str, target: str, bucket: str, key: str) -> None:
    assert address(Request("GET", target, Headers([("Host", host)])), "laptop") == (bucket, key)


def test_a_key_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(OssError) as refusal:
        address(Request("GET", "/media/%FF", Headers([("Host", "127.0.0.1")])), "127.0.0.1")
    assert refusal.value.code == "InvalidObjectName"
