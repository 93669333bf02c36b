"""Whole documents: what a reader makes of them, and what a validator would say."""

from __future__ import annotations

import locale
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import pytest

from newsletter.feeds import Feed, FeedBuilder, all_papers_feed, build_feed, keyword_feed
from newsletter.model import FeedFormat, Newsletter, PublishedPaper
from tests.builders import NOON, make_keyword, make_newsletter, make_paper, publish
from tests.feeds.validity import XML_FORMATS, check_feed

both_formats = pytest.mark.parametrize("feed_format", XML_FORMATS)
every_format = pytest.mark.parametrize("feed_format", list(FeedFormat))


def make_feed(papers: tuple[PublishedPaper, ...], newsletter: Newsletter | None = None, **facts: Any) -> Feed:
    return all_papers_feed(newsletter or make_newsletter(), papers, **{"empty_at": NOON} | facts)


def read(feed: Feed, feed_format: FeedFormat, newsletter: Newsletter | None = None) -> Any:
    """What feedparser makes of the document; the document passes the validator's rules first."""
    newsletter = newsletter or make_newsletter()
    data = build_feed(feed, newsletter, feed_format)
    check_feed(data, feed_format, newsletter.url(feed.paths[feed_format]))
    parsed = feedparser.parse(data)
    assert not parsed.bozo
    return parsed


def utc(parsed_time: Any) -> datetime:
    return datetime(*parsed_time[:6], tzinfo=UTC)


@both_formats
def test_a_reader_gets_ids_dates_and_links(feed_format: FeedFormat) -> None:
    papers = publish([make_paper(number, authors=("Ada Ω", "Bo")) for number in range(3)])
    parsed = read(make_feed(papers), feed_format)
    assert [entry.id for entry in parsed.entries] == [
        f"tag:papers.test,2025-09-24:papers/arxiv:2509.{number:05}" for number in range(3)
    ]
    first = parsed.entries[0]
    assert first.title == "Paper 0: Less & More"
    assert first.link == "https://arxiv.org/abs/2509.00000"
    assert utc(first.published_parsed) == NOON
    assert [author.name for author in first.authors] == ["Ada Ω", "Bo"]


@both_formats
def test_the_feed_says_what_and_where_it_is(feed_format: FeedFormat) -> None:
    feed = make_feed(publish([make_paper()]), hubs=("https://hub.test/", "https://other.test/hub"))
    head = read(feed, feed_format).feed
    assert (head.title, head.subtitle) == ("每日论文", "Every paper, newest first")
    assert head.link == "https://papers.test/"
    assert head.language == "zh-CN"
    assert head.author == "每日论文"
    assert head.generator == "research-newsletter"
    hubs = [link.href for link in head.links if link.rel == "hub"]
    assert hubs == ["https://hub.test/", "https://other.test/hub"]


@every_format
def test_no_mail_address_stands_in_a_feed(feed_format: FeedFormat) -> None:
    data = build_feed(make_feed(publish([make_paper()])), make_newsletter(), feed_format)
    assert b"digest@" not in data


@both_formats
def test_a_keyword_feed_has_a_title_and_a_page_of_its_own(feed_format: FeedFormat) -> None:
    keyword = make_keyword("强化学习")
    feed = keyword_feed(make_newsletter(), keyword, publish([make_paper()]), empty_at=NOON)
    head = read(feed, feed_format).feed
    assert head.title == "每日论文 · 强化学习"
    assert head.subtitle == "Papers on 强化学习, newest first"
    assert head.link == f"https://papers.test/keywords/{keyword.slug}/"


@both_formats
def test_a_paper_has_the_same_id_in_every_feed_and_build(feed_format: FeedFormat) -> None:
    papers = publish([make_paper()])
    everything = read(make_feed(papers), feed_format)
    moved = make_newsletter(base_url="https://elsewhere.test/news/")
    of_keyword = read(keyword_feed(moved, papers[0].keywords[0], papers, empty_at=NOON), feed_format, moved)
    assert everything.entries[0].id == of_keyword.entries[0].id


