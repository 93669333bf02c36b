"""Delivers an edition to its subscribers: the fourth step of the job. The ledger says who is left."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from newsletter.config import Config, check_public_addresses
from newsletter.daily.composer import open_composer
from newsletter.daily.publisher import Publisher
from newsletter.daily.report import SendReport
from newsletter.delivery.desk import Assignment
from newsletter.delivery.send import Job, Progress, deliver
from newsletter.delivery.transports import Transport, open_transport
from newsletter.errors import NewsletterError
from newsletter.model import DeliveryState
from newsletter.store.batches import recover_deliveries, reopen_deliveries
from newsletter.store.editions import EditionFacts, find_edition
from newsletter.store.ledger import count_deliveries, list_troubles
from newsletter.store.lock import hold_delivery_lock
from newsletter.store.planning import expand_batches, plan_edition, reopen_for_transport


def check_transport(config: Config) -> None:
    """Raises ConfigError where real people would get links that lead nowhere."""
    if config.transport.kind != "file":
        check_public_addresses(config)


def resends_unknown(config: Config, transport: Transport) -> bool:
    """Whether a delivery of unknown outcome is offered again."""
    wish = config.delivery.on_unknown
    return transport.repeats_are_cheap if wish == "auto" else wish == "resend"


def deliver_edition(
    publisher: Publisher,
    edition: EditionFacts,
    *,
    stop: threading.Event,
    retry: Iterable[DeliveryState] = (),
    progress: Progress = lambda answered: None,
) -> SendReport:
    """Mails whoever has not had the edition; `retry` first reopens deliveries in these states.

    Where another process delivers already, it is left alone. Raises StoreError and ConfigError;
    what stopped a run half-way stands in the report.
    """
    started = time.monotonic()
    stopped_by: NewsletterError | None = None
    was_planned = edition.planned_at is not None
    with hold_delivery_lock(publisher.store) as held:
        with publisher.store.read() as tx:
            before = count_deliveries(tx, edition.id)
        if held:
            transport = open_transport(publisher.config.transport)
            edition = _prepare(publisher, edition, transport, retry)
            if edition.planned_at is not None:
                stopped_by = _run(publisher, edition, transport, stop, progress)
        with publisher.store.read() as tx:
            counts = count_deliveries(tx, edition.id)
            troubles = list_troubles(tx, edition.id)
    return SendReport(
        edition=edition,
        counts=counts,
        submitted_now=max(0, counts.submitted - before.submitted),
        failed_now=max(0, counts.failed - before.failed),
        planned_now=edition.planned_at is not None and not was_planned,
        seconds=time.monotonic() - started,
        transport=publisher.config.transport.kind,
        stopped_by=stopped_by,
        busy=not held,
        troubles=tuple(troubles),
    )


def _prepare(
    publisher: Publisher, edition: EditionFacts, transport: Transport, retry: Iterable[DeliveryState]
) -> EditionFacts:
    """Takes over what a dead run left, and plans the edition where it is not planned yet."""
    resend = resends_unknown(publisher.config, transport)
    with publisher.store.write() as tx:
        reopen_for_transport(tx, edition.id, transport.name)
        recover_deliveries(tx, edition.id, resend_unknown=resend)
        reopen_deliveries(tx, edition.id, retry)
        plan_edition(tx, edition.id, now=publisher.clock())
    expand_batches(publisher.store, edition.id)
    with publisher.store.read() as tx:
        return find_edition(tx, edition.kind, edition.period_end)


def _run(
    publisher: Publisher,
    edition: EditionFacts,
    transport: Transport,
    stop: threading.Event,
    progress: Progress,
) -> NewsletterError | None:
    with publisher.store.read() as tx:
        composer = open_composer(tx, publisher, edition)
    assignment = Assignment(
        edition_id=edition.id,
        revision=edition.revision,
        transport=transport.name,
        decide=composer.decide,
        owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
    )
    job = Job(
        composer=composer,
        clock=publisher.clock,
        stop=stop,
        give_up_at=_give_up_at(publisher, edition),
        rate_per_second=publisher.config.delivery.rate_per_second,
        progress=progress,
    )
    return asyncio.run(deliver(publisher.store, assignment, transport, job))


def _give_up_at(publisher: Publisher, edition: EditionFacts) -> datetime:
    """When the edition is stale; a day after its planning where it was sent by force."""
    max_age = timedelta(days=publisher.config.digest.max_age_days)
    stale_at = publisher.midnight_after(edition.period_end) + max_age
    planned_at = edition.planned_at or publisher.clock()
    return max(stale_at, planned_at + timedelta(days=1))
