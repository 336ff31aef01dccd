"""Values, held to what a frozen dataclass does."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

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
