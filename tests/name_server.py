"""A real name server on the loopback: records as a test sets them, over UDP (RFC 1035 §4.2.1)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class NameServer:
    """`records` by name, such as `{"papers.test": ["MX 10 mx.papers.test.", 'TXT "v=spf1 -all"']}`.

    `is_silent`: hears and says nothing; `is_broken`: answers SERVFAIL.
    """

    address: str = ""
    records: dict[str, list[str]] = field(default_factory=dict)
    is_silent: bool = False
    is_broken: bool = False
    asked: list[str] = field(default_factory=list)

    def text(self, name: str, *values: str) -> None:
        """TXT records, each cut into strings of 255 bytes at most."""
        self.records[name] = [
            "TXT " + " ".join(f'"{value[at : at + 255]}"' for at in range(0, max(1, len(value)), 255))
            for value in values
        ]

    def answer(self, wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if self.is_broken:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.records:
            response.set_rcode(dns.rcode.NXDOMAIN)
        else:
            found = [value.removeprefix(f"{kind} ") for value in _of_kind(self.records[name], kind)]
            if found:
                response.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        return response.to_wire()


@contextmanager
def open_name_server() -> Iterator[NameServer]:
    """Answers until the block is left; `address` is what --name-server takes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        server = NameServer(f"127.0.0.1:{listening.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listening, server))
        thread.start()
        try:
            yield server
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", listening.getsockname())
            thread.join()


def _serve(listening: socket.socket, server: NameServer) -> None:
    while True:
        wire, client = listening.recvfrom(4096)
        if not wire:
            return
        if not server.is_silent:
            listening.sendto(server.answer(wire), client)


def _of_kind(records: Sequence[str], kind: str) -> list[str]:
    return [record for record in records if record.startswith(f"{kind} ")]
