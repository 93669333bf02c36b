"""Which addresses are public, and how an address may be shown."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests.addresses import is_public_address, public_address

_SECRET = st.text(st.characters(categories=["Lu", "Nd"]), min_size=8, max_size=12).map(
    lambda text: f"Pw{text}"
)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - judged, not bound to
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::10.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::",
        "2002:101:101::",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "papers.test",
        "",
    ],
)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public_address(address)


@given(st.integers(0, 2**32 - 1))
def test_an_address_inside_ipv6_is_judged_as_what_it_leads_to(number: int) -> None:
    inner = ipaddress.IPv4Address(number)
    mapped = ipaddress.IPv6Address(number | 0xFFFF << 32)
    nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | number)
    expected = is_public_address(str(inner))
    assert is_public_address(str(mapped)) == is_public_address(str(nat64)) == expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.test/x.md?token=t#f", "https://a.test/x.md"),
        ("https://user:pw@a.test:8443/x.md", "https://a.test:8443/x.md"),
        ("https://a.test/@user/x.md", "https://a.test/@user/x.md"),
        ("https://user:pa/ss@a.test/x.md", "this address"),
        ("https://user:12/34@a.test/x.md", "this address"),
        ("https://user:12?34@a.test/x.md", "this address"),
        ("https://user:12#34@a.test/x.md", "this address"),
        ("https://[::1/x.md", "this address"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert public_address(url) == shown


@given(_SECRET, st.sampled_from("/?#:@[]%\\ "), _SECRET)
def test_a_password_is_never_shown_whatever_stands_in_it(first: str, mark: str, second: str) -> None:
    shown = public_address(f"https://user:{first}{mark}{second}@a.test/x.md")
    assert first not in shown
    assert second not in shown
