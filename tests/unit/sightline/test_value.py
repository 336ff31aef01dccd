"""Values, held to what a frozen dataclass does."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mypy import api

from sightline.value import Value


class Point(Value):
    """A test's own."""

    x: int
    y: int = 0
    name: str = "p"

    @property
    def sum(self) -> int:
        return self.x + self.y


class Named(Point):
    tag: str = ""


@dataclasses.dataclass(frozen=True)
class Model:
    x: int
    y: int = 0
    name: str = "p"


@pytest.mark.parametrize(
    ("in_order", "by_name"),
    [
        ((1,), {}),
        ((1, 2), {}),
        ((1, 2, "q"), {}),
        ((), {"x": 1}),
        ((1,), {"name": "q"}),
        ((), {}),
        ((), {"y": 1}),
        ((1, 2, "q", 4), {}),
        ((1,), {"x": 2}),
        ((1,), {"z": 2}),
    ],
)
def test_a_value_is_made_as_a_dataclass_is(in_order: tuple[Any, ...], by_name: dict[str, Any]) -> None:
    try:
        expected = dataclasses.asdict(Model(*in_order, **by_name))
    except TypeError:
        with pytest.raises(TypeError):
            Point(*in_order, **by_name)
    else:
        made = Point(*in_order, **by_name)
        assert made._asdict() == expected
        assert list(made._asdict()) == list(expected)


def test_values_of_one_class_and_content_are_equal() -> None:
    assert Point(1) == Point(1, 0)
    assert Point(1) != Point(2)
    assert Point(1) != Named(1)
    assert Point(1) != (1, 0, "p")
    assert len({Point(1), Point(1, 0), Point(1, 1)}) == 2


def test_a_value_stays_as_it_is() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="stays"):
        point.x = 2  # type: ignore[misc]
    assert (point._replace(y=5), point.sum) == (Point(1, 5), 1)
    with pytest.raises(TypeError):
        point._replace(z=5)


def test_a_subclass_adds_its_fields() -> None:
    assert repr(Named(1, tag="t")) == "Named(x=1, y=0, name='p', tag='t')"
    assert Named(1, 2, "q", "t") == Named(x=1, y=2, name="q", tag="t")


def test_a_field_that_is_named_again_stays_where_it_was() -> None:
    class Moved(Point):
        y: int = 5
        extra: int = 0

    assert Moved(1)._asdict() == {"x": 1, "y": 5, "name": "p", "extra": 0}
    assert Moved(1, 2, "q", 3)._asdict() == {"x": 1, "y": 2, "name": "q", "extra": 3}


def test_a_field_can_not_be_taken_away() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="stays"):
        del point.x
    assert point.x == 1


CONTENTS = st.none() | st.integers() | st.text() | st.floats() | st.lists(st.integers()) | st.tuples(st.integers())


@given(st.tuples(CONTENTS, CONTENTS, CONTENTS), st.tuples(CONTENTS, CONTENTS, CONTENTS))
def test_values_compare_and_hash_as_dataclasses_do(first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    ours, theirs = (Point(*first), Point(*second)), (Model(*first), Model(*second))
    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    assert repr(ours[0]) == repr(theirs[0]).replace("Model", "Point")
    try:
        expected = hash(theirs[0])
    except TypeError:
        with pytest.raises(TypeError, match="unhashable"):
            hash(ours[0])
    else:
        assert hash(ours[0]) == expected


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_is_equal_and_stays_as_it_is_too(again: Any) -> None:
    made = again(Named(1, tag="t"))
    assert made == Named(1, tag="t")
    with pytest.raises(AttributeError, match="stays"):
        made.x = 2


def test_a_value_is_matched_by_its_fields() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


WRONGLY_USED = """
from sightline.value import Value
class Point(Value):
    x: int
    y: int = 0
reveal_type(Point(1)._replace(y=2).x)
Point("a")
Point(z=1)
Point(1).x = 2
"""


def test_a_type_checker_knows_the_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", str(Path(sys.modules["sightline.value"].__file__ or "").parents[1]))
    said, problem, _ = api.run(["--strict", "--config-file=", f"--cache-dir={tmp_path}", "--no-error-summary", "-c", WRONGLY_USED])
    assert problem == ""
    assert [line.partition(": ")[2] for line in said.splitlines()] == [
        'note: Revealed type is "int"',
        'error: Argument 1 to "Point" has incompatible type "str"; expected "int"  [arg-type]',
        'error: Unexpected keyword argument "z" for "Point"  [call-arg]',
        'error: Property "x" defined in "Point" is read-only  [misc]',
    ]
