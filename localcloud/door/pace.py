"""How fast a transfer may be."""

from __future__ import annotations

import asyncio
import time


class Pace:
    """Keeps a transfer from being faster than so many bytes a second; without a number it never waits."""

    def __init__(self, bytes_per_second: int | None) -> None:
        self._bytes_per_second = bytes_per_second
        self._due = time.monotonic()

    async def after(self, count: int) -> None:
        """Wait until `count` more bytes may have passed."""
        if self._bytes_per_second:
            self._due += count / self._bytes_per_second
            await asyncio.sleep(self._due - time.monotonic())
