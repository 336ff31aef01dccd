"""The program that compiles: run by a Python 3.12 with nothing but its standard library, whatever Python runs the rest.

Standard input is a pickled list of (path at run time, source); standard output the pickled list of compiled files, in the same order.
"""

from __future__ import annotations

import importlib.util
import marshal
import pickle
import sys
from types import CodeType
from typing import Any

_UNCHECKED_HASH = (1).to_bytes(4, "little")
"""PEP 552: valid by a hash of its source, and that is never checked."""
_PARTS = (
    "co_code", "co_consts", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_filename", "co_name", "co_qualname",
    "co_linetable", "co_exceptiontable",
)  # fmt: skip


def compiled(path: str, source: bytes) -> bytes:
    """A compiled file. `path` is what a traceback will name: where the source will lie when it runs."""
    code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    held: list[object] = []
    _hold(code, held)
    return importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source) + marshal.dumps(code)


def _hold(value: object, held: list[object]) -> None:
    """Keep a second reference to every part of a code object.

    marshal writes a mark on what has more than one reference, and those of others count too: of a module that happens to be loaded and
    has a string in common with this one. Once everything is held, everything is marked.
    """
    held.append(value)
    if isinstance(value, CodeType):
        parts: Any = [getattr(value, name) for name in _PARTS]
    else:
        parts = value if isinstance(value, (tuple, frozenset)) else ()
    for part in parts:
        _hold(part, held)


def main() -> None:
    sources: list[tuple[str, bytes]] = pickle.load(sys.stdin.buffer)
    pickle.dump([compiled(path, source) for path, source in sources], sys.stdout.buffer)


if __name__ == "__main__":
    main()
