"""JSON Feed: the same entries as in the other formats, in its own words."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from newsletter.feeds import Feed, all_papers_feed, build_feed
from newsletter.model import FeedFormat, PublishedPaper
from tests.builders import NOON, make_newsletter, make_paper, publish
from tests.feeds.validity import check_feed


def make_feed(papers: tuple[PublishedPaper, ...], **facts: Any) -> Feed:
    return all_papers_feed(make_newsletter(), papers, **{"empty_at": NOON} | facts)


def read(feed: Feed) -> Any:
    data = build_feed(feed, make_newsletter(), FeedFormat.JSON)
    check_feed(data, FeedFormat.JSON, "https://papers.test/feeds/all.json")
    return json.loads(data)


def test_the_feed_says_what_and_where_it_is() -> None:
    feed = read(make_feed(publish([make_paper()]), hubs=("https://hub.test/",)))
    del feed["items"]
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "每日论文",
        "home_page_url": "https://papers.test/",
        "feed_url": "https://papers.test/feeds/all.json",
        "description": "Every paper, newest first",
        "user_comment": "This is a feed. Give its address to a feed reader, and new papers come to you.",
        "language": "zh-CN",
        "authors": [{"name": "每日论文"}],
        "hubs": [{"type": "WebSub", "url": "https://hub.test/"}],
    }


def test_an_item_says_all_that_an_entry_has() -> None:
    [item] = read(make_feed(publish([make_paper(authors=("Ada Ω", "Bo"))])))["items"]
    assert item.pop("content_html").startswith("<p>第0篇论文提出了一种新方法，性能达到<strong>73.5%</strong>")
    assert item == {
        "id": "tag:papers.test,2025-09-24:papers/arxiv:2509.00000",
        "url": "https://arxiv.org/abs/2509.00000",
        "title": "Paper 0: Less & More",
        "summary": "第0篇论文提出了一种新方法，性能达到73.5%的水平。",
        "date_published": "2025-09-24T04:00:00+00:00",
        "date_modified": "2025-09-24T04:00:00+00:00",
        "authors": [{"name": "Ada Ω"}, {"name": "Bo"}],
        "tags": ["强化学习", "主题0"],
        "language": "zh-CN",
    }


def test_an_item_without_authors_or_keywords_has_no_empty_lists() -> None:
    [item] = read(make_feed(publish([make_paper(keywords=())])))["items"]
    assert not {"authors", "tags"} & item.keys()


def test_items_stand_newest_first_and_a_feed_without_any_is_valid() -> None:
    papers = publish([make_paper(number) for number in range(3)])
    assert [item["title"][:7] for item in read(make_feed(papers[::-1]))["items"]] == [
        "Paper 0",
        "Paper 1",
        "Paper 2",
    ]
    assert read(make_feed((), empty_at=NOON - timedelta(days=9)))["items"] == []
