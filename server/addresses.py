"""Which addresses the server may connect to when a client names them: listed hosts, at public addresses."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

import httpx

from server.errors import ApiError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# What Python's `is_global` lets through, some of it in some versions only, and yet no public server is at
NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata is at 192.0.0.192
            "192.88.99.0/24",  # relays of 6to4
            "168.63.129.16/32",  # Azure's agent, within each virtual machine
            "2001::/23",  # Teredo and other protocols
            "2002::/16",  # 6to4: an IPv4 address within
            "3fff::/20",  # documentation
        ),
    )
)
UNICAST6 = ipaddress.IPv6Network("2000::/3")  # all that is assigned to public hosts (RFC 4291)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # an IPv4 address as a network without IPv4 reaches it (RFC 6052)
NUMBER = re.compile(r"(\d+|0x[0-9a-f]*)", re.ASCII)  # last part of a host: resolvers read it as an address (WHATWG URL)
HOST = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")


@dataclass(frozen=True)
class Reach:
    """What may be connected to. With no hosts, nothing."""

    hosts: tuple[str, ...] = ()  # names, `*.name` for all below one, or addresses
    purpose: Literal["fetch", "webhook"] = "fetch"
    ports: tuple[int, ...] = (80, 443)
    networks: tuple[Network, ...] = ()  # that are reached though they are not public

    @property
    def setting(self) -> str:
        """The variable that lists the hosts."""
        return f"MENTALIS_SERVER_{self.purpose.upper()}_HOSTS"


def is_public(address: Address) -> bool:
    """Whether an address is a public host's: not this machine, its networks, a cloud's metadata, a group of hosts."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in UNICAST6:
            return False
    special = any(address.version == network.version and address in network for network in NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not special


def may_connect(address: str, reach: Reach) -> bool:
    """Whether an address is public, or in one of the networks that are listed."""
    try:
        there = ipaddress.ip_address(address)
    except ValueError:  # of an interface: fe80::1%eth0
        return False
    listed = any(there.version == network.version and there in network for network in reach.networks)
    return listed or is_public(there)


def check_url(url: str | httpx.URL, reach: Reach) -> httpx.URL:
    """The URL, if it may be asked; where its name leads is checked when it is connected to.

    Raises:
        ApiError: 400, nothing is asked here, or not this: another scheme, host or port, or with a password.
    """
    if not reach.hosts:
        raise _refused(f"this server connects to no other; its operator can list hosts in {reach.setting}", reach)
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError):
        raise _refused("that is no URL; write it as https://host/path", reach) from None
    host = host_of(read)
    if read.scheme not in ("http", "https") or not host:
        raise _refused("a URL must begin with https:// or http:// and a host", reach)
    if read.userinfo:
        raise _refused("a URL may hold no user name or password; use a link that is signed", reach)
    if not _is_listed(host, reach.hosts) or not _is_unambiguous(host):
        raise _refused(f"{host[:80]!r} is not among the hosts that the operator lists in {reach.setting}", reach)
    if _as_address(host) is not None and not may_connect(host, reach):
        raise not_public(host, reach)
    port = read.port or (443 if read.scheme == "https" else 80)
    if port not in reach.ports:
        more = "; its operator can list ports in MENTALIS_SERVER_WEBHOOK_PORTS" if reach.purpose == "webhook" else ""
        raise _refused(f"port {port} is not asked; use {' or '.join(map(str, reach.ports))}{more}", reach)
    return read


def not_public(host: str, reach: Reach) -> ApiError:
    """What is told of a host that is at an address of this machine or its networks."""
    more = (
        ", or have its operator list its network in MENTALIS_SERVER_WEBHOOK_NETWORKS"
        if reach.purpose == "webhook"
        else ""
    )
    return _refused(f"{host[:80]!r} is not at a public address; use another{more}", reach)


def host_of(url: httpx.URL) -> str:
    """A URL's host as a resolver gets it."""
    return url.raw_host.decode("ascii").lower().removesuffix(".")


def is_host_pattern(text: str) -> bool:
    """Whether a text can stand in a list of hosts: a name, `*.name` or an address; no scheme, no port."""
    return HOST.fullmatch(text) is not None or _as_address(text) is not None


def _is_listed(host: str, patterns: tuple[str, ...]) -> bool:
    return any(host == pattern or (pattern[:2] == "*." and host.endswith(pattern[1:])) for pattern in patterns)


def _is_unambiguous(host: str) -> bool:
    """Whether all read a host alike: 2130706433, 0x7f.1 and 0177.0.0.1 are names to some and 127.0.0.1 to others."""
    return _as_address(host) is not None or (
        HOST.fullmatch(host) is not None and NUMBER.fullmatch(host.rpartition(".")[2]) is None
    )


def _as_address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _refused(message: str, reach: Reach) -> ApiError:
    return ApiError(400, message, f"{reach.purpose}_refused")
