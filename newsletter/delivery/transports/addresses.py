"""The form of an address that goes over the wire: ASCII, its domain in A-labels (RFC 5890).

Header fields and envelopes both take it from here, so that they never differ. Whether an address
may be mailed at all is left to the store; addresses that need SMTPUTF8 (RFC 6531) are refused.
"""

from __future__ import annotations

import re

from newsletter.errors import AddressRefused

_ASCII_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9._:\[\]-]+")


def encode_address(address: str) -> str:
    """`wang@例子.测试` → `wang@xn--fsqu00a.xn--0zwm56d`; an ASCII address stays as it is.

    Raises AddressRefused as a server without SMTPUTF8 would: 553 5.6.7 (RFC 6531 §3.5) where the
    part before the @ is not ASCII, 553 5.1.3 where this is no address. Quoted local parts are none.
    """
    if _ASCII_ADDRESS.fullmatch(address):
        return address
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise AddressRefused(
            f"{address!r} needs SMTPUTF8, which is not supported",
            code=553,
            status="5.6.7",
            fix="ask for an address in ASCII letters",
        )
    encoded = f"{local}@{_encode_domain(domain)}"
    if not _ASCII_ADDRESS.fullmatch(encoded):
        raise AddressRefused(f"{address!r} is not an address", code=553, status="5.1.3")
    return encoded


def _encode_domain(domain: str) -> str:
    """The domain in A-labels; empty where it is none."""
    import idna  # noqa: PLC0415  # large tables that hardly any address needs

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""
