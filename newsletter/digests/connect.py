"""Connects to a host only where its address may be connected to, and lets nothing outlast a deadline.

A name is resolved once, the addresses are judged, and the connection goes to a judged one: a name server
that answers differently the second time is not asked a second time, and one that does not answer is waited
for no longer than a connection. Host header, SNI and certificate check keep the name. What an answer means is
for `fetch`.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from newsletter.daemons import start
from newsletter.digests.addresses import is_public_address
from newsletter.digests.retries import AttemptFailed


class DeadlinePassed(Exception):
    """The whole of a fetch took longer than it may."""


class JudgedBackend(httpcore.NetworkBackend):
    """Connections to judged addresses; every wait on them ends at `deadline` (of time.monotonic).

    `private`: also where the network is this machine's own. `plain`: only there, because what goes over
    the wire is read by whoever is on the way.
    """

    def __init__(self, *, private: bool, plain: bool, deadline: float) -> None:
        self._private = private
        self._plain = plain
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises AttemptFailed for a host without an address that may be connected to, or without an answer
        of the name servers."""
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in self._judge(host, _resolve(host, port, time_left(self._deadline, timeout))):
            try:
                stream = self._inner.connect_tcp(
                    address, port, time_left(self._deadline, timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error  # the next address of the same host may answer
            else:
                return _BoundedStream(stream, self._deadline)
        raise failure

    def _judge(self, host: str, addresses: list[str]) -> list[str]:
        public = [address for address in addresses if is_public_address(address)]
        if self._plain:
            allowed = [address for address in addresses if address not in public]
            if addresses and not allowed:
                raise AttemptFailed("only https addresses are fetched", fix="use https://")
            return allowed
        if self._private:
            return addresses
        if addresses and not public:
            where = host if host == addresses[0] else f"{host} ({addresses[0]})"
            fix = "set [digest] private_addresses = true if this server is yours"
            raise AttemptFailed(f"{where} is no public address and is left alone", fix=fix)
        return public


class _BoundedStream(httpcore.NetworkStream):
    """A connection whose waits end at the deadline, however slowly the other side drips."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, time_left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, time_left(self._deadline, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = time_left(self._deadline, timeout)
        return _BoundedStream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def time_left(deadline: float, timeout: float | None) -> float:
    """The seconds that a wait may take. Raises DeadlinePassed where there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlinePassed
    return left if timeout is None else min(left, timeout)


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of `host`, as the system orders them.

    In a thread that nobody needs to wait for: the system asks as long and as often as resolv.conf says.
    """
    answer = start(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    try:
        found = answer.result(seconds)
    except TimeoutError as error:
        raise AttemptFailed("no name server answers for its host", again=True) from error
    except (OSError, UnicodeError) as error:  # UnicodeError: a label that no name can have
        reason = error.strerror if isinstance(error, OSError) else "no such name can exist"
        raise httpcore.ConnectError(reason) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
