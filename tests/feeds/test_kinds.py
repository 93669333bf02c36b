"""What the kinds of feeds are called, where they live, and which documents stand beside them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import feedparser
import pytest

from newsletter.feeds import (
    MOST_COMBINED,
    Archive,
    Feed,
    all_papers_feed,
    archive_feed,
    build_feed,
    combined_feed,
    describe_papers,
    keyword_feed,
    link_archives,
    untranslated,
)
from newsletter.model import FeedFormat, Keyword
from tests.builders import NOON, make_keyword, make_newsletter, make_paper, publish
from tests.feeds.validity import XML_FORMATS, check_feed

PAPERS = publish([make_paper(number) for number in range(3)])
every_format = pytest.mark.parametrize("feed_format", list(FeedFormat))


def make_archive(previous: str = "", following: str = "") -> Archive:
    since = NOON - timedelta(days=30)
    return Archive("2025-08", since, NOON, previous, following)


def read(feed: Feed, feed_format: FeedFormat = FeedFormat.ATOM, **changes: Any) -> Any:
    newsletter = make_newsletter(**changes)
    data = build_feed(feed, newsletter, feed_format)
    check_feed(data, feed_format, newsletter.url(feed.paths[feed_format]), archive=feed.is_archive)
    return feedparser.parse(data)


def links_of(feed: Feed) -> dict[str, str]:
    return {link.rel: link.href for link in read(feed).feed.links}


@every_format
def test_a_choice_is_the_same_feed_in_whatever_order_it_is_made(feed_format: FeedFormat) -> None:
    newsletter = make_newsletter()
    one, other = Keyword("强化学习", "rl"), Keyword("C++", "cpp")
    feed = combined_feed(newsletter, [one, other, one], PAPERS, empty_at=NOON)
    again = combined_feed(newsletter, [other, one], PAPERS, empty_at=NOON)
    assert feed == again
    assert feed.id == "tag:papers.test,2025-09-24:feeds/combine/cpp,rl"
    assert feed.paths[feed_format] == f"feeds/combine.{feed_format}?keywords=cpp,rl"
    assert feed.title == "每日论文 · C++, 强化学习"
    assert feed.subtitle == "Papers on C++, 强化学习, newest first"
    read(feed, feed_format)


@pytest.mark.parametrize("feed_format", XML_FORMATS)
def test_a_choice_has_each_paper_once_under_the_id_it_has_everywhere(feed_format: FeedFormat) -> None:
    newsletter = make_newsletter()
    keywords = [make_keyword("强化学习"), make_keyword("主题0")]
    combined = read(combined_feed(newsletter, keywords, [*PAPERS, *PAPERS], empty_at=NOON), feed_format)
    of_all = read(all_papers_feed(newsletter, PAPERS, empty_at=NOON), feed_format)
    assert [entry.id for entry in combined.entries] == [entry.id for entry in of_all.entries]


@every_format
def test_a_choice_without_papers_is_a_valid_empty_feed(feed_format: FeedFormat) -> None:
    read(combined_feed(make_newsletter(), [make_keyword("a")], [], empty_at=NOON), feed_format)


@every_format
def test_the_largest_choice_stays_under_the_cap(feed_format: FeedFormat) -> None:
    keywords = [Keyword("关键词" * 5 + str(number), f"{number:057}") for number in range(MOST_COMBINED)]
    papers = publish([make_paper(number, summary="研究" * 800) for number in range(200)])
    read(combined_feed(make_newsletter(), keywords, papers, empty_at=NOON), feed_format)


@pytest.mark.parametrize("count", [0, MOST_COMBINED + 1])
def test_a_choice_of_none_or_too_many_is_refused(count: int) -> None:
    keywords = [Keyword("a", f"k{number}") for number in range(count)]
    with pytest.raises(ValueError, match=f"1 to {MOST_COMBINED} keywords, not {count}"):
        combined_feed(make_newsletter(), keywords, [], empty_at=NOON)


def test_a_label_in_braces_is_a_label() -> None:
    assert describe_papers(["{keyword}", "{0}"], untranslated) == "Papers on {keyword}, {0}, newest first"


def test_the_live_feed_names_its_newest_archive_in_atom_alone() -> None:
    live = all_papers_feed(make_newsletter(), PAPERS, empty_at=NOON)
    assert link_archives(live, []) == live
    linked = link_archives(live, [make_archive()])
    assert links_of(linked)["prev-archive"] == "https://papers.test/feeds/archive/2025-08.atom"
    for feed_format in (FeedFormat.RSS, FeedFormat.JSON):
        assert b"archive" not in build_feed(linked, make_newsletter(), feed_format)


def test_an_archive_is_the_same_feed_in_another_document() -> None:
    live = all_papers_feed(make_newsletter(), PAPERS, empty_at=NOON, hubs=("https://hub.test/",))
    archive = archive_feed(live, make_archive("2025-07", "2025-09"), PAPERS)
    parsed = read(archive)
    assert (parsed.feed.id, parsed.feed.title) == (live.id, "每日论文 · 2025-08")
    assert links_of(archive) == {
        "self": "https://papers.test/feeds/archive/2025-08.atom",
        "alternate": "https://papers.test/",
        "current": "https://papers.test/feeds/all.atom",
        "prev-archive": "https://papers.test/feeds/archive/2025-07.atom",
        "next-archive": "https://papers.test/feeds/archive/2025-09.atom",
    }


def test_behind_the_newest_archive_comes_the_live_feed() -> None:
    live = all_papers_feed(make_newsletter(), PAPERS, empty_at=NOON)
    links = links_of(archive_feed(live, make_archive(), PAPERS))
    assert links["next-archive"] == "https://papers.test/feeds/all.atom"
    assert "prev-archive" not in links


def test_an_archive_shows_all_its_papers_whatever_their_age_and_size() -> None:
    live = all_papers_feed(make_newsletter(), PAPERS, empty_at=NOON)
    papers = publish([make_paper(number, summary="研究" * 3000) for number in range(60)])
    assert len(read(archive_feed(live, make_archive(), papers)).entries) == 60


@every_format
def test_no_setting_puts_an_iri_where_a_uri_must_be(feed_format: FeedFormat) -> None:
    newsletter = make_newsletter(base_url="https://例子.test/论文/")
    keyword = make_keyword("强化学习")
    feed = keyword_feed(newsletter, keyword, PAPERS, empty_at=NOON, hubs=("https://枢纽.test/推",))
    data = build_feed(feed, newsletter, feed_format)
    address = f"https://xn--fsqu00a.test/%E8%AE%BA%E6%96%87/{feed.paths[feed_format]}"
    check_feed(data, feed_format, address)
