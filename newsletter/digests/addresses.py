"""Judges addresses: which of the network's a digest may come from, and how a URL may be shown.

Pure. A host name says nothing: what is judged is the address that a connection goes to (see `connect`).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# What Python's own tables leave open, by version or on purpose. RFC 7526: the anycast address of 6to4.
_OLD_RELAYS = ipaddress.ip_network("192.88.99.0/24")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291 §2.4: all that is assigned so far
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052 §2.1


def is_public_address(text: str) -> bool:
    """Whether an IP address is one of the public internet's, and leads nowhere else.

    Private, loopback, link-local, shared (RFC 6598), multicast and reserved ones are not. IPv4 inside
    IPv6 (mapped, RFC 4291 §2.5.5.2, or NAT64) is judged as what it leads to; 6to4 and Teredo are
    tunnels that nobody serves digests from. Text that is no address is none of the public's.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        embedded = _embedded_ipv4(address)
        if embedded is None:
            is_tunnel = address.sixtofour is not None or address.teredo is not None
            return address in _GLOBAL_UNICAST and address.is_global and not is_tunnel
        address = embedded
    return _is_plainly_global(address) and address not in _OLD_RELAYS


def _embedded_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def _is_plainly_global(address: _IPAddress) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_address(source: str) -> bool:
    """Whether `source` is a URL, however malformed, and no path: it may hold credentials."""
    return "://" in source


def public_address(url: str) -> str:
    """`url` as it may be shown: without user, password, query and fragment.

    Where it cannot be told what is a password, nothing of it is shown.
    """
    try:
        parts = urlsplit(url.strip())
        has_port = parts.port is not None  # a password with a slash in it looks like a port
    except ValueError:
        return "this address"
    if has_port and "@" in f"{parts.path}?{parts.query}#{parts.fragment}" and "@" not in parts.netloc:
        return "this address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
