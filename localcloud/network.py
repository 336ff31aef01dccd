"""Where a URL that a caller gives may lead: into the network, and not to this machine or to what a cloud server could read of itself.

The name is resolved once, the address checked, and the connection made to that very address: a name that resolves differently the second
time gains nothing. Each redirect is a request of its own, and so is checked the same way.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import psutil

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata; that of other clouds is link-local.
METADATA = ipaddress.ip_address("100.100.100.200")


class Forbidden(httpx.RequestError):
    """The host of a URL is one that may not be asked; the text says why, and holds no URL."""


@dataclass(frozen=True)
class Reach:
    """`own` gives the endpoint of the laptop cloud: its OSS is on this machine and may be read. With `this_machine` all of it may be."""

    own: Callable[[], str] = lambda: ""
    this_machine: bool = False

    def check(self, address: IPAddress, port: int) -> None:
        """Raises Forbidden."""
        address = getattr(address, "ipv4_mapped", None) or address
        if address == METADATA or address.is_link_local:
            raise Forbidden("it leads to the metadata service of a cloud server, or to another address of the local link")
        if address.is_multicast or address.is_reserved:
            raise Forbidden("it leads to no single host")
        is_here = address.is_loopback or address.is_unspecified or str(address) in _own_addresses()
        if is_here and not self.this_machine and port != urlsplit(self.own()).port:
            raise Forbidden("it leads to this machine; the laptop cloud's own OSS is the one server here that an input may come from")

    def check_literal(self, url: str) -> None:
        """What can be told without asking a name server. Raises Forbidden."""
        parts = httpx.URL(url)
        host = "127.0.0.1" if parts.host.rstrip(".").endswith("localhost") else parts.host
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            try:
                # Names that the C library takes for an address: 127.1, 0x7f000001, 2130706433.
                address = ipaddress.ip_address(socket.inet_aton(host))
            except (OSError, UnicodeError):
                return
        self.check(address, port_of(parts))


class Checked(httpx.BaseTransport):
    """Sends a request to an address that `reach` allows."""

    def __init__(self, transport: httpx.BaseTransport, reach: Reach) -> None:
        self._transport = transport
        self._reach = reach

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx.RequestError, Forbidden among them."""
        if request.url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol("neither http nor https")
        host, port = request.url.host, port_of(request.url)
        address = _resolve(host, port)
        self._reach.check(address, port)
        # The Host header is written already, and the certificate is checked against the name.
        extensions = {**request.extensions, "sni_hostname": host}
        pinned = httpx.Request(
            request.method, request.url.copy_with(host=str(address)), headers=request.headers, stream=request.stream, extensions=extensions
        )
        return self._transport.handle_request(pinned)

    def close(self) -> None:
        self._transport.close()


def checked_client(reach: Reach, timeout: httpx.Timeout, redirects: int = 0) -> httpx.Client:
    """A client for URLs that callers gave. A proxy that the environment names is passed by: behind it no address could be checked."""
    transport = Checked(httpx.HTTPTransport(trust_env=True), reach)
    return httpx.Client(transport=transport, follow_redirects=redirects > 0, max_redirects=redirects, timeout=timeout)


def port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _resolve(host: str, port: int) -> IPAddress:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(str(error)) from None
    return ipaddress.ip_address(str(found[0][4][0]).partition("%")[0])


def _own_addresses() -> set[str]:
    return {each.address.partition("%")[0] for addresses in psutil.net_if_addrs().values() for each in addresses}
