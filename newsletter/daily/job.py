"""The run of `newsletter send` and of the schedule: the steps in their order, and nothing else."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from newsletter.daily.deliver import check_transport, deliver_edition, resends_unknown
from newsletter.daily.publish import publish_site
from newsletter.daily.publisher import Publisher
from newsletter.daily.read import check_fit_to_mail, read_digests, store_digests
from newsletter.daily.report import SendReport
from newsletter.delivery.send import Progress
from newsletter.delivery.transports import open_transport
from newsletter.model import DeliveryState, EditionKind
from newsletter.store.editions import EditionFacts, find_edition, list_editions
from newsletter.store.ledger import has_open_work

_EDITIONS_LOOKED_AT = 14  # older ones are given up long before


@dataclass(frozen=True, slots=True)
class SendOptions:
    """`day`: that digest instead of the latest; `force`: although it is stale or held."""

    day: date | None = None
    force: bool = False
    retry: tuple[DeliveryState, ...] = ()


def run_daily(
    publisher: Publisher,
    options: SendOptions,
    *,
    stop: threading.Event,
    progress: Progress = lambda answered: None,
) -> SendReport:
    """Read → edition → publish → deliver → report.

    Raises DigestError (nothing was written), ConfigError, RenderError, StoreError; what stopped a
    delivery half-way stands in the report.
    """
    check_transport(publisher.config)
    reading = read_digests(publisher, day=options.day)
    if not options.force:
        check_fit_to_mail(publisher, reading.digest)
    with publisher.store.write() as tx:
        store_digests(tx, publisher, [reading.digest, *reading.others])
        edition = find_edition(tx, EditionKind.DAILY, reading.digest.date)
    site = publish_site(publisher)
    report = deliver_edition(publisher, edition, retry=options.retry, stop=stop, progress=progress)
    resumed = (
        () if report.stopped_by or report.busy else tuple(resume_open(publisher, stop=stop, but=edition))
    )
    return dataclasses.replace(report, site=site, broken=reading.broken, resumed=resumed)


def resume_open(
    publisher: Publisher, *, stop: threading.Event, but: EditionFacts | None = None
) -> Iterator[SendReport]:
    """Takes up the editions (`but` one) with work left: refused for a time, or broken off by a death."""
    resend = resends_unknown(publisher.config, open_transport(publisher.config.transport))
    with publisher.store.read() as tx:
        now = publisher.clock()
        waiting = [
            edition
            for edition in list_editions(tx, newest=_EDITIONS_LOOKED_AT)
            if edition.planned_at
            and (but is None or edition.id != but.id)
            and has_open_work(tx, edition.id, resend_unknown=resend, now=now)
        ]
    for edition in waiting:
        if not stop.is_set():
            yield deliver_edition(publisher, edition, stop=stop)
