"""The run of `newsletter send` and of the schedule: the steps in their order, and nothing else."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from newsletter.daily.deliver import Wish, check_transport, deliver_edition, resends_unknown
from newsletter.daily.hold import admit, check_age
from newsletter.daily.publish import publish_site
from newsletter.daily.publisher import Publisher
from newsletter.daily.read import read_digests, store_digests
from newsletter.daily.report import SendReport
from newsletter.daily.templates import prove_templates
from newsletter.delivery.send import Progress
from newsletter.delivery.transports import open_transport
from newsletter.model import DeliveryState, EditionKind
from newsletter.store.editions import EditionFacts, find_edition, find_edition_by_id
from newsletter.store.ledger import list_open_editions


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
    check_transport(publisher)
    reading = read_digests(publisher, day=options.day, force=options.force)
    if not options.force:
        check_age(publisher, reading.digest)
    digests, held = admit(publisher, reading, force=options.force)
    prove_templates(publisher)
    with publisher.store.write() as tx:
        store_digests(tx, publisher, digests)
        edition = find_edition(tx, EditionKind.DAILY, reading.digest.date)
    site = publish_site(publisher)
    report = deliver_edition(
        publisher, edition, wish=Wish(options.retry, options.force), stop=stop, progress=progress
    )
    resumed = (
        () if report.stopped_by or report.busy else tuple(resume_open(publisher, stop=stop, but=edition))
    )
    return dataclasses.replace(report, site=site, broken=(*reading.broken, *held), resumed=resumed)


def resume_open(
    publisher: Publisher, *, stop: threading.Event, but: EditionFacts | None = None
) -> Iterator[SendReport]:
    """Takes up the editions (`but` one) with work left: refused for a time, or broken off by a death."""
    resend = resends_unknown(publisher.config, open_transport(publisher.config.transport))
    with publisher.store.read() as tx:
        open_now = list_open_editions(tx, resend_unknown=resend, now=publisher.clock())
        waiting = [find_edition_by_id(tx, each) for each in open_now if but is None or each != but.id]
    for edition in waiting:
        if not stop.is_set():
            yield deliver_edition(publisher, edition, stop=stop)
