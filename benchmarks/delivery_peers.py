"""The Python peers of benchmarks/delivery.py, each a process of its own.

    python benchmarks/delivery_peers.py NAME PORT MESSAGES MAIL

Each as its documentation shows it, given the same finished bytes: no composing, no ledger.
"""

from __future__ import annotations

import asyncio
import smtplib
import sys
from collections.abc import Iterator
from pathlib import Path

import aiosmtplib

SENDER = "digest@papers.test"
CONNECTIONS = 10


def send_by_smtplib(port: int, messages: int, mail: bytes) -> None:
    """One connection for all."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        for number in range(messages):
            client.sendmail(SENDER, [_reader(number)], mail)


def send_by_smtplib_anew(port: int, messages: int, mail: bytes) -> None:
    """A new connection for each."""
    for number in range(messages):
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail(SENDER, [_reader(number)], mail)


def send_by_aiosmtplib(port: int, messages: int, mail: bytes) -> None:
    """Ten connections, each reused."""

    async def work(numbers: Iterator[int]) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in numbers:
                await client.sendmail(SENDER, [_reader(number)], mail)

    async def main() -> None:
        numbers = iter(range(messages))
        await asyncio.gather(*(work(numbers) for _ in range(CONNECTIONS)))

    asyncio.run(main())


def _reader(number: int) -> str:
    return f"reader{number:06}@mail.bench.test"


PEERS = {"smtplib": send_by_smtplib, "smtplib-anew": send_by_smtplib_anew, "aiosmtplib": send_by_aiosmtplib}

if __name__ == "__main__":
    PEERS[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]).read_bytes())
