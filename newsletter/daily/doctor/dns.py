"""Asks the DNS about the sender's domain; what the answers are worth is for `records`.

A name server that does not answer is a warning: it says nothing about our mail.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial

import dns.exception
import dns.name
import dns.nameserver
import dns.rdata
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

from newsletter.config import Config, is_example_host
from newsletter.config.urls import encode_host
from newsletter.daily.doctor.findings import Finding, quote, warn, well
from newsletter.daily.doctor.records import (
    judge_dkim,
    judge_dmarc,
    judge_domain,
    judge_spf,
    list_dmarc_names,
)
from newsletter.daily.doctor.spf import SpfWalk, find_records, find_sender, follow_record
from newsletter.daily.signing import find_record
from newsletter.delivery.transports import open_transport
from newsletter.errors import ConfigError

_SECONDS = 4.0
"""For a question with all its repetitions; the first that is not answered ends its check."""

# What others write may be no name at all, which nobody can have records of.
_NO_NAMES = (
    dns.name.BadEscape,
    dns.name.EmptyLabel,
    dns.name.IDNAException,
    dns.name.LabelTooLong,
    dns.name.NameTooLong,
)

Look = Callable[[], Iterator[Finding]]


def open_resolver(name_servers: Sequence[str]) -> dns.resolver.Resolver | None:
    """Asks these (`address` or `address:port`), or the system's; None where the system names none.

    Raises ConfigError for one that is no address.
    """
    try:
        resolver = dns.resolver.Resolver(configure=not name_servers)
    except dns.resolver.NoResolverConfiguration:
        return None
    if name_servers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(*_read_server(each)) for each in name_servers]
    resolver.lifetime = _SECONDS
    return resolver


def list_looks(config: Config, resolver: dns.resolver.Resolver | None) -> list[tuple[str, Look]]:
    """A name and a look for each question."""
    domain = encode_host(config.sender.address.rpartition("@")[2]).lower()
    if is_example_host(domain):
        fix = "set [sender] address in newsletter.toml"
        return [("dns", lambda: iter([warn("dns", "not asked: [sender] address is still an example", fix)]))]
    names = _Names(resolver)
    looks: list[tuple[str, Callable[[], Finding]]] = [
        ("domain", lambda: _look_at_domain(names, domain)),
        ("spf", lambda: _look_at_spf(names, domain, config)),
        ("dmarc", lambda: _look_at_dmarc(names, domain, config)),
        ("dkim", lambda: _look_at_dkim(names, config)),
    ]
    return [(name, partial(_ask, name, look)) for name, look in looks]


class _Names:
    """The records of names; one that is not there has none."""

    def __init__(self, resolver: dns.resolver.Resolver | None) -> None:
        self._resolver = resolver

    def texts(self, name: str) -> list[str]:
        """TXT records, the strings of each joined. Raises DNSException."""
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in self._find(name, dns.rdatatype.TXT)
            if isinstance(record, TXT)
        ]

    def mail_servers(self, name: str) -> list[str]:
        """The names of MX records, without their last dot. Raises DNSException."""
        return [
            record.exchange.to_text(omit_final_dot=True).removesuffix(".")
            for record in self._find(name, dns.rdatatype.MX)
            if isinstance(record, MX)
        ]

    def addresses(self, name: str) -> list[str]:
        """Raises DNSException."""
        found = [self._find(name, kind) for kind in (dns.rdatatype.A, dns.rdatatype.AAAA)]
        return [record.to_text() for records in found for record in records]

    def _find(self, name: str, kind: dns.rdatatype.RdataType) -> Sequence[dns.rdata.Rdata]:
        if self._resolver is None:
            raise dns.resolver.NoResolverConfiguration
        with suppress(dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, *_NO_NAMES):
            return list(self._resolver.resolve(dns.name.from_text(name), kind))
        return []


def _ask(name: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield look()
    except dns.resolver.NoResolverConfiguration:
        yield warn(name, "not asked: this system names no name server", "name one with --name-server")
    except dns.exception.DNSException as error:
        said = quote(str(error)) or type(error).__name__
        yield warn(name, f"no answer from the DNS: {said}", "try again, or with --name-server 9.9.9.9")


def _look_at_domain(names: _Names, domain: str) -> Finding:
    mx = names.mail_servers(domain)
    return judge_domain(domain, mx, [] if mx else names.addresses(domain))


def _look_at_spf(names: _Names, domain: str, config: Config) -> Finding:
    records = find_records(names.texts(domain))
    walk = follow_record(records[0], names.texts) if len(records) == 1 else SpfWalk()
    return judge_spf(domain, records, walk, own_envelope=_keeps_bytes(config), sender=find_sender(config))


def _look_at_dmarc(names: _Names, domain: str, config: Config) -> Finding:
    texts = {name: names.texts(name) for name in list_dmarc_names(domain)}
    return judge_dmarc(domain, texts, signed_as=config.dkim.domain if config.dkim.selector else "")


def _look_at_dkim(names: _Names, config: Config) -> Finding:
    """Raises ConfigError for a key that cannot be used."""
    if not _keeps_bytes(config):
        kind = config.transport.kind
        return well("dkim", f"{kind} signs: the records that it shows for your domain must stand in the DNS")
    if not config.dkim.selector:
        return well("dkim", "nothing is signed here: the mail server must (docs/howto/sign-with-dkim.md)")
    record = find_record(config)
    return judge_dkim(record, names.texts(record.name))


def _keeps_bytes(config: Config) -> bool:
    """Whether our signature and our envelope address go with the mail."""
    try:
        return open_transport(config.transport).features.keeps_bytes
    except ConfigError:  # told by the transport's own check
        return True


def _read_server(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":") if text.count(":") == 1 else (text, "", "53")
    try:
        ipaddress.ip_address(host)
        if not 0 < int(port) < 65536:
            raise ValueError(port)
    except ValueError as error:
        fix = "write it like 9.9.9.9 or 127.0.0.1:5353"
        raise ConfigError([f"--name-server {text!r} is no address"], fix=fix) from error
    return host, int(port)
