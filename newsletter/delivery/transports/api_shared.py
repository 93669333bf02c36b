"""One body for all messages of a request, for providers that fill its blanks themselves.

A provider looks for words of its own form and puts a reader's values in their place. Which form, and how
a paper that speaks of such words is kept as its author wrote it, is each provider's file; here stands who
may go together, and what a body looks like with somebody else's blanks.
"""

from __future__ import annotations

from collections.abc import Callable

from newsletter.delivery.transports.addresses import encode_address
from newsletter.model import Message, Pieces

_PERSONAL = frozenset({"To", "Message-ID", "List-Unsubscribe"})


def share_request(first: Message, other: Message) -> bool:
    """Whether both have the same body, and the same headers but for those that a request has for each."""
    return (
        first.body is other.body
        and first.letterhead is other.letterhead
        and _list_shared_fields(first) == _list_shared_fields(other)
    )


def address_key(message: Message) -> str:
    """Equal for messages that must not go in one request: providers tell readers apart by address."""
    return encode_address(message.recipient).lower()


def write_body(
    pieces: Pieces, write_blank: Callable[[str], str], write_words: Callable[[str], str] = str
) -> str:
    """The body with its words and its blanks as a provider wants them."""
    return "".join(
        write_blank(piece) if place % 2 else write_words(piece) for place, piece in enumerate(pieces)
    )


def _list_shared_fields(message: Message) -> list[str]:
    return [value for name, value in message.own_fields.items() if name not in _PERSONAL]
