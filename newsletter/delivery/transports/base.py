"""What every transport is: the adapter that hands messages to the next server, or to a folder.

A transport knows nothing of editions, subscribers or the ledger, repeats no call whose outcome is
open, keeps to no rate and writes nothing down: `delivery/` decides all that from what it answers.
"""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from newsletter.errors import TransportError
from newsletter.model import Call, Submitted

Result = Submitted | TransportError
"""What became of one message of a call."""


class Transport(Protocol):
    """Used as an asynchronous context manager by one event loop; leaving it closes everything.

    Entering reaches for nothing: folder, server and login are met by the first call.
    """

    name: str
    """As in `[transport] kind`, the ledger and docs/transports/."""

    calls_at_once: int
    """How many calls may be in flight; more of them wait here."""

    messages_per_call: int
    """The most messages a call may carry."""

    repeats_are_cheap: bool
    """Whether a call of unknown outcome may be offered again at the price of a copy."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def submit(self, call: Call) -> tuple[Result, ...]:
        """Hands the messages over; one result each, in their order.

        A message that fails alone is a value among the results: AddressRefused (it would fail
        again) or TemporaryTransportError (it may go later); the others are not touched by it.

        What concerns the call as a whole is raised, and then none of its messages has a result:
        TransportMisconfigured (nothing goes before a person acts: stop the run; every later call
        may say the same), TransportUnreachable (nothing goes before the server is back),
        TemporaryTransportError (nothing was handed over; the call may be repeated) or OutcomeUnknown
        (the line broke after everything was handed over and before the answer). A cancelled call is
        of unknown outcome too.
        """
        ...
