"""A clock that is set back loses nobody and mails nobody twice."""

from __future__ import annotations

from datetime import timedelta

from newsletter.store.saving import SubscriberRow
from tests.daily.conftest import MORNING, Newsroom
from tests.running import write_paper

HOUR = timedelta(hours=1)


def test_a_clock_set_back_between_runs_mails_nobody_twice(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.now = MORNING - HOUR
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    newsroom.now = MORNING
    assert newsroom.send().counts.submitted == 1
    newsroom.now = MORNING - HOUR
    again = newsroom.send()
    assert (again.counts.submitted, again.submitted_now, again.is_complete) == (1, 0, True)


def test_who_was_imported_before_the_clock_was_set_back_gets_the_edition(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.now = MORNING - 2 * HOUR
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    newsroom.now = MORNING
    newsroom.subscribe(SubscriberRow("bob@readers.test"))
    newsroom.now = MORNING - HOUR
    newsroom.send()
    assert set(newsroom.mails) == {"ann@readers.test", "bob@readers.test"}
