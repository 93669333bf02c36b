"""A paper goes by mail once: with the first edition of its kind that is mailed and holds it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.daily import control
from newsletter.daily.job import SendOptions
from newsletter.daily.report import SendReport
from newsletter.model import SkipReason
from tests.daily.conftest import DAY, Newsroom
from tests.daily.test_mails import bodies, reader
from tests.running import write_paper

ANN, LI = "ann@readers.test", "li@readers.test"
WORDS = ("强化学习", "扩散模型")


def day_after(days: int) -> date:
    return DAY + timedelta(days=days)


def write_papers(numbers: set[int]) -> list[str]:
    """Even numbers are of the first word, odd ones of the second."""
    return [write_paper(n, keywords=f"**关键词**：**{WORDS[n % 2]}**") for n in sorted(numbers)]


def send_on(newsroom: Newsroom, days: int, numbers: set[int]) -> SendReport:
    """The digest with these papers, written and mailed so many days after the first."""
    newsroom.now += timedelta(days=days) - (newsroom.now.date() - DAY)
    newsroom.write_digest(write_papers(numbers), day_after(days))
    return newsroom.send()


def take_back(newsroom: Newsroom, *, last_alone: bool = False) -> None:
    """As if the deliveries, or the last one alone, had not been offered yet."""
    with newsroom.open().store.write() as tx:
        tx.exec_driver_sql(
            "UPDATE delivery SET state = 'pending', offered_at = NULL, transport = NULL, rendition_id = NULL,"
            " revision = NULL WHERE subscriber_id >= (SELECT max(subscriber_id) FROM delivery) OR ?",
            (not last_alone,),
        )
        tx.exec_driver_sql("UPDATE edition_batch SET state = 'open'")
    for path in (newsroom.folder / "outbox").glob("*.eml"):
        path.unlink()


def mailed(newsroom: Newsroom, days: int) -> dict[str, set[int]]:
    """The numbers of the papers in the mails of that day, by reader."""
    found = {}
    for path in (newsroom.folder / "outbox").glob(f"{day_after(days)}.*.eml"):
        raw = path.read_bytes()
        text, html = bodies(raw)
        numbers = set(map(int, re.findall(r"arxiv\.org/pdf/2509\.(\d+)", text)))
        assert numbers == set(map(int, re.findall(r'arxiv\.org/pdf/2509\.(\d+)"', html)))
        to = re.search(rb"^To:.*?([\w.]+@[\w.]+)", raw, re.MULTILINE)
        assert to
        found[to[1].decode()] = numbers
    return found


def test_a_paper_of_yesterday_is_on_the_page_of_today_but_in_no_mail(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader(ANN), reader(LI, keywords=("强化学习",)))
    send_on(newsroom, 0, {0, 1, 2})
    report = send_on(newsroom, 1, {2, 3})
    assert mailed(newsroom, 0) == {ANN: {0, 1, 2}, LI: {0, 2}}
    assert mailed(newsroom, 1) == {ANN: {3}}
    assert (report.counts.submitted, report.counts.skipped) == (1, 1)
    with newsroom.open().store.read() as tx:
        rows = tx.exec_driver_sql("SELECT skip_reason FROM delivery WHERE state = 'skipped'").scalars()
        assert list(rows) == [SkipReason.NO_MATCH]
    page = (newsroom.folder / "public" / "editions" / str(day_after(1)) / "index.html").read_text("utf-8")
    assert set(re.findall(r"pdf/2509\.(\d+)", page)) == {"00002", "00003"}
    # What a mail says of itself is about the papers in it.
    [mail] = (newsroom.folder / "outbox").glob(f"{day_after(1)}.*.eml")
    assert "· 1 篇" in bodies(mail.read_bytes())[0]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=6), min_size=2, max_size=3))
def test_no_mail_repeats_a_paper_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, days: list[set[int]]
) -> None:
    newsroom = Newsroom(tmp_path_factory.mktemp("newsroom"))
    newsroom.subscribe(reader(ANN), reader(LI, keywords=("强化学习",)))
    seen: set[int] = set()
    for number, papers in enumerate(days):
        report = send_on(newsroom, number, papers)
        new = papers - seen
        seen |= papers
        wanted = {ANN: new, LI: {each for each in new if each % 2 == 0}}
        assert mailed(newsroom, number) == {email: got for email, got in wanted.items() if got}
        assert report.counts.skipped == sum(not got for got in wanted.values())
    for opened in newsroom.opened:
        opened.close()


def test_a_digest_that_was_never_mailed_takes_no_paper_away(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader(ANN))
    newsroom.write_digest(write_papers({0, 1}), DAY)  # taken in together with the next: only that is mailed
    send_on(newsroom, 1, {1, 2})
    assert mailed(newsroom, 1) == {ANN: {1, 2}}
    # Mailed by hand after all, it does not repeat what went with the later one.
    newsroom.now += timedelta(hours=1)
    newsroom.send(SendOptions(DAY))
    assert mailed(newsroom, 0) == {ANN: {0}}


def test_an_edition_cancelled_before_its_first_mail_takes_no_paper_away(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader(ANN))
    publisher = newsroom.open()
    send_on(newsroom, 0, {0, 1})
    take_back(newsroom)
    control.cancel(publisher, str(DAY))
    send_on(newsroom, 1, {1, 2})
    assert mailed(newsroom, 1) == {ANN: {1, 2}}


def test_an_edition_cancelled_on_its_way_keeps_its_papers(newsroom: Newsroom) -> None:
    """Some have had them: nobody gets them twice, at the price that the others never do."""
    newsroom.subscribe(reader(ANN), reader(LI))
    publisher = newsroom.open()
    send_on(newsroom, 0, {0, 1})
    take_back(newsroom, last_alone=True)
    control.cancel(publisher, str(DAY))
    send_on(newsroom, 1, {1, 2})
    assert mailed(newsroom, 1) == {ANN: {2}, LI: {2}}


def test_a_paused_edition_keeps_its_papers_until_it_goes_on(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader(ANN))
    publisher = newsroom.open()
    send_on(newsroom, 0, {0, 1})
    take_back(newsroom)
    control.pause(publisher, str(DAY))
    send_on(newsroom, 1, {1, 2})
    assert mailed(newsroom, 1) == {ANN: {2}}
    control.resume(publisher, str(DAY))
    newsroom.send()
    assert mailed(newsroom, 0) == {ANN: {0, 1}}


def test_the_same_delivery_leaves_out_the_same_papers_whatever_becomes_of_the_earlier_edition(
    newsroom: Newsroom,
) -> None:
    newsroom.subscribe(reader(ANN))
    send_on(newsroom, 0, {0, 1})
    send_on(newsroom, 1, {1, 2})
    [path] = (newsroom.folder / "outbox").glob(f"{day_after(1)}.*.eml")
    before = path.read_bytes()
    path.unlink()
    with newsroom.open().store.write() as tx:  # as if the answer had been lost
        tx.exec_driver_sql("UPDATE edition SET planned_at = NULL WHERE period_end = '2025-09-24'")
        tx.exec_driver_sql("UPDATE delivery SET state = 'offered' WHERE edition_id = 2")
        tx.exec_driver_sql("UPDATE edition_batch SET state = 'open' WHERE edition_id = 2")
    newsroom.send()
    assert path.read_bytes() == before


def test_a_test_copy_of_an_edition_without_a_new_paper_shows_all_of_it(newsroom: Newsroom) -> None:
    from newsletter.daily.read import read_digests
    from newsletter.daily.rehearse import send_tests

    newsroom.subscribe(reader(ANN))
    send_on(newsroom, 0, {0, 1})
    assert send_on(newsroom, 1, {0, 1}).counts.skipped == 1
    publisher = newsroom.open()
    send_tests(publisher, read_digests(publisher).digest, ["me@readers.test"])
    assert mailed(newsroom, 1) == {"me@readers.test": {0, 1}}
