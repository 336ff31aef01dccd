"""Taking in a request's body: in memory when it is small, into a file when it is large, with its checksums made on the way."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.checksum import Checksums
from localcloud.door.pace import Pace
from localcloud.http import Body, Terms

IN_MEMORY = 1024 * 1024
"""Bytes of a request body kept in memory; a longer one goes to a file."""
BODY_PREFIX = "body-"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class ClientGone(Exception):
    """The client hung up before its request was whole, so nothing of it may count."""


class TooLarge(Exception):
    """The body is longer than it may be."""


class TooSlow(Exception):
    """The client stopped in the middle of its body."""


class Intake:
    """Reads bodies; the files of large ones lie under `scratch`."""

    def __init__(self, scratch: Path, pause_seconds: float) -> None:
        self._scratch = scratch
        self._pause = pause_seconds

    def open(self) -> None:
        """Make the folder, and clear away what a killed process left there."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        for leftover in self._scratch.glob(f"{BODY_PREFIX}*"):
            leftover.unlink()

    async def read(self, receive: Receive, terms: Terms) -> Body:
        """Raises ClientGone, TooLarge and TooSlow; then no file is left."""
        pending, spill, more = bytearray(), None, True
        pace = Pace(terms.bytes_per_second)
        try:
            while more:
                piece, more = await _within(self._pause, receive)
                await pace.after(len(piece))
                pending += piece
                if (spill.size if spill else 0) + len(pending) > terms.longest:
                    raise TooLarge
                if len(pending) > IN_MEMORY:
                    spill = spill or _Spill(self._scratch)
                    await spill.write(pending)
                    pending = bytearray()
            if spill is None:
                return Body(bytes(pending))
            await spill.write(pending)
            return await spill.finish()
        except BaseException:
            if spill:
                await spill.discard()
            raise

    async def drain(self, receive: Receive, most: int, seconds: float) -> None:
        """Let a client that is refused send on for a moment, so that it comes to read why."""
        end = asyncio.get_running_loop().time() + seconds
        try:
            while most > 0 and (left := end - asyncio.get_running_loop().time()) > 0:
                piece, more = await _within(left, receive)
                most -= len(piece)
                if not more:
                    return
        except (ClientGone, TooSlow):
            return


class _Spill:
    """A file that grows by one piece while the next arrives."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=BODY_PREFIX)
        self._path, self._file = Path(name), os.fdopen(descriptor, "wb")
        self._sums = Checksums()
        self._under_way: asyncio.Future[None] | None = None

    async def write(self, piece: bytearray) -> None:
        """Begin to write a piece, once the one before is written."""
        await self._settle()
        self.size += len(piece)
        self._under_way = asyncio.get_running_loop().run_in_executor(None, self._write, piece)

    async def finish(self) -> Body:
        await self._settle()
        self._file.close()
        return Body(path=self._path, sums=self._sums)

    async def discard(self) -> None:
        try:
            await self._settle()
        finally:
            self._file.close()
            self._path.unlink()

    async def _settle(self) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way:
            await under_way

    def _write(self, piece: bytearray) -> None:
        self._file.write(piece)
        self._sums.update(piece)


async def _within(seconds: float, receive: Receive) -> tuple[bytes, bool]:
    """The next piece, and whether another follows. Raises ClientGone and TooSlow."""
    with _alarm(seconds) as rang:
        try:
            message = await receive()
        except asyncio.CancelledError:
            if rang():
                raise TooSlow from None
            raise
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)


@contextmanager
def _alarm(seconds: float) -> Iterator[Callable[[], bool]]:
    """Cancel this task when the time is up. What asyncio.timeout does from Python 3.11 on; wait_for would make a task for each piece."""
    task = asyncio.current_task()
    assert task is not None
    rung = False

    def ring() -> None:
        nonlocal rung
        rung = True
        task.cancel()

    handle = asyncio.get_running_loop().call_later(seconds, ring)
    try:
        yield lambda: rung
    finally:
        handle.cancel()
