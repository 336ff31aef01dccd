"""How far Go has read where it meets a value of a wrong type; whatever comes, there is an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.pai.body import BATCH, IMAGE, VIDEO, read
from localcloud.pai.errors import PaiError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["image", "videos", "images", "url", "configure"]), inner),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from([IMAGE, VIDEO, BATCH]), JSON, st.sampled_from([None, 1]))
def test_a_document_is_read_or_refused(form: Any, value: Any, indent: int | None) -> None:
    fields, refusal = outcome(json.dumps(value, indent=indent).encode(), form)
    assert refusal.startswith("Unmarshal type error: ") or fields.keys() == form.fields.keys()
    json.dumps(fields, ensure_ascii=False).encode()


def outcome(content: bytes, form: Any) -> tuple[dict[str, Any], str]:
    """The fields, or what is said of the refusal."""
    try:
        return read(content, form), ""
    except PaiError as error:
        return {}, f"{error.message} ({error.status})"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_bytes_are_read_or_refused(content: bytes) -> None:
    fields, refusal = outcome(content, IMAGE)
    assert fields or refusal.endswith("(400)")


@pytest.mark.parametrize(
    "text", ['{"image":1}', '{ "a\\"b" : [1, {"c": "]}"}] ,\n"image" : 1}', '{"é": "é\\u00e9", "image": 1}', '{"image": 1, "x": 2}']
)
def test_the_offset_is_counted_in_bytes_to_the_end_of_the_value(text: str) -> None:
    with pytest.raises(PaiError) as refusal:
        read(text.encode(), IMAGE)
    end = text.index('"image"') + text[text.index('"image"') :].index("1") + 1
    assert f"field=image, offset={len(text[:end].encode())}," in refusal.value.message


def test_of_a_name_that_comes_twice_the_last_counts() -> None:
    assert read(b'{"image": 1, "image": "u"}', IMAGE)["image"] == "u"
    with pytest.raises(PaiError, match="offset=25,"):
        read(b'{"image": "u", "image": 1}', IMAGE)


def test_null_is_nothing() -> None:
    assert read(b'{"videos": [null, {"url": null}], "configure": null}', BATCH) == {
        "action": "",
        "model_name": "",
        "configure": {},
        "videos": [{"url": "", "title": ""}, {"url": "", "title": ""}],
    }
