"""Whether the configured transports can be used, and what is offered again by them."""

from __future__ import annotations

from datetime import timedelta

from newsletter.config import check_public_addresses
from newsletter.daily.publisher import Publisher
from newsletter.delivery.transports import Transport, open_transport
from newsletter.store.batches import Reoffer

_FORGOTTEN_EARLIER = 0.1
"""So much of the time that a provider knows a call by its key is left unused: clocks differ."""


def check_transport(publisher: Publisher) -> None:
    """Raises ConfigError where real people would get links that lead nowhere, a transport lacks its key, or
    mails cannot be signed."""
    section = publisher.config.transport
    if section.kind != "file":
        check_public_addresses(publisher.config)
    open_transport(section)
    if section.fallback:
        open_transport(section, section.fallback)
    _ = publisher.signer


def open_fallback(publisher: Publisher) -> Transport | None:
    """The transport of `[transport] fallback`. Raises ConfigError."""
    section = publisher.config.transport
    return open_transport(section, section.fallback) if section.fallback else None


def choose_reoffer(publisher: Publisher) -> Reoffer:
    """What `[delivery] on_unknown` means with the configured transport, now."""
    features = open_transport(publisher.config.transport).features
    name, wish = publisher.config.transport.kind, publisher.config.delivery.on_unknown
    known: timedelta | None = None if wish == "hold" else features.idempotent_for
    return Reoffer(
        name,
        everything=wish == "resend",
        own=wish == "auto" and features.repeats_are_cheap,
        known_since=publisher.clock() - known * (1 - _FORGOTTEN_EARLIER) if known else None,
    )
