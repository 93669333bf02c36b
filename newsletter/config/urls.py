"""Addresses that a person writes into the configuration, judged and brought into the form of the wire.

An internationalised host becomes its A-labels (RFC 5891) here and nowhere else, so that every link,
feed and header line made of it is ASCII as it stands.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?!.{{254}}){_LABEL}(\.{_LABEL})*\.?")
_VISIBLE = re.compile(r"[^\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u3000\ud800-\udfff\ufeff]*")
_FOLDER = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@%-]*")
_QUERY = re.compile(r"[\x21-\x7e]*")


def read_base_url(text: str) -> str:
    """An http(s) address of a folder, ending in a slash, in ASCII. Raises ValueError with what is wrong."""
    parts = _read_url(text)
    if "?" in text or "#" in text:
        raise ValueError("must not have a query or a fragment")
    return _join(parts).rstrip("/") + "/"


def read_hub_url(text: str) -> str:
    """An http(s) address, in ASCII; W3C WebSub §5.1 lets a hub's have a query. Raises ValueError."""
    parts = _read_url(text)
    if "#" in text:
        raise ValueError("must not have a fragment")
    return _join(parts)


def encode_host(host: str) -> str:
    """A host name in A-labels, or an IP address as it stands; ValueError for anything else."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return host
    if not host.isascii():
        import idna  # noqa: PLC0415 - large tables that hardly any host needs

        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError(f"has no host that can exist: {error}") from error
    if not _HOST.fullmatch(host.lower()):
        raise ValueError(f"has no host that can exist: {host!r}")
    return host


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_url(text: str) -> SplitResult:
    # urlsplit() drops line breaks and outer spaces without a word.
    if not _VISIBLE.fullmatch(text):
        raise ValueError("must not hold spaces or control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"cannot be read, {error}: write it like https://papers.example.org/") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an absolute http(s) URL")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or a password")
    if port == 0:
        raise ValueError("cannot be read: port 0 is none")
    if not _FOLDER.fullmatch(parts.path) or not _QUERY.fullmatch(parts.query):
        raise ValueError("may have only ASCII letters, digits and URL punctuation after its host")
    if "[" in parts.netloc:
        ipaddress.IPv6Address(parts.hostname)
    encode_host(parts.hostname)
    return parts


def _join(parts: SplitResult) -> str:
    netloc = parts.netloc
    if not netloc.isascii():
        port = "" if parts.port is None else f":{parts.port}"
        netloc = encode_host(parts.hostname or "") + port
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
