"""The weekly run as a newsletter sees it: what goes to whom, when, and what stands on the pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from email import message_from_bytes, policy
from threading import Event

import feedparser
import pytest

from newsletter.daily import job, weekly
from newsletter.daily.control import pause, resume
from newsletter.daily.job import SendOptions, run_day
from newsletter.daily.report import DayReport
from newsletter.errors import DigestError, DigestHeld, DigestStale, StoreError
from newsletter.model import EditionKind, Preferences
from newsletter.render.budget import BUDGET
from newsletter.store.saving import PREFERENCES, SubscriberRow
from newsletter.store.subscribers import find_subscriber, unsubscribe
from tests.daily.conftest import MORNING, Newsroom
from tests.running import write_paper

SUNDAY = date(2025, 9, 28)
DAY = timedelta(days=1)


def reader(email: str, frequency: EditionKind = EditionKind.WEEKLY, **wishes: object) -> SubscriberRow:
    preferences = Preferences(frequency=frequency, **wishes)  # type: ignore[arg-type]
    return SubscriberRow(email, "", preferences, PREFERENCES)


def go_to(newsroom: Newsroom, day: date) -> None:
    newsroom.now = MORNING + (day - MORNING.date())


def run(newsroom: Newsroom, options: SendOptions | None = None) -> DayReport:
    return run_day(newsroom.open(), options or SendOptions(), stop=Event())


def run_through(newsroom: Newsroom, first: date, last: date, papers: int = 2) -> list[DayReport]:
    """A run a day, each with a digest of its own papers."""
    reports = []
    for offset in range((last - first).days + 1):
        day = first + offset * DAY
        go_to(newsroom, day)
        newsroom.write_digest(write_papers(day, papers), day)
        reports.append(run(newsroom))
    return reports


def write_papers(day: date, count: int) -> list[str]:
    return [write_paper(number_of(day, place)) for place in range(count)]


def number_of(day: date, place: int) -> int:
    return (day - SUNDAY).days * 100 + 50_000 + place


def shown(raw: bytes) -> list[int]:
    """The numbers of the papers in a mail, as they stand in its text part."""
    message = message_from_bytes(raw, policy=policy.default)
    text = next(iter(message.iter_parts())).get_content()
    return [int(found) for found in re.findall(r"^\d+ +Paper (\d+)[ \r]*$", text, re.M)]


def names(newsroom: Newsroom) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in (newsroom.folder / "outbox").glob("*.eml"))


def mail_of(newsroom: Newsroom, name: str, email: str = "ann@readers.test") -> bytes | None:
    """The mail of that edition."""
    mails = (path.read_bytes() for path in (newsroom.folder / "outbox").glob(f"{name}.*.eml"))
    return next((raw for raw in mails if f"\r\nTo: {email}\r\n".encode() in raw), None)


def numbers(newsroom: Newsroom, name: str, email: str = "ann@readers.test") -> list[int]:
    """The papers that the mail of that edition shows."""
    mail = mail_of(newsroom, name, email)
    assert mail is not None
    return shown(mail)


def page(newsroom: Newsroom, name: str) -> str:
    return (newsroom.folder / "public" / "editions" / name / "index.html").read_text(encoding="utf-8")


def test_a_weekly_reader_gets_the_papers_of_the_week_once_it_is_over(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"), reader("ben@readers.test", EditionKind.DAILY))
    *before, last = run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY)
    assert all(report.weekly is None for report in before)
    assert last.weekly is not None
    assert last.weekly.edition.name == "2025-W39"
    assert names(newsroom) == [f"2025-09-{day}" for day in range(22, 29)] + ["2025-W39"]
    mail = newsroom.mails["ann@readers.test"]
    newest_first = [number_of(SUNDAY - back * DAY, place) for back in range(7) for place in range(2)]
    assert shown(mail) == newest_first
    message = message_from_bytes(mail, policy=policy.default)
    assert str(message["Subject"]).startswith("每日论文 2025-W39 · 14 篇")
    assert "2025-W39." in str(message["Message-ID"])
    assert last.as_json() == {**last.daily.as_json(), "weekly": last.weekly.as_json()}  # type: ignore[union-attr]
    assert last.is_complete


def test_a_week_has_a_page_a_place_on_the_index_and_in_the_sitemap(newsroom: Newsroom) -> None:
    run_through(newsroom, SUNDAY - DAY, SUNDAY)
    public = newsroom.folder / "public"
    assert "2025年9月22日至28日" in page(newsroom, "2025-W39")
    index = (public / "index.html").read_text(encoding="utf-8")
    places = [index.index(f"editions/{name}/") for name in ("2025-09-28", "2025-W39", "2025-09-27")]
    assert places == sorted(places), "the latest edition is that of a day"
    assert "editions/2025-W39/" in (public / "sitemap.xml").read_text(encoding="utf-8")
    entries = feedparser.parse((public / "feeds" / "all.atom").read_bytes()).entries
    assert len(entries) == 4
    assert not any("W39" in str(entry) for entry in entries), "feeds are of papers"


def test_every_link_of_a_weekly_mail_leads_to_a_page_that_stands(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    run_through(newsroom, SUNDAY - DAY, SUNDAY)
    message = message_from_bytes(newsroom.mails["ann@readers.test"], policy=policy.default)
    html = list(message.iter_parts())[1].get_content()
    links = re.findall(
        r'href="https://papers\.example\.org/((?:editions|keywords)/[^"#]*)(?:#([^"]*))?"', html
    )
    assert len(links) > 4
    for path, anchor in links:
        target = (newsroom.folder / "public" / path / "index.html").read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in target


def test_a_mail_holds_the_papers_of_its_keywords_feeds(newsroom: Newsroom) -> None:
    words = ["强化学习", "强化学习应用", "RL", "图像编辑"]
    choices = {"a": ("强化学习",), "b": ("图像编辑", "不存在"), "c": ("RL",), "d": ("没有的词",)}
    newsroom.subscribe(*(reader(f"{name}@readers.test", keywords=chosen) for name, chosen in choices.items()))
    for offset in range(7):
        day = SUNDAY - (6 - offset) * DAY
        go_to(newsroom, day)
        three = [words[(offset + place) % len(words)] for place in range(3)]
        papers = [
            write_paper(number_of(day, place), keywords=f"**扩散模型**, **{word}**")
            for place, word in enumerate(three)
        ]
        newsroom.write_digest(papers, day)
        report = run(newsroom)
    assert report.weekly is not None
    assert (report.weekly.counts.submitted, report.weekly.counts.skipped) == (3, 1), "no match, no mail"
    feeds = {}
    for path in (newsroom.folder / "public" / "feeds" / "keywords").glob("*.atom"):
        feed = feedparser.parse(path.read_bytes())
        label = feed.feed.title.rpartition(" · ")[2]
        feeds[label] = {int(entry.title.removeprefix("Paper ")) for entry in feed.entries}
    for name, chosen in choices.items():
        labels = {"强化学习" if word == "RL" else word for word in chosen}
        expected = set().union(*(feeds.get(label, set()) for label in labels))
        mail = newsroom.mails.get(f"{name}@readers.test")
        assert (set(shown(mail)) if mail else set()) == expected
    of_broader = number_of(SUNDAY - 6 * DAY, 1)  # its keyword is 强化学习应用
    assert of_broader in numbers(newsroom, "2025-W39", "a@readers.test"), "topics count as in feeds"


def test_a_paper_is_mailed_with_the_first_week_that_holds_it(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY)
    for offset in range(1, 8):
        day = SUNDAY + offset * DAY
        go_to(newsroom, day)
        newsroom.write_digest([*write_papers(day, 1), write_paper(number_of(SUNDAY, 0))], day)
        run(newsroom)
    assert numbers(newsroom, "2025-W40") == [number_of(SUNDAY + back * DAY, 0) for back in range(7, 0, -1)]


def test_a_correction_changes_the_page_and_mails_nobody_again(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    run_through(newsroom, SUNDAY - DAY, SUNDAY)
    before = newsroom.mails["ann@readers.test"]
    first, second = (number_of(SUNDAY, place) for place in range(2))
    newsroom.write_digest([write_paper(first, title="Corrected"), write_paper(77)], SUNDAY)
    go_to(newsroom, SUNDAY + DAY)
    newsroom.write_digest(write_papers(SUNDAY + DAY, 1), SUNDAY + DAY)
    assert run(newsroom).weekly is None
    assert "Corrected" in page(newsroom, "2025-W39")
    assert f"Paper {second}" not in page(newsroom, "2025-W39"), "a paper that is taken back leaves"
    assert "Paper 77" not in page(newsroom, "2025-W39"), "what is new waits for the next week"
    assert newsroom.mails == {"ann@readers.test": before}
    run_through(newsroom, SUNDAY + 2 * DAY, SUNDAY + 7 * DAY, papers=1)
    assert 77 in numbers(newsroom, "2025-W40")
    assert first not in numbers(newsroom, "2025-W40")


def test_a_late_last_digest_comes_with_the_next_week(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY - DAY)
    go_to(newsroom, SUNDAY)
    assert run(newsroom).weekly is None, "its last day may still come"
    go_to(newsroom, SUNDAY + DAY)
    assert run(newsroom).weekly is not None, "it is over"
    assert number_of(SUNDAY, 0) not in numbers(newsroom, "2025-W39")
    newsroom.write_digest(write_papers(SUNDAY, 1), SUNDAY)
    run_through(newsroom, SUNDAY + DAY, SUNDAY + 7 * DAY, papers=1)
    assert numbers(newsroom, "2025-W40")[-1] == number_of(SUNDAY, 0)


@pytest.mark.parametrize("flaw", ["missing", "stale", "broken", "held", "empty"])
def test_a_week_waits_for_no_digest_that_cannot_be_used(newsroom: Newsroom, flaw: str) -> None:
    newsroom.subscribe(reader("ann@readers.test"), reader("ben@readers.test", EditionKind.DAILY))
    newsroom.variables["NEWSLETTER_DIGEST__MAX_AGE_DAYS"] = "1"
    run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY - DAY, papers=9)
    go_to(newsroom, SUNDAY + DAY)
    folder = newsroom.folder / "digests"
    if flaw == "missing":
        for path in folder.iterdir():
            path.unlink()
    elif flaw == "held":
        newsroom.write_digest(write_papers(SUNDAY + DAY, 1), SUNDAY + DAY)
    elif flaw != "stale":
        text = {"broken": "no digest", "empty": "# Papers for 2025-09-29\n"}[flaw]
        (folder / f"{SUNDAY + DAY}.md").write_text(text, encoding="utf-8")
    report = run(newsroom)
    assert report.daily is None
    [error] = report.errors
    assert isinstance(error, {"stale": DigestStale, "held": DigestHeld}.get(flaw, DigestError))
    assert report.weekly is not None
    assert report.weekly.counts.submitted == 1
    assert names(newsroom)[-1] == "2025-W39"
    again = run(newsroom)
    assert again.weekly is not None
    assert not again.weekly.did_something
    assert len(names(newsroom)) == 7


def test_the_first_run_on_an_old_archive_mails_the_latest_week_alone(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    for back in range(60):
        newsroom.write_digest(write_papers(SUNDAY - back * DAY, 1), SUNDAY - back * DAY)
    go_to(newsroom, SUNDAY + 2 * DAY)
    report = run(newsroom)
    assert report.weekly is not None
    assert names(newsroom) == ["2025-W39"]
    assert len(shown(newsroom.mails["ann@readers.test"])) == 7
    assert not (newsroom.folder / "public" / "editions" / "2025-W38").exists()


def test_after_an_outage_weeks_are_caught_up_and_what_is_too_old_is_only_published(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY)
    for offset in range(1, 25):
        newsroom.write_digest(write_papers(SUNDAY + offset * DAY, 1), SUNDAY + offset * DAY)
    go_to(newsroom, SUNDAY + 24 * DAY)
    report = run(newsroom)
    assert report.weekly is not None
    assert [each.edition.name for each in (*report.weekly.resumed, report.weekly)] == ["2025-W41", "2025-W42"]
    assert names(newsroom) == ["2025-W39", "2025-W41", "2025-W42"]
    assert "edition 2025-W40 is too old to be mailed" in caplog.text
    assert "2025年9月29日至10月5日" in page(newsroom, "2025-W40")


def test_another_closing_day_makes_one_week_shorter_or_longer(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY, papers=1)
    newsroom.variables["NEWSLETTER_SCHEDULE__WEEK_CLOSES"] = "wednesday"
    run_through(newsroom, SUNDAY + DAY, SUNDAY + 3 * DAY, papers=1)
    assert len(numbers(newsroom, "2025-W40")) == 3
    assert "9月29日至10月1日" in page(newsroom, "2025-W40")
    newsroom.variables["NEWSLETTER_SCHEDULE__WEEK_CLOSES"] = "sunday"
    run_through(newsroom, SUNDAY + 4 * DAY, SUNDAY + 14 * DAY, papers=1)
    assert len(numbers(newsroom, "2025-W41")) == 11
    assert names(newsroom) == ["2025-W39", "2025-W40", "2025-W41"]


def test_a_past_day_that_is_sent_by_its_date_brings_no_week(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    newsroom.write_digest(write_papers(SUNDAY, 1), SUNDAY)
    go_to(newsroom, SUNDAY + DAY)
    assert run(newsroom, SendOptions(day=SUNDAY)).weekly is None
    assert run(newsroom).weekly is not None


def test_a_week_without_papers_is_not_made(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    newsroom.write_digest(write_papers(SUNDAY + DAY, 1), SUNDAY + DAY)
    go_to(newsroom, SUNDAY + DAY)
    report = run(newsroom)
    assert report.weekly is None
    assert report.is_complete


def test_who_becomes_weekly_after_the_week_was_planned_waits_for_the_next(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test", EditionKind.DAILY))
    run_through(newsroom, SUNDAY - DAY, SUNDAY)
    newsroom.subscribe(reader("ann@readers.test"), reader("eve@readers.test"))
    run_through(newsroom, SUNDAY + DAY, SUNDAY + 7 * DAY, papers=1)
    assert [name for name in names(newsroom) if "W" in name] == ["2025-W40", "2025-W40"]
    assert len(shown(newsroom.mails["eve@readers.test"])) == 7


def test_who_becomes_daily_within_the_week_gets_no_weekly_mail(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"), reader("ben@readers.test"))
    run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY - 4 * DAY)
    newsroom.subscribe(reader("ann@readers.test", EditionKind.DAILY))
    publisher = newsroom.open()
    with publisher.store.write() as tx:
        unsubscribe(tx, find_subscriber(tx, "ben@readers.test"), now=newsroom.now)
    run_through(newsroom, SUNDAY - 3 * DAY, SUNDAY)
    assert names(newsroom) == [f"2025-09-{day}" for day in range(25, 29)]


def test_a_week_of_280_papers_fits_into_one_mail(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY, papers=40)
    raw = newsroom.mails["ann@readers.test"]
    assert len(shown(raw)) == 280
    html = list(message_from_bytes(raw, policy=policy.default).iter_parts())[1]
    assert len(html.get_payload()) < BUDGET


def test_a_run_that_dies_between_the_day_and_the_week_is_gone_on_with(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_told: object, **_more: object) -> None:
        raise Killed

    newsroom.subscribe(reader("ann@readers.test"), reader("ben@readers.test", EditionKind.DAILY))
    run_through(newsroom, SUNDAY - 6 * DAY, SUNDAY - DAY)
    go_to(newsroom, SUNDAY)
    newsroom.write_digest(write_papers(SUNDAY, 2), SUNDAY)
    deaths: Sequence[tuple[object, str]] = (
        (job, "run_weekly"),  # the day is mailed
        (weekly, "make_weeks"),
        (weekly, "publish_site"),  # the week is made
        (weekly, "deliver_edition"),  # and published
    )
    for module, name in deaths:
        with monkeypatch.context() as patch:
            patch.setattr(module, name, die)
            with pytest.raises(Killed):
                run(newsroom)
    assert "2025-W39" not in names(newsroom)
    report = run(newsroom)
    assert report.weekly is not None
    assert report.weekly.counts.submitted == 1
    assert names(newsroom).count("2025-W39") == 1
    assert len(names(newsroom)) == 8
    assert len(shown(newsroom.mails["ann@readers.test"])) == 14


def test_what_keeps_the_week_back_is_told_and_takes_nothing_of_the_day(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_told: object, **_more: object) -> None:
        raise StoreError("the disk is full")

    newsroom.subscribe(reader("ben@readers.test", EditionKind.DAILY))
    newsroom.write_digest(write_papers(SUNDAY, 1), SUNDAY)
    go_to(newsroom, SUNDAY)
    monkeypatch.setattr(weekly, "make_weeks", fail)
    report = run(newsroom)
    assert report.daily is not None
    assert report.daily.counts.submitted == 1
    assert [error.message for error in report.errors] == ["the disk is full"]
    assert not report.is_complete


def test_a_paused_week_is_mailed_once_it_is_resumed(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    newsroom.write_digest(write_papers(SUNDAY, 1), SUNDAY)
    go_to(newsroom, SUNDAY)
    with monkeypatch.context() as patch:
        patch.setattr(weekly, "find_due_weeks", lambda *_told, **_more: [])
        run(newsroom)
    pause(newsroom.open(), "2025-W39")
    held = run(newsroom)
    assert held.weekly is not None
    assert "is paused" in held.weekly.as_line()
    assert names(newsroom) == []
    resume(newsroom.open(), "2025-W39")
    go_to(newsroom, SUNDAY + DAY)
    assert run(newsroom).weekly is not None
    assert names(newsroom) == ["2025-W39"]


def test_a_week_too_old_is_mailed_by_force_alone(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    newsroom.write_digest(write_papers(SUNDAY, 1), SUNDAY)
    go_to(newsroom, SUNDAY)
    with monkeypatch.context() as patch:  # a machine that fails as the week is to be mailed
        patch.setattr(weekly, "find_due_weeks", lambda *_told, **_more: [])
        run(newsroom)
    go_to(newsroom, SUNDAY + 11 * DAY)
    assert run(newsroom).weekly is None
    forced = run(newsroom, SendOptions(force=True)).weekly
    assert forced is not None
    assert forced.counts.submitted == 1
    assert names(newsroom) == ["2025-W39"]


def test_the_same_week_gives_the_same_bytes(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("ann@readers.test"))
    run_through(newsroom, SUNDAY - DAY, SUNDAY)
    before = newsroom.mails["ann@readers.test"]
    newsroom.write_digest([write_paper(number_of(SUNDAY, 0), title="Corrected")], SUNDAY)
    go_to(newsroom, SUNDAY + DAY)
    with newsroom.open().store.write() as tx:
        tx.exec_driver_sql("UPDATE delivery SET state = 'offered'")
        tx.exec_driver_sql("UPDATE edition_batch SET state = 'open'")
    for path in (newsroom.folder / "outbox").iterdir():
        path.unlink()
    run(newsroom)
    assert newsroom.mails["ann@readers.test"] == before
