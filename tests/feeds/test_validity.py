"""The checks that stand for the W3C validator bite."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from newsletter.feeds import all_papers_feed, build_feed
from newsletter.model import FeedFormat
from tests.builders import NOON, make_newsletter, make_paper, publish
from tests.feeds.validity import check_feed

Damage = Callable[[bytes], bytes]


def replaced(old: str, new: str) -> Damage:
    return lambda data: data.replace(old.encode(), new.encode())


DAMAGES = {
    "DuplicateUpdated": (FeedFormat.ATOM, replaced("03:59:59", "04:00:00")),
    "DuplicateEntries": (FeedFormat.ATOM, replaced("2509.00001</id>", "2509.00000</id>")),
    "SelfDoesntMatchLocation": (FeedFormat.ATOM, replaced("feeds/all.atom", "feeds/everything.atom")),
    "SelfDoesntMatchLocation of RSS": (FeedFormat.RSS, replaced("feeds/all.rss", "feeds/all.xml")),
    "UriNotIri": (FeedFormat.RSS, replaced("https://arxiv.org/abs/2509.00000<", "https://arxiv.org/论文<")),
    "UriNotIri of a hub": (FeedFormat.RSS, replaced("https://hub.test/", "https://枢纽.test/")),
    "InvalidRFC3339Date": (FeedFormat.ATOM, replaced("T04:00:00+00:00", " 04:00")),
    "IncorrectDOW": (FeedFormat.RSS, replaced("Wed, 24 Sep", "Thu, 24 Sep")),
    "MissingElement": (FeedFormat.ATOM, replaced("<subtitle>", "<subtitel>")),
    "SecurityRisk": (FeedFormat.ATOM, replaced("strong&gt;", "script&gt;")),
    "a feed_url elsewhere": (FeedFormat.JSON, replaced("feeds/all.json", "feeds/everything.json")),
    "a date of JSON": (FeedFormat.JSON, replaced("T04:00:00+00:00", "")),
}


def build(feed_format: FeedFormat) -> bytes:
    papers = publish([make_paper(number) for number in range(2)])
    feed = all_papers_feed(make_newsletter(), papers, empty_at=NOON, hubs=("https://hub.test/",))
    return build_feed(feed, make_newsletter(), feed_format)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_feed_is_found_out(name: str) -> None:
    feed_format, damage = DAMAGES[name]
    data = build(feed_format)
    location = f"https://papers.test/feeds/all.{feed_format}"
    check_feed(data, feed_format, location)
    assert damage(data) != data
    with pytest.raises((AssertionError, SyntaxError, AttributeError)):
        check_feed(damage(data), feed_format, location)
