"""Values: what a frozen dataclass is, at a hundredth of what making one costs.

A dataclass has its methods compiled when its module is imported, and a named tuple its constructor: 0.4 and 0.1 ms of CPU for each class.
There are fifty, and a whole cold start takes 45 ms (bench/RESULTS.md). Here all classes share their methods; to make an instance takes a
microsecond or two more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_options):
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Value:
    """Fields are what the class annotates, with their defaults; they are given in order or by name, and stay as they are.

    Two values are equal where they are of one class and all their fields are.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[Mapping[str, Any]] = {}

    if not TYPE_CHECKING:  # a type checker makes them of the fields

        def __init_subclass__(cls):
            own = tuple(vars(cls).get("__annotations__", ()))
            cls._fields = cls.__match_args__ = tuple(dict.fromkeys(cls._fields + own))
            cls._defaults = {**cls._defaults, **{name: vars(cls)[name] for name in own if name in vars(cls)}}

        def __init__(self, *in_order, **by_name):
            given = dict(zip(self._fields, in_order, strict=False))
            values = {**self._defaults, **given, **by_name}
            if values.keys() != set(self._fields) or len(in_order) > len(given) or given.keys() & by_name.keys():
                raise TypeError(f"a {type(self).__name__} takes {', '.join(self._fields)}, each once, and all that have no default")
            self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} stays as it is: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} stays as it is: {name}")

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self._fields))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"

    def _asdict(self) -> dict[str, Any]:
        """By name, in the order of the fields."""
        return {name: getattr(self, name) for name in self._fields}

    def _replace(self, **changes: Any) -> Self:
        """The same with some fields changed."""
        return type(self)(**{**self._asdict(), **changes})
