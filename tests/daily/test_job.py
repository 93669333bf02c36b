"""The run itself: what it takes in, what it leaves alone, what it takes up again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.daily.job import SendOptions
from newsletter.errors import DigestStale
from newsletter.model import DeliveryState
from newsletter.store.saving import SubscriberRow
from tests.daily.conftest import DAY, Newsroom
from tests.running import write_paper


def test_an_earlier_edition_with_open_deliveries_is_taken_up_by_the_next_run(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(SubscriberRow("ann@readers.test"), SubscriberRow("ben@readers.test"))
    newsroom.send()
    with newsroom.open().store.write() as tx:
        tx.exec_driver_sql("UPDATE delivery SET state = 'pending' WHERE subscriber_id = 1")
        tx.exec_driver_sql("UPDATE edition_batch SET state = 'open'")
    for path in (newsroom.folder / "outbox").iterdir():
        path.unlink()
    newsroom.now += timedelta(days=1)
    newsroom.write_digest([write_paper(1)], DAY + timedelta(days=1))
    report = newsroom.send()
    assert [earlier.edition.name for earlier in report.resumed] == ["2025-09-24"]
    mailed = sorted(path.name[:10] for path in (newsroom.folder / "outbox").iterdir())
    assert mailed == ["2025-09-24", "2025-09-25", "2025-09-25"]
    assert report.is_complete


def test_every_digest_of_the_folder_is_taken_in_and_only_the_latest_is_mailed(newsroom: Newsroom) -> None:
    for offset in (2, 1, 0):
        newsroom.write_digest([write_paper(offset)], DAY - timedelta(days=offset))
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    assert newsroom.send().counts.planned == 1
    assert len(newsroom.mails) == 1
    editions = {path.name for path in (newsroom.folder / "public" / "editions").iterdir()}
    assert editions == {"2025-09-22", "2025-09-23", "2025-09-24"}


def test_a_digest_that_is_named_by_its_day_is_mailed_by_force_although_it_is_stale(
    newsroom: Newsroom,
) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.write_digest([write_paper(1)], DAY - timedelta(days=9))
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    old = SendOptions(day=DAY - timedelta(days=9))
    with pytest.raises(DigestStale):
        newsroom.send(old)
    assert newsroom.send(SendOptions(day=old.day, force=True)).edition.name == "2025-09-15"


def test_force_mails_nobody_twice(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    newsroom.send()
    before = [path.stat().st_mtime_ns for path in (newsroom.folder / "outbox").iterdir()]
    assert not newsroom.send(SendOptions(force=True)).did_something
    assert [path.stat().st_mtime_ns for path in (newsroom.folder / "outbox").iterdir()] == before


def test_retry_offers_what_failed_once_more(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    newsroom.send()
    with newsroom.open().store.write() as tx:
        tx.exec_driver_sql("UPDATE delivery SET state = 'failed'")
    assert newsroom.send().counts.failed == 1
    report = newsroom.send(SendOptions(retry=(DeliveryState.FAILED,)))
    assert (report.counts.submitted, report.counts.failed) == (1, 0)


def test_who_comes_after_planning_waits_for_the_next_edition(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    newsroom.send()
    newsroom.now += timedelta(minutes=5)
    newsroom.subscribe(SubscriberRow("late@readers.test"))
    assert newsroom.send().counts.planned == 1
    newsroom.now += timedelta(days=1)
    newsroom.write_digest([write_paper(1)], DAY + timedelta(days=1))
    assert newsroom.send().counts.planned == 2


def test_who_comes_before_the_first_mail_of_the_day_still_gets_it(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    assert newsroom.send().counts.planned == 0
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    assert newsroom.send().counts.submitted == 1


def test_a_build_tomorrow_with_nothing_new_writes_no_file(newsroom: Newsroom) -> None:
    from newsletter.daily.publish import publish_site

    newsroom.write_digest([write_paper(number) for number in range(3)])
    newsroom.send()
    newsroom.now += timedelta(days=1)
    assert publish_site(newsroom.open()).written == ()


def test_a_hostile_paper_loses_neither_edition_nor_feed(newsroom: Newsroom) -> None:
    title = "<script>alert(1)</script> \x00 ]]> &amp; \u2028 \ufffe"
    newsroom.write_digest([write_paper(0, title=title), write_paper(1)])
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    assert newsroom.send().counts.submitted == 1
    public = Path(newsroom.folder / "public")
    for path in public.rglob("*.*"):
        if path.suffix == ".json":
            continue  # a title there is plain text, not markup
        assert b"<script>alert" not in path.read_bytes(), path
    import feedparser

    assert len(feedparser.parse((public / "feeds" / "all.atom").read_bytes()).entries) == 2
