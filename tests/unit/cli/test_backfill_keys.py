"""Addresses, and which key an object gets."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.backfill.address import Address, KeyMap, base_of
from cli.backfill.source import Found, in_order, is_manifest
from cli.errors import CommandError

ODD = [
    "door/a clip.mp4",
    "door/a+b.mp4",
    "door/a%2Fb.mp4",
    "door/a%252Fb.mp4",
    "door/前门/人.mp4",
    "door/caf\u00e9.mp4",  # one character
    "door/cafe\u0301.mp4",  # the same to the eye, two characters
    "door/clip.mp4 ",
    " door/clip.mp4",
    "door//clip.mp4",
    "door/../clip.mp4",
    "door/?a=b&c#d.mp4",
    "door/🎥.mp4",
    "door/new\nline.mp4",
]


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [
        ("s3://archive", "archive", ""),
        ("s3://archive/", "archive", ""),
        ("s3://archive/cameras", "archive", "cameras/"),
        ("oss://my-bucket/cameras/", "my-bucket", "cameras/"),
        ("oss://my-bucket/a%2Fb/前门", "my-bucket", "a%2Fb/前门/"),
    ],
)
def test_an_address_is_a_folder_and_nothing_in_it_is_decoded(text: str, bucket: str, prefix: str) -> None:
    address = Address.parse(text)
    assert (address.bucket, address.prefix) == (bucket, prefix)
    assert str(address) == f"{text.partition(':')[0]}://{bucket}/{prefix}"


@pytest.mark.parametrize("text", ["", "archive/cameras", "http://archive/x", "s3:/archive", "s3:///x", "gs://archive"])
def test_what_is_no_address_is_told_with_the_form(text: str) -> None:
    with pytest.raises(CommandError, match="is no address") as told:
        Address.parse(text)
    assert (told.value.exit_code, "s3://bucket/folder" in told.value.fix) == (2, True)


@pytest.mark.parametrize("rest", ODD)
def test_odd_keys_are_kept_byte_for_byte(rest: str) -> None:
    assert KeyMap("cameras/", "uploads/home/").target(f"cameras/{rest}").encode() == b"uploads/home/" + rest.encode()
    assert Address("s3", "archive", "cameras/").of(f"cameras/{rest}").isascii()


def test_different_keys_have_different_addresses() -> None:
    addresses = {Address("s3", "archive", "").of(rest) for rest in ODD}
    assert len(addresses) == len(ODD)


@pytest.mark.parametrize(
    ("namespace", "device", "base"),
    [
        (None, None, "uploads/"),
        ("home", None, "uploads/home/"),
        ("home", "door", "uploads/home/door/"),
        (None, "door", "uploads/default/door/"),
    ],
)
def test_namespace_and_device_are_folders(namespace: str | None, device: str | None, base: str) -> None:
    assert base_of("uploads/", namespace, device, "default") == base


@pytest.mark.parametrize(("namespace", "device"), [("a/b", None), ("", None), ("home", "x.event"), ("home", " ")])
def test_names_that_would_change_the_layout_are_refused(namespace: str, device: str | None) -> None:
    with pytest.raises(CommandError, match="can't be"):
        base_of("uploads/", namespace, device, "default")


def found(key: str) -> Found:
    return Found(key, "etag", 1, datetime(2026, 11, 21, tzinfo=timezone.utc))


def test_a_manifest_comes_after_everything_in_its_folder() -> None:
    keys = ["a.mp4", "visit.event/1.jpg", "visit.event/manifest.json", "visit.event/more/2.jpg", "visit.event/z.jpg", "zoo.mp4"]
    order = [(item.key, after) for item, after in in_order(map(found, keys), "")]
    assert order == [
        ("a.mp4", "a.mp4"),
        ("visit.event/1.jpg", "visit.event/1.jpg"),
        ("visit.event/more/2.jpg", "visit.event/1.jpg"),
        ("visit.event/z.jpg", "visit.event/1.jpg"),
        ("visit.event/manifest.json", "visit.event/z.jpg"),
        ("zoo.mp4", "zoo.mp4"),
    ]


KEYS = st.lists(st.text("am/", min_size=1, max_size=6).map(lambda text: text.replace("m", "manifest.json")), unique=True).map(
    lambda keys: sorted(keys, key=str.encode)
)


@given(KEYS)
def test_whatever_is_listed_comes_once_and_manifests_last_in_their_folders(keys: list[str]) -> None:
    order = [item.key for item, _ in in_order(map(found, keys), "")]
    assert sorted(order, key=str.encode) == keys
    for manifest in filter(is_manifest, keys):
        folder = manifest.removesuffix("manifest.json")
        later = order[order.index(manifest) + 1 :]
        assert not [key for key in later if key.startswith(folder) and not is_manifest(key)]


@given(KEYS)
def test_going_on_after_any_object_misses_none(keys: list[str]) -> None:
    steps = list(in_order(map(found, keys), ""))
    for done, (_, after) in enumerate(steps, start=1):
        resumed = [item.key for item, _ in in_order(map(found, [key for key in keys if key.encode() > after.encode()]), after)]
        assert {item.key for item, _ in steps[:done]} | set(resumed) == set(keys)
