"""What an answer means for a delivery: a pure table from result to new state.

Temporary refusals are tried again after growing, jittered delays until the edition is too old.
Classing a reply as temporary or permanent is left to the transports.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.delivery.refusals import Meaning, read_meaning
from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    TemporaryTransportError,
    TransportBusy,
    TransportError,
    TransportMisconfigured,
    TransportUnreachable,
)
from newsletter.model import DeliveryState, Submitted
from newsletter.store.ledger import Answer
from newsletter.store.offering import Offer

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""Before the second, third … attempt; the last one repeats."""


def judge_result(
    offer: Offer, result: Submitted | TransportError, *, now: datetime, give_up_at: datetime, jitter: float
) -> Answer:
    """The answer to record; `jitter` in [0, 1) stretches a delay by up to a quarter."""
    if isinstance(result, Submitted):
        return Answer(offer, DeliveryState.SUBMITTED, result.answer, result.provider_id)
    if isinstance(result, OutcomeUnknown):
        return Answer(offer, DeliveryState.UNKNOWN, result.message)
    if isinstance(result, TransportMisconfigured | TransportUnreachable | TransportBusy):
        return Answer(offer, DeliveryState.PENDING, result.message, attempted=False)
    is_policy = isinstance(result, AddressRefused) and read_meaning(result) is Meaning.POLICY
    if isinstance(result, TemporaryTransportError) or is_policy:
        # What is held against the sender may be mended before the edition is too old.
        retry_after = result.retry_after if isinstance(result, TemporaryTransportError) else None
        retry_at = now + _delay(offer.attempts, retry_after, jitter)
        if retry_at < give_up_at:
            return Answer(offer, DeliveryState.PENDING, result.message, retry_at=retry_at)
        return Answer(offer, DeliveryState.FAILED, f"given up, the edition is too old: {result.message}")
    return Answer(offer, DeliveryState.FAILED, result.message)


def _delay(attempts: int, retry_after: timedelta | None, jitter: float) -> timedelta:
    usual = DELAYS[min(attempts, len(DELAYS) - 1)]
    return max(usual, retry_after or timedelta()) * (1 + jitter / 4)
