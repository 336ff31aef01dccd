"""Pages of a listing: read as the official SDK reads them, and whatever else comes instead of one."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oss2.xml_utils import parse_list_objects_v2

from localcloud.oss.documents import percent_encoded
from sightline.store.listing import read_page

SDK = pytest.mark.contract("oss2 2.19.1: xml_utils.parse_list_objects_v2")

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)


def entry(key: str, modified: str = "2026-11-21T08:15:30.000Z", size: str = "1") -> str:
    known = f'<LastModified>{modified}</LastModified><ETag>"5EB63BBB"</ETag><Type>Normal</Type><Size>{size}</Size>'
    owner = "<Owner><ID>1</ID><DisplayName>1</DisplayName></Owner>"
    return f"<Contents><Key>{key}</Key>{known}<StorageClass>Standard</StorageClass>{owner}</Contents>"


def listing(inner: str, before: str = "") -> bytes:
    return f"{before}<ListBucketResult><EncodingType>url</EncodingType>{inner}</ListBucketResult>".encode()


@SDK
@given(st.lists(KEYS, max_size=3), st.lists(KEYS, max_size=3), st.text(min_size=1, alphabet="aZ0-_+/=%"))
def test_a_page_is_read_as_the_official_sdk_reads_it(keys: list[str], folders: list[str], token: str) -> None:
    """Keys of all that a key may be of, encoded as the laptop cloud does."""
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{quote(token, safe='')}</NextContinuationToken>"
    named = "".join(f"<CommonPrefixes><Prefix>{percent_encoded(name)}</Prefix></CommonPrefixes>" for name in folders)
    content = listing(more + "".join(entry(percent_encoded(key)) for key in keys) + named)
    expected = SimpleNamespace(object_list=[], prefix_list=[])
    parse_list_objects_v2(expected, content)
    page = read_page(content)
    assert [listed.key for listed in page.objects] == keys == [listed.key for listed in expected.object_list]
    assert page.folders == folders == expected.prefix_list
    assert page.token == token == expected.next_continuation_token
    assert [listed.info.modified.timestamp() for listed in page.objects] == [listed.last_modified for listed in expected.object_list]


def test_white_space_around_is_not_of_the_key_and_empty_elements_are_empty() -> None:
    (listed,) = read_page(listing("\n " + entry("\n a%0A\n"))).objects
    assert listed.key == "a\n"
    (listed,) = read_page(listing("<Contents><Key/><ETag/><Size/><LastModified>2026-11-21T08:15:30Z</LastModified></Contents>")).objects
    assert (listed.key, listed.info.etag, listed.info.size) == ("", "", 0)
    assert read_page(b"<ListBucketResult/>").objects == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "koi8-r"])
def test_an_encoding_that_is_told_is_read(encoding: str) -> None:
    content = listing(entry("a"), f'<?xml version="1.0" encoding="{encoding}"?>').decode()
    assert [listed.key for listed in read_page(content.encode(encoding)).objects] == ["a"]


LAUGHS = "".join(f'<!ENTITY {name} "{10 * f"&{before};"}">' for before, name in pairwise("abcdefgh"))
LAUGHS = f'<!DOCTYPE l [<!ENTITY a "{1000 * "x"}">{LAUGHS}]>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<Error><Code>x</Code></Error>",
        listing(entry("&h;"), LAUGHS),
        listing(entry("&a;" * 20_000), '<!DOCTYPE l [<!ENTITY a "{}">]>'.format("x" * 50_000)),
        listing(entry("&e;"), '<!DOCTYPE l [<!ENTITY e SYSTEM "file:///etc/hostname">]>'),
        listing(entry("a"), '<!DOCTYPE l SYSTEM "http://127.0.0.1:1/l.dtd">'),
        listing(entry("&e;")),
        b"<a>" * 100_000,
        b'<?xml version="1.0" encoding="martian"?>' + listing(entry("a")),
        b'<?xml version="1.0" encoding="gbk"?>' + listing(entry("a")),
        listing(entry("a")).replace(b"Key", b"\xff"),
        listing(entry("a")) + b"more",
        listing(entry("a"))[:-9],
        listing(entry("a", modified="yesterday")),
        listing(entry("a", size="big")),
        listing(entry("a", size="9" * 5000)),
        listing("<IsTruncated>true</IsTruncated>"),
    ],
    ids=lambda content: content[-40:].decode(errors="replace"),
)
def test_what_is_no_page_is_told(content: bytes) -> None:
    """Whoever walks over a listing takes what is not there for gone."""
    with pytest.raises(ValueError):  # noqa: PT011 - the caller knows no more of it
        read_page(content)


def test_what_is_nested_deep_is_passed_over() -> None:
    assert len(read_page(listing("<a>" * 100_000 + "</a>" * 100_000 + entry("a"))).objects) == 1
