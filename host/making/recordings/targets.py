"""Which computers a download may talk to: public ones, and private ones that the user named."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Collection
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError as TransportError
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateTargetError(TransportError):
    """The host is in a private network, and nobody named it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is in a private network")
        self.host = host


def host_of(url: str) -> str:
    """The host of an address in lower case, without port and brackets; empty when there is none.

    By the parser that `requests` connects with. Others see another host in some addresses: in
    `https://one.example\\@two.example` the standard library's sees the second, and the first is asked.
    """
    try:
        host = (parse_url(url).host or "").lower().strip("[]").rstrip(".")
    except (LocationParseError, ValueError):
        return ""
    return host if _NAME.fullmatch(host) or _is_address(host) else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet, also where IPv6 carries an IPv4 address."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    return address.is_global and not address.is_multicast


def is_loopback(host: str) -> bool:
    """Whether a host is this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class PublicAdapter(HTTPAdapter):
    """Connects to public addresses only, whatever a name resolves to.

    A proxy of the user's environment is the user's own choice and is not checked.

    Args:
        named: hosts that may be private, in lower case.
    """

    def __init__(self, named: Collection[str]) -> None:
        self._named = frozenset(named)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        """Let the pools make connections that look whom they talk to."""
        super().init_poolmanager(*args, **keywords)
        named = self._named

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                _refuse_private(self.host, self.port, named)
                return _public_peer(super()._new_conn(), self.host, named)

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                _refuse_private(self.host, self.port, named)
                return _public_peer(super()._new_conn(), self.host, named)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}


def _refuse_private(host: str, port: int, named: Collection[str]) -> None:
    """Refuse before anything is sent, not even a SYN. What cannot be looked up is the connection's to tell."""
    if host.strip("[]").rstrip(".").lower() in named:
        return
    with contextlib.suppress(OSError, UnicodeError):
        for *_, place in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM):
            if not is_public(str(place[0])):
                raise PrivateTargetError(host)


def _public_peer(connected: socket.socket, host: str, named: Collection[str]) -> socket.socket:
    """Look again at who answered: a name may resolve otherwise a moment later."""
    if host.strip("[]").rstrip(".").lower() not in named and not is_public(str(connected.getpeername()[0])):
        connected.close()
        raise PrivateTargetError(host)
    return connected
