"""Connections that no slow client can hold: the head of a request, and the way of a reply, have their time."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

log = logging.getLogger("localcloud.door")


@dataclass(frozen=True)
class Patience:
    """How many clients the door has at once, and how long it waits for each."""

    connections: int = 1000
    head_seconds: float = 20.0
    """From the first byte of a request, or from the connection's begin, to the end of the request's head."""
    pause_seconds: float = 30.0
    """Without a byte of a body that was announced."""
    stuck_seconds: float = 60.0
    """Without a byte taken of a reply."""


class Connection(H11Protocol):
    """uvicorn's connection, which waits for ever by itself."""

    _head: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, patience: Patience, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._patience = patience

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head_is_there()
        elif self._head is None:
            self._expect_head()

    def _should_upgrade(self) -> bool:
        # Nothing here speaks another protocol; uvicorn would log, twice for each such request, that a library is missing.
        return False

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unwatch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        self._unwatch()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._head = self.loop.call_later(self._patience.head_seconds, self._give_up, "sent no whole request head")

    def _head_is_there(self) -> None:
        if self._head:
            self._head.cancel()
            self._head = None

    def _watch(self, unsent: int) -> None:
        self._unwatch()
        self._stuck = self.loop.call_later(self._patience.stuck_seconds, self._look, unsent)

    def _unwatch(self) -> None:
        if self._stuck:
            self._stuck.cancel()
            self._stuck = None

    def _look(self, unsent: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left < unsent:
            self._watch(left)
        else:
            self._give_up("took nothing of its reply")

    def _give_up(self, what: str) -> None:
        client: Any = self.client
        log.warning("a client at %s %s in time; its connection is closed", client[0] if client else "an unknown address", what)
        self.transport.abort()
