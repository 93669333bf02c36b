"""The transports by the names of `[transport] kind`; each is the file of that name in this folder.

`base` says what a transport is, `api` what those of providers share. Only the one that is used is
imported, so that `--help` and the file transport never wait for a network library.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from newsletter.config.transports import KINDS, TransportSection
from newsletter.delivery.transports.base import Features, Result, Transport
from newsletter.errors import ConfigError

__all__ = ["Features", "Result", "Transport", "open_transport"]


def open_transport(config: TransportSection, kind: str = "") -> Transport:
    """The transport `kind`, by default that of the configuration, to be entered with `async with`.

    Raises ConfigError for an unknown one, and for one whose section lacks what it cannot do without.
    """
    kind = kind or config.kind
    if kind not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise ConfigError([f"[transport] kind: no transport is called {kind!r}; there are: {known}"])
    make: Callable[..., Transport] = import_module(f"{__name__}.{kind}").make_transport
    return make(getattr(config, kind))
