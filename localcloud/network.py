"""Where a URL that a caller gives may lead: into the network, and not to this machine or to what a cloud server could read of itself.

The name is resolved once, each address checked, and the connection made to one of these very addresses: a name that resolves differently
the second time gains nothing. Each redirect is a request of its own, and so is checked the same way.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import psutil

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata; that of other clouds is link-local, but for AWS over IPv6:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html.
METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "fd00:ec2::254")))
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address


class Forbidden(httpx.RequestError):
    """The host of a URL is one that may not be asked; the text says why, and holds no URL."""


@dataclass(frozen=True)
class Reach:
    """`own` gives the endpoint of the laptop cloud: its OSS is on this machine and may be read. With `this_machine` all of it may be."""

    own: Callable[[], str] = lambda: ""
    this_machine: bool = False

    def check(self, address: IPAddress, port: int) -> None:
        """Raises Forbidden."""
        address = _meant(address)
        is_here = address.is_loopback or address.is_unspecified or str(address) in _own_addresses()
        if address in METADATA or address.is_link_local:
            raise Forbidden("it leads to the metadata service of a cloud server, or to another address of the local link")
        # ::1 is of a reserved block too.
        if address.is_multicast or (address.is_reserved and not is_here):
            raise Forbidden("it leads to no single host")
        if is_here and not self.this_machine and port != urlsplit(self.own()).port:
            raise Forbidden("it leads to this machine; the laptop cloud's own OSS is the one server here that an input may come from")

    def addresses(self, host: str, port: int) -> list[str]:
        """Of a name; one that may not be asked forbids them all. Raises Forbidden, and OSError where the name is unknown."""
        found = [str(each[4][0]).partition("%")[0] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        for address in found:
            self.check(ipaddress.ip_address(address), port)
        return found

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
        try:
            *others, last = self._reach.addresses(request.url.host, port_of(request.url))
        except OSError as error:
            raise httpx.ConnectError(str(error)) from None
        for address in others:
            # localhost is ::1 and 127.0.0.1, and a server may listen on one of them alone.
            with suppress(httpx.ConnectError):
                return self._transport.handle_request(_pinned(request, address))
        return self._transport.handle_request(_pinned(request, last))

    def close(self) -> None:
        self._transport.close()


def checked_client(reach: Reach, timeout: httpx.Timeout, redirects: int = 0) -> httpx.Client:
    """A client for URLs that callers gave. A proxy that the environment names is passed by: behind it no address could be checked."""
    transport = Checked(httpx.HTTPTransport(trust_env=True), reach)
    return httpx.Client(transport=transport, follow_redirects=redirects > 0, max_redirects=redirects, timeout=timeout)


def port_of(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    # The Host header is written already, and the certificate is checked against the name.
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    url = request.url.copy_with(host=address)
    return httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)


def _meant(address: IPAddress) -> IPAddress:
    """The IPv4 address that one of IPv6 stands for: mapped, by NAT64, 6to4 or Teredo."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    _, behind_teredo = address.teredo or (None, None)
    return address.ipv4_mapped or address.sixtofour or behind_teredo or address


def _own_addresses() -> set[str]:
    return {each.address.partition("%")[0] for addresses in psutil.net_if_addrs().values() for each in addresses}
