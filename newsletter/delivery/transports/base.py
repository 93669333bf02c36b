"""What every transport is: the adapter that hands messages to the next server, or to a folder.

A transport knows nothing of editions, subscribers or the ledger, repeats no call whose outcome is
open, keeps to no rate and writes nothing down: `delivery/` decides all that from what it answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from newsletter.errors import TransportError
from newsletter.model import Call, Submitted

Result = Submitted | TransportError
"""What became of one message of a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a transport can do and how much at once; docs/transports/README.md shows it as a table."""

    calls_at_once: int
    """How many calls may be in flight; more of them wait."""

    messages_per_call: int = 1

    bytes_per_call: int | None = None
    """The most bytes of a request's body; a call that is larger goes as several requests."""

    shares_bodies: bool = False
    """A call carries one body with a blank for each personal value: its messages have one `shared` body."""

    idempotent_for: timedelta | None = None
    """How long the other side knows the key of a call: until then a repeat hands nothing over twice."""

    refuses_alone: bool = True
    """A bad message fails alone; else it fails its call, which is then taken apart to find it."""

    keeps_bytes: bool = False
    """The raw bytes arrive as they are: our Message-ID, our Date, our DKIM signature."""

    repeats_are_cheap: bool = False
    """A call of unknown outcome may be offered again at the price of a copy."""


class Transport(Protocol):
    """Used as an asynchronous context manager by one event loop; leaving it closes everything.

    Entering reaches for nothing: folder, server and login are met by the first call.
    """

    @property
    def name(self) -> str:
        """As in `[transport] kind`, the ledger and docs/transports/."""
        ...

    @property
    def features(self) -> Features: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def submit(self, call: Call) -> tuple[Result, ...]:
        """Hands the messages over; one result each, in their order.

        A message that fails alone is a value among the results: AddressRefused or another
        PermanentTransportError (it would fail again) or TemporaryTransportError (it may go later); the
        others are not touched by it.

        What concerns the call as a whole is raised, and then none of its messages has a result:
        TransportMisconfigured (nothing goes before a person acts: stop the run; every later call
        may say the same), TransportUnreachable (nothing goes before the server is back),
        TemporaryTransportError (nothing was handed over; the call may be repeated) or OutcomeUnknown
        (the line broke after everything was handed over and before the answer). A cancelled call is
        of unknown outcome too.
        """
        ...

    async def check(self) -> str:
        """Tries everything but a mail: way, key, right to send. Returns what was found, in a few words.

        Raises TransportError with the fix.
        """
        ...
