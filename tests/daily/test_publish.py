"""A daily build costs what the day brought, and shows the same as a build of everything."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.daily import pages
from newsletter.daily.combined import publish_combined
from newsletter.daily.publish import publish_site
from newsletter.daily.read import read_digests, store_digests
from newsletter.errors import StoreError
from newsletter.store.outdated import read_outdated
from tests.daily.conftest import DAY, Newsroom
from tests.running import write_paper


def take_in(newsroom: Newsroom) -> None:
    publisher = newsroom.open()
    reading = read_digests(publisher)
    with publisher.store.write() as tx:
        store_digests(tx, publisher, [reading.digest, *reading.others])


def publish(newsroom: Newsroom) -> tuple[str, ...]:
    take_in(newsroom)
    return publish_site(newsroom.open()).written


def read_folder(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_day_more_renders_only_what_it_touches(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0, keywords="**强化学习**, **旧主题**")])
    publish(newsroom)
    newsroom.now += timedelta(days=1)
    newsroom.write_digest([write_paper(1, keywords="**强化学习**, **新主题**")], DAY + timedelta(days=1))
    written = publish(newsroom)
    assert "editions/2025-09-25/index.html" in written
    assert "editions/2025-09-24/index.html" not in written
    assert not any("jiu-zhu-ti" in path for path in written)
    assert (
        len([path for path in written if path.startswith("feeds/keywords/") and path.endswith(".atom")]) == 2
    )


def test_a_publication_that_died_is_made_up_for_by_the_next(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.write_digest([write_paper(0)])
    publish(newsroom)
    newsroom.write_digest([write_paper(0, title="Corrected")])
    take_in(newsroom)

    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("newsletter.daily.publish.write_site", fail)
        with pytest.raises(StoreError):
            publish_site(newsroom.open())
    assert "editions/2025-09-24/index.html" in publish_site(newsroom.open()).written
    assert publish_site(newsroom.open()).written == ()


def test_marks_made_during_a_publication_stay_for_the_next(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    take_in(newsroom)
    publisher = newsroom.open()
    with publisher.store.read() as tx:
        seen = read_outdated(tx)
    newsroom.write_digest([write_paper(0, title="Corrected meanwhile")])
    take_in(newsroom)
    from newsletter.store.outdated import forget_outdated

    with publisher.store.write() as tx:
        forget_outdated(tx, seen)
        assert read_outdated(tx).editions == {"2025-09-24"}


def test_a_changed_title_reaches_every_file(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    publish(newsroom)
    newsroom.variables = {"NEWSLETTER_NEWSLETTER__TITLE": "Another title"}
    written = publish_site(newsroom.open()).written
    pages = [path for path in read_folder(newsroom.folder / "public") if path.endswith("index.html")]
    assert set(pages) <= set(written)


def test_a_rare_keyword_gets_no_files_until_it_is_common_and_keeps_them_then(newsroom: Newsroom) -> None:
    newsroom.variables = {"NEWSLETTER_FEEDS__MINIMUM_PAPERS": "2"}
    newsroom.write_digest([write_paper(0, keywords="**rare one**, **common**"), write_paper(1)])
    publish(newsroom)
    public = newsroom.folder / "public"
    assert not (public / "keywords" / "common").exists()
    assert 'href="../../keywords/common' not in (public / "editions/2025-09-24/index.html").read_text()
    newsroom.now += timedelta(days=1)
    newsroom.write_digest([write_paper(2, keywords="**common**, **x**")], DAY + timedelta(days=1))
    publish(newsroom)
    assert (public / "feeds" / "keywords" / "common.atom").exists()
    assert 'href="../../keywords/common' in (public / "editions/2025-09-24/index.html").read_text()
    # Taken out of its digest, it is rare again: what was published stays published.
    newsroom.write_digest([write_paper(2, keywords="**other**, **x**")], DAY + timedelta(days=1))
    publish(newsroom)
    assert (public / "feeds" / "keywords" / "common.atom").read_bytes().count(b"<entry>") == 1


def test_a_keyword_that_lost_its_last_paper_has_an_empty_feed(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0, keywords="**gone**, **x**")])
    publish(newsroom)
    newsroom.write_digest([write_paper(0, keywords="**y**, **x**")])
    publish(newsroom)
    feed = (newsroom.folder / "public" / "feeds" / "keywords" / "gone.atom").read_bytes()
    assert b"<entry>" not in feed
    assert b"<updated>" in feed


def test_the_feed_of_a_common_keyword_has_its_whole_week(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "KEYWORD_PAPERS", 3)
    for offset, numbers in ((0, range(4)), (9, range(4, 9))):
        papers = [write_paper(number, keywords="**common**, **x**") for number in numbers]
        newsroom.write_digest(papers, DAY + timedelta(days=offset))
    newsroom.now += timedelta(days=9)
    publish(newsroom)
    public = newsroom.folder / "public"
    assert (public / "feeds" / "keywords" / "common.atom").read_bytes().count(b"<entry>") == 9
    page = (public / "keywords" / "common" / "index.html").read_text()
    assert "9 篇" in page


def test_a_combined_feed_built_first_fixes_the_ids_of_all_feeds(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0, keywords="**common**, **x**")])
    publisher = newsroom.open()
    with publisher.store.write() as tx:
        store_digests(tx, publisher, [read_digests(publisher).digest])
    publish_combined(publisher, ["common"], out=newsroom.folder / "public")
    newsroom.now += timedelta(days=1)
    publish(newsroom)
    combined, all_papers = (
        feedparser.parse((newsroom.folder / "public" / "feeds" / name).read_bytes()).entries[0].id
        for name in ("combine/common.atom", "all.atom")
    )
    assert combined == all_papers


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(
        st.lists(st.sets(st.sampled_from("ABCDE"), min_size=2, max_size=3), min_size=1, max_size=4),
        min_size=1,
        max_size=4,
    ),
    minimum=st.sampled_from([1, 2]),
)
def test_day_by_day_gives_the_same_files_as_all_at_once(
    tmp_path_factory: pytest.TempPathFactory, days: list[list[set[str]]], minimum: int
) -> None:
    newsroom = Newsroom(tmp_path_factory.mktemp("newsroom"))
    newsroom.variables = {"NEWSLETTER_FEEDS__MINIMUM_PAPERS": str(minimum)}
    for offset, papers in enumerate(days):
        lines = [
            write_paper(offset * 2 + number, keywords=", ".join(f"**key {name}**" for name in sorted(names)))
            for number, names in enumerate(papers)
        ]
        newsroom.write_digest(lines, DAY + timedelta(days=offset))
        newsroom.now += timedelta(days=offset)
        publish(newsroom)
    publish_site(newsroom.open(), out=newsroom.folder / "whole")
    assert read_folder(newsroom.folder / "public") == read_folder(newsroom.folder / "whole")
    for opened in newsroom.opened:
        opened.close()


def test_no_two_papers_of_a_run_have_the_same_dates(newsroom: Newsroom) -> None:
    days = [DAY - timedelta(days=back) for back in (2, 1, 0)]
    for number, day in enumerate(days[:2]):
        newsroom.write_digest([write_paper(10 * number + each) for each in range(3)], day)
    newsroom.send()
    newsroom.now += timedelta(hours=1)
    for number, day in enumerate(days):  # two are corrected, one is new
        papers = [write_paper(10 * number + each, title=f"Better {number} {each}") for each in range(3)]
        newsroom.write_digest(papers, day)
    newsroom.send()
    feed = feedparser.parse(newsroom.folder / "public" / "feeds" / "all.atom")
    assert len(feed.entries) == 9
    assert len({entry.updated for entry in feed.entries}) == 9
    assert len({entry.published for entry in feed.entries}) == 9
    latest = max(feed.entries, key=lambda entry: entry.updated)
    assert (latest.title, latest.updated) == ("Better 2 0", newsroom.now.isoformat())