@both_formats
def test_categories_have_a_scheme_and_a_label(feed_format: FeedFormat) -> None:
    papers = publish([make_paper()])
    tags = read(make_feed(papers), feed_format).entries[0].tags
    assert {tag.scheme for tag in tags} == {"https://papers.test/keywords/"}
    labels = [tag.label or tag.term for tag in tags]
    assert labels == ["强化学习", "主题0"]


def test_an_atom_category_term_is_the_slug() -> None:
    papers = publish([make_paper()])
    tags = read(make_feed(papers), FeedFormat.ATOM).entries[0].tags
    assert [tag.term for tag in tags] == [keyword.slug for keyword in papers[0].keywords]


def test_an_atom_entry_links_the_paper_and_its_place_on_the_edition_page() -> None:
    links = read(make_feed(publish([make_paper()])), FeedFormat.ATOM).entries[0].links
    assert [(link.rel, link.href) for link in links] == [
        ("alternate", "https://arxiv.org/abs/2509.00000"),
        ("related", "https://papers.test/editions/2025-09-24/#arxiv-2509.00000"),
    ]


@both_formats
def test_the_feed_is_as_new_as_its_newest_entry(feed_format: FeedFormat) -> None:
    papers = publish([make_paper(number) for number in range(3)])
    changed = replace(papers[2], updated_at=NOON + timedelta(hours=3))
    head = read(make_feed((*papers[:2], changed)), feed_format).feed
    assert utc(head.updated_parsed) == NOON + timedelta(hours=3)


@both_formats
def test_an_empty_feed_is_valid_and_dated_as_told(feed_format: FeedFormat) -> None:
    day = datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)
    parsed = read(make_feed((), empty_at=day), feed_format)
    assert parsed.entries == []
    assert utc(parsed.feed.updated_parsed) == day


@every_format
def test_the_same_input_gives_the_same_bytes(feed_format: FeedFormat) -> None:
    def build() -> bytes:
        papers = publish([make_paper(number) for number in range(5)])
        return build_feed(make_feed(papers), make_newsletter(), feed_format)

    assert build() == build()


@every_format
def test_one_builder_for_many_feeds_gives_the_bytes_of_many_builders(feed_format: FeedFormat) -> None:
    newsletter = make_newsletter()
    papers = publish([make_paper(number) for number in range(5)])
    feeds = [make_feed(papers), make_feed(papers[1:])]
    builder = FeedBuilder(newsletter)
    together = [builder.build(feed, feed_format) for feed in feeds]
    assert together == [build_feed(feed, newsletter, feed_format) for feed in feeds]


@every_format
def test_entries_stand_newest_first_however_they_come(feed_format: FeedFormat) -> None:
    papers = publish([make_paper(number) for number in range(5)])
    mixed = (papers[3], papers[0], papers[4], papers[2], papers[1])
    newsletter = make_newsletter()
    assert build_feed(make_feed(mixed), newsletter, feed_format) == build_feed(
        make_feed(papers), newsletter, feed_format
    )


@both_formats
def test_a_paper_in_two_editions_is_one_entry_in_its_latest_wording(feed_format: FeedFormat) -> None:
    [first] = publish([make_paper()])
    later = replace(
        first, paper=replace(first.paper, title="Now better"), updated_at=NOON + timedelta(days=1)
    )
    [entry] = read(make_feed((first, later)), feed_format).entries
    assert entry.title == "Now better"
    assert utc(entry.published_parsed) == NOON


@every_format
def test_a_date_of_any_zone_is_the_same_moment(feed_format: FeedFormat) -> None:
    newsletter = make_newsletter()
    here = publish([make_paper()])
    there = publish([make_paper()], at=NOON.astimezone(ZoneInfo("Asia/Shanghai")))
    assert build_feed(make_feed(here), newsletter, feed_format) == build_feed(
        make_feed(there), newsletter, feed_format
    )


@every_format
def test_building_never_touches_the_locale(feed_format: FeedFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("setlocale is not thread-safe")

    monkeypatch.setattr(locale, "setlocale", refuse)
    build_feed(make_feed(publish([make_paper()])), make_newsletter(), feed_format)
