"""The run of `newsletter send` and of the schedule: the steps in their order, and nothing else.

The day first, then the week that is over. A week waits for no digest: where that of the day is missing or
unfit, the weekly readers get theirs all the same.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from newsletter.daily.deliver import Wish, deliver_edition
from newsletter.daily.hold import admit, check_age
from newsletter.daily.publish import publish_site
from newsletter.daily.publisher import Publisher
from newsletter.daily.read import read_digests, store_digests
from newsletter.daily.report import DayReport, SendReport
from newsletter.daily.templates import prove_templates
from newsletter.daily.transport import check_transport, choose_reoffer
from newsletter.daily.weekly import run_weekly
from newsletter.delivery.send import Progress
from newsletter.errors import DigestError, NewsletterError
from newsletter.model import DeliveryState, EditionKind
from newsletter.store.editions import EditionFacts, find_edition, find_edition_by_id
from newsletter.store.ledger import list_open_editions


@dataclass(frozen=True, slots=True)
class SendOptions:
    """`day`: that digest instead of the latest; `force`: although it is stale or held."""

    day: date | None = None
    force: bool = False
    retry: tuple[DeliveryState, ...] = ()


def run_day(
    publisher: Publisher,
    options: SendOptions,
    *,
    stop: threading.Event,
    progress: Progress = lambda answered: None,
    day: date | None = None,
) -> DayReport:
    """The daily run, and the weekly one where a week is over on `day` (default: today).

    A past day that is asked for by its date brings no week. A digest that cannot be used stands in the
    report, as does what kept the week back. Raises ConfigError, RenderError, StoreError of the daily run.
    """
    daily, weekly = None, None
    errors: list[NewsletterError] = []
    try:
        daily = run_daily(publisher, options, stop=stop, progress=progress)
    except DigestError as error:
        errors.append(error)
    if options.day is None and not stop.is_set() and (daily is None or daily.is_free):
        wish = Wish(options.retry, options.force)
        try:
            weekly = run_weekly(
                publisher, day or publisher.today(), stop=stop, wish=wish, repeats=True, progress=progress
            )
        except NewsletterError as error:
            errors.append(error)
    return DayReport(daily, weekly, tuple(errors))


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
    resumed = tuple(resume_open(publisher, stop=stop, but=edition)) if report.is_free else ()
    return dataclasses.replace(report, site=site, broken=(*reading.broken, *held), resumed=resumed)


def resume_open(
    publisher: Publisher, *, stop: threading.Event, but: EditionFacts | None = None
) -> Iterator[SendReport]:
    """Takes up the editions (`but` one) with work left: refused for a time, or broken off by a death."""
    reoffer = choose_reoffer(publisher)
    with publisher.store.read() as tx:
        open_now = list_open_editions(tx, reoffer=reoffer, now=publisher.clock())
        waiting = [find_edition_by_id(tx, each) for each in open_now if but is None or each != but.id]
    for edition in waiting:
        if not stop.is_set():
            yield deliver_edition(publisher, edition, stop=stop)
