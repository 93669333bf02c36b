"""Delivers an edition to its subscribers: the fourth step of the job. The ledger says who is left."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.daily.publisher import Publisher
from newsletter.daily.report import SendReport, Takeover
from newsletter.daily.transport import choose_reoffer, open_fallback
from newsletter.daily.weeks import mail_age
from newsletter.delivery.refusals import Refusals
from newsletter.delivery.send import Outcome, Progress
from newsletter.delivery.transports import Transport, open_transport
from newsletter.model import DeliveryState, SuppressionReason
from newsletter.store.batches import has_open_batch, recover_deliveries, reopen_deliveries
from newsletter.store.closing import Closing, close_open
from newsletter.store.editions import EditionFacts, find_edition
from newsletter.store.ledger import count_by_transport, count_deliveries, end_waits, list_troubles
from newsletter.store.lock import hold_delivery_lock
from newsletter.store.planning import expand_batches, plan_edition, reopen_for_transport
from newsletter.store.suppressions import suppress


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked of a delivery: `again` reopens deliveries in these states, `force` mails what
    is too old."""

    again: tuple[DeliveryState, ...] = ()
    force: bool = False


def deliver_edition(
    publisher: Publisher,
    edition: EditionFacts,
    *,
    stop: threading.Event,
    wish: Wish = Wish(),
    progress: Progress = lambda answered: None,
) -> SendReport:
    """Mails whoever has not had the edition; what is too old is given up.

    Where another process delivers already, it is left alone. Raises StoreError and ConfigError;
    what stopped a run half-way stands in the report.
    """
    started = time.monotonic()
    outcome, takeover = Outcome(0, 0, None, Refusals()), None
    planned_now, given_up = False, 0
    with hold_delivery_lock(publisher.store) as held:
        if held:
            transport = open_transport(publisher.config.transport)
            edition, planned_now, given_up = _prepare(publisher, edition, transport, wish)
            if _is_open(publisher, edition):
                from newsletter.daily.mailing import Mailing  # noqa: PLC0415 - 0.2 s, only where mail is made

                give_up_at = _give_up_at(publisher, edition, wish)
                run = Mailing(publisher, edition, give_up_at, stop, progress)
                outcome = run.deliver(transport)
                fallback = open_fallback(publisher) if outcome.down and not stop.is_set() else None
                if fallback is not None and outcome.down is not None:
                    takeover = Takeover(fallback.name, outcome.down)
                    with publisher.store.write() as tx:
                        end_waits(tx, edition.id, outcome.put_off)
                    outcome = outcome.followed_by(run.deliver(fallback, fresh_only=True))
        gone = _suppress_gone(publisher, outcome)
        with publisher.store.read() as tx:
            counts = count_deliveries(tx, edition.id)
            troubles = list_troubles(tx, edition.id)
            submitted_by = count_by_transport(tx, edition.id)
    return SendReport(
        edition=edition,
        counts=counts,
        submitted_now=outcome.submitted,
        failed_now=outcome.failed,
        planned_now=planned_now,
        seconds=time.monotonic() - started,
        transport=publisher.config.transport.kind,
        stopped_by=outcome.stopped_by,
        busy=not held,
        troubles=tuple(troubles),
        given_up=given_up,
        suppressed=gone,
        refused_by=tuple(outcome.refusals.find_masses()),
        submitted_by=submitted_by,
        takeover=takeover,
    )


def _suppress_gone(publisher: Publisher, outcome: Outcome) -> tuple[str, ...]:
    """Suppresses the addresses that do not exist; nobody where the run was stopped or many were refused."""
    gone = [] if outcome.stopped_by else list(outcome.refusals.find_gone())
    if gone:
        with publisher.store.write() as tx:
            for address, answer in gone:
                suppress(tx, address, SuppressionReason.BOUNCE, detail=answer, now=publisher.clock())
    return tuple(address for address, _ in gone)


def _prepare(
    publisher: Publisher, edition: EditionFacts, transport: Transport, wish: Wish
) -> tuple[EditionFacts, bool, int]:
    """Takes over what a dead run left, gives up what is too old, and plans the edition where it is not.

    Returns the edition as it stands then, whether it was planned just now, how many were given up.
    """
    given_up = 0
    now = publisher.clock()
    with publisher.store.write() as tx:
        reopen_for_transport(tx, edition.id, transport.name)
        recover_deliveries(tx, edition.id, choose_reoffer(publisher))
        reopen_deliveries(tx, edition.id, wish.again)
    with publisher.store.write() as tx:  # of its own: with a million readers it takes most of a second
        planned_now = not edition.is_stopped and plan_edition(tx, edition.id, now=now)
    expand_batches(publisher.store, edition.id)
    with publisher.store.read() as tx:
        edition = find_edition(tx, edition.kind, edition.period_end)
    if edition.cancelled_at is not None:
        close_open(publisher.store, edition.id, Closing.CANCELLED, now=now)
    elif edition.planned_at is not None and now >= _give_up_at(publisher, edition, wish):
        given_up = close_open(publisher.store, edition.id, Closing.TOO_OLD, now=now)
    return edition, planned_now, given_up


def _is_open(publisher: Publisher, edition: EditionFacts) -> bool:
    """Whether anybody is left whom this run may mail: without a batch it would be over as it begins."""
    if edition.planned_at is None or edition.is_stopped:
        return False
    with publisher.store.read() as tx:
        return has_open_batch(tx, edition.id)


def _give_up_at(publisher: Publisher, edition: EditionFacts, wish: Wish) -> datetime:
    """When the edition is stale; a day after its planning, or after now, where it was sent by force."""
    max_age = mail_age(edition.kind, publisher.config.digest.max_age_days)
    stale_at = publisher.midnight_after(edition.period_end) + max_age
    now = publisher.clock()
    planned_at = edition.planned_at or now
    return max(stale_at, planned_at + _BY_FORCE, now + _BY_FORCE if wish.force else stale_at)


_BY_FORCE = timedelta(days=1)
