"""The layer's network over a transport of httpx: real or scripted, as httpx's own users write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx

from sightline.http import NoAnswer, Request, Response

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class OverHttpx:
    """A `Network`. What the transport raises of httpx's own errors is no answer; anything else goes through."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: Request, connect_seconds: float, silence_seconds: float) -> Response:
        timeout = httpx.Timeout(silence_seconds, connect=connect_seconds).as_dict()
        asked = httpx.Request(
            request.method, request.url, headers=dict(request.headers), content=request.content, extensions={"timeout": timeout}
        )
        try:
            return _Given(self._transport.handle_request(asked))
        except httpx.RequestError as error:
            raise NoAnswer(type(error).__name__, sent=not isinstance(error, NEVER_SENT)) from error

    def close(self) -> None:
        self._transport.close()


class _Given:
    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)

    def chunks(self) -> Iterator[bytes]:
        try:
            yield from [self._response.content] if self._response.is_closed else self._response.iter_raw()
        except httpx.RequestError as error:
            raise NoAnswer(type(error).__name__) from error

    def close(self) -> None:
        self._response.close()
