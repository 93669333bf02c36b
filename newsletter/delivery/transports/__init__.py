"""The transports by the names of `[transport] kind`; each is one file of this folder.

`base` says what a transport is. Only the one that is used is imported, so that `--help` and the
file transport never wait for a network library.
"""

from __future__ import annotations

from collections.abc import Callable

from newsletter.config.sections import TransportSection
from newsletter.delivery.transports.base import Result, Transport
from newsletter.errors import ConfigError

__all__ = ["TRANSPORTS", "Result", "Transport", "open_transport"]


def open_transport(config: TransportSection) -> Transport:
    """The transport of `kind`, to be entered with `async with`. Raises ConfigError for an unknown kind."""
    if config.kind not in TRANSPORTS:
        known = ", ".join(sorted(TRANSPORTS))
        raise ConfigError([f"[transport] kind: no transport is called {config.kind!r}; there are: {known}"])
    return TRANSPORTS[config.kind](config)


def _make_file(config: TransportSection) -> Transport:
    from newsletter.delivery.transports.file import FileTransport  # noqa: PLC0415

    return FileTransport(config.file)


def _make_smtp(config: TransportSection) -> Transport:
    from newsletter.delivery.transports.smtp import SmtpTransport  # noqa: PLC0415

    return SmtpTransport(config.smtp)


TRANSPORTS: dict[str, Callable[[TransportSection], Transport]] = {
    "file": _make_file,
    "smtp": _make_smtp,
}
