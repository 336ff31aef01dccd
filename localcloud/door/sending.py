"""Sending a reply: its header lines, its content, and a file piece by piece, at a pace or gzipped where a service asks for that."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import BinaryIO

from localcloud.door.intake import Message, Receive
from localcloud.door.pace import Pace
from localcloud.http import FileSlice, Reply

CHUNK = 1024 * 1024
"""Bytes of a file read and sent at once. Each piece costs a change of threads: with a quarter of this 100 MB take half as long again."""
_GZIP = 31
"""zlib's window bits for a gzip header."""

Send = Callable[[Message], Awaitable[None]]


async def send_reply(
    method: str, reply: Reply, file: BinaryIO | None, receive: Receive, send: Send, before_end: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Send it whole; `file` holds the content that a `FileSlice` tells of. `before_end` goes between the last byte and the end."""
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": list(_header_lines(method, reply))})
        if file is not None and isinstance(reply.body, FileSlice) and method != "HEAD":
            await _stream(file, reply.body, receive, send)
        content = reply.body if isinstance(reply.body, bytes) and method != "HEAD" else b""
        if before_end:
            await send({"type": "http.response.body", "body": content, "more_body": True})
            await before_end()
            content = b""
        await send({"type": "http.response.body", "body": content})
    finally:
        if file is not None:
            file.close()


async def hang_up(receive: Receive) -> None:
    """Return once the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _header_lines(method: str, reply: Reply) -> Iterator[tuple[bytes, bytes]]:
    headers: Mapping[str, str] = reply.headers
    named = {name.lower() for name in headers}
    for name, value in headers.items():
        # A service that answers HEAD may name the length of the entity itself; otherwise the length is what is sent.
        if name.lower() != "content-length" or method == "HEAD":
            yield name.encode("latin-1"), _header_value(value)
    length_is_given = method == "HEAD" and "content-length" in named
    gzipped = isinstance(reply.body, FileSlice) and reply.body.gzipped
    if reply.status not in (204, 304) and not length_is_given and not gzipped:
        length = reply.body.length if isinstance(reply.body, FileSlice) else len(reply.body)
        yield b"Content-Length", str(length).encode()


def _header_value(value: str) -> bytes:
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


async def _stream(file: BinaryIO, piece: FileSlice, receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()
    gone = asyncio.ensure_future(hang_up(receive))
    pace, packing = Pace(piece.bytes_per_second), zlib.compressobj(wbits=_GZIP) if piece.gzipped else None
    try:
        file.seek(piece.start)
        left = piece.length
        while left and not gone.done():
            data = await loop.run_in_executor(None, file.read, min(CHUNK, left, piece.bytes_per_second or CHUNK))
            if not data:
                raise EOFError(f"{piece.path.name} is {left} bytes shorter than its reply says")
            left -= len(data)
            await pace.after(len(data))
            if packing:
                data = await loop.run_in_executor(None, packing.compress, data)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        if packing:
            await send({"type": "http.response.body", "body": packing.flush(), "more_body": True})
    finally:
        gone.cancel()
