"""The weekly run: makes the week that is over, publishes its page and mails it to the weekly readers.

It goes on where a run was broken off: a week that is made and not planned, or has open deliveries, is due.
Which weeks those are is decided in `weeks`.
"""

from __future__ import annotations

import dataclasses
import threading
from datetime import date

from newsletter.daily.deliver import Wish, deliver_edition
from newsletter.daily.publish import publish_site
from newsletter.daily.publisher import Publisher
from newsletter.daily.report import SendReport
from newsletter.daily.templates import prove_templates
from newsletter.daily.transport import choose_reoffer
from newsletter.daily.weeks import find_due_weeks, find_ended_weeks, make_weeks, tell_too_old
from newsletter.delivery.send import Progress
from newsletter.store.editions import EditionFacts

_NO_WISH = Wish()


def run_weekly(
    publisher: Publisher,
    day: date,
    *,
    stop: threading.Event,
    wish: Wish = _NO_WISH,
    repeats: bool = False,
    progress: Progress = lambda answered: None,
) -> SendReport | None:
    """Makes and mails what is due in the run of `day`; None where nothing is.

    The report is that of the latest week; those before it that were mailed too are its `resumed`. `repeats`:
    a week that was mailed on `day` is told again. Raises RenderError and StoreError.
    """
    with publisher.store.read() as tx:
        ended = find_ended_weeks(tx, publisher, day)
    made: list[EditionFacts] = []
    if ended:
        prove_templates(publisher)
        with publisher.store.write() as tx:
            made = make_weeks(tx, publisher, day)
        tell_too_old(publisher, made, day)
    reoffer = choose_reoffer(publisher)
    asked, forced = bool(wish.again), wish.force
    with publisher.store.read() as tx:
        due = find_due_weeks(tx, publisher, day, reoffer=reoffer, asked=asked, forced=forced, repeats=repeats)
    if made or any(week.planned_at is None for week in due):
        publish_site(publisher)
    reports: list[SendReport] = []
    for week in due:
        if stop.is_set() or (reports and (reports[-1].stopped_by or reports[-1].busy)):
            break
        its_wish = wish if week is due[-1] else _NO_WISH
        reports.append(deliver_edition(publisher, week, wish=its_wish, stop=stop, progress=progress))
    return dataclasses.replace(reports[-1], resumed=tuple(reports[:-1])) if reports else None
