"""The personal feed: the papers of a subscriber's mails, without their limit, for him alone."""

from __future__ import annotations

import dataclasses

import feedparser
import pytest

from newsletter.daily.vocabulary import merge_into
from newsletter.delivery.links import LinkMaker
from newsletter.model import FeedFormat
from newsletter.store.erasure import erase_subscriber
from newsletter.store.saving import SubscriberRow, save_subscribers
from newsletter.tokens import TEST_SUBJECT, Purpose
from tests.builders import make_paper
from tests.feeds.validity import check_feed
from tests.web.conftest import Site


def path(site: Site, email: str = "ada@example.test", ending: str = "atom") -> str:
    return f"/feeds/personal/{site.token(Purpose.FEED, email)}.{ending}"


def titles(site: Site, email: str, ending: str = "atom") -> list[str]:
    return [
        entry.title for entry in feedparser.parse(site.client.get(path(site, email, ending)).content).entries
    ]


def choose(site: Site, email: str, keywords: tuple[str, ...] | None, limit: int | None = None) -> None:
    preferences = dataclasses.replace(site.subscriber(email).preferences, keywords=keywords, limit=limit)
    row = SubscriberRow(email, preferences=preferences, named=frozenset({"keywords", "limit"}))
    with site.publisher.store.write() as tx:
        save_subscribers(tx, [row], now=site.publisher.clock())


@pytest.mark.parametrize(
    ("ending", "content_type"),
    [("atom", "application/atom+xml; charset=utf-8"), ("rss", "application/rss+xml; charset=utf-8")],
)
def test_it_has_the_papers_of_the_choice_in_both_formats(site: Site, ending: str, content_type: str) -> None:
    choose(site, "bob@example.test", ("主题1",))
    where = path(site, "bob@example.test", ending)
    answer = site.client.get(where)
    check_feed(answer.content, FeedFormat(ending), f"https://papers.test{where}")
    assert answer.headers["content-type"] == content_type
    assert answer.headers["cache-control"] == "private, max-age=900"
    assert titles(site, "bob@example.test", ending) == ["Paper 1: Less & More"]
    assert len(titles(site, "ada@example.test", ending)) == 3


def test_the_limit_of_a_mail_is_none_of_the_feed(site: Site) -> None:
    choose(site, "ada@example.test", None, limit=1)
    assert len(titles(site, "ada@example.test")) == 3


def test_it_says_whose_choice_it_is(site: Site) -> None:
    feed = feedparser.parse(site.client.get(path(site, "bob@example.test")).content).feed
    assert feed.title == "每日论文 · Your feed"
    assert feed.subtitle == "Papers on 强化学习, newest first"
    assert feedparser.parse(site.client.get(path(site)).content).feed.subtitle == "全部论文，最新的在前"


def test_a_keyword_in_braces_breaks_nothing(site: Site) -> None:
    choose(site, "bob@example.test", ("{keyword}", "{0}"))
    feed = feedparser.parse(site.client.get(path(site, "bob@example.test")).content)
    assert feed.feed.subtitle == "Papers on {keyword}, {0}, newest first"
    assert not feed.entries


def test_it_names_itself_by_the_address_of_the_mail(site: Site) -> None:
    links = LinkMaker(site.publisher.newsletter, site.publisher.key).make(
        site.subscriber().public_id, "ada@example.test"
    )
    answer = site.client.get(links.feed.removeprefix("https://papers.test"))
    assert f'href="{links.feed}"' in answer.text
    assert site.client.get(links.preferences.removeprefix("https://papers.test")).status_code == 200
    assert site.client.get(links.unsubscribe.removeprefix("https://papers.test")).status_code == 200


def test_an_entry_is_the_same_as_in_the_public_feeds(site: Site) -> None:
    first, second = (
        feedparser.parse(site.client.get(path(site, email)).content).entries
        for email in ("ada@example.test", "bob@example.test")
    )
    assert [entry.id for entry in first] == [entry.id for entry in second]
    assert first[0].id.startswith("tag:papers.test,2025-09-24:papers/")


@pytest.mark.parametrize("shape", ["{}", "W/{}", "gzip"])
def test_a_reader_that_has_it_gets_304(site: Site, shape: str) -> None:
    first = site.client.get(path(site))
    bare = first.headers["etag"].removeprefix("W/")
    tag = bare[:-1] + '-gzip"' if shape == "gzip" else shape.format(bare)
    again = site.client.get(path(site), headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]


def test_head_has_the_headers_of_get(site: Site) -> None:
    get, head = site.client.get(path(site)), site.client.head(path(site))
    assert not head.content
    del get.headers["date"], head.headers["date"]
    assert get.headers == head.headers


def test_a_new_digest_is_in_it_at_once(site: Site) -> None:
    before = site.client.get(path(site))
    site.take_in([make_paper(9)], days=1)
    after = site.client.get(path(site), headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert titles(site, "ada@example.test")[0] == "Paper 9: Less & More"


def test_a_corrected_digest_is_in_it_at_once(site: Site) -> None:
    assert "Paper 0: Less & More" in titles(site, "ada@example.test")
    site.take_in([make_paper(0, title="Better")])
    assert titles(site, "ada@example.test")[-1] == "Better"


def test_a_merged_keyword_is_in_it_at_once(site: Site) -> None:
    site.take_in([make_paper(9, keywords=("topic b",))], days=1)
    choose(site, "ada@example.test", ("topic a",))
    site.take_in([make_paper(8, keywords=("topic a",))], days=2)
    assert len(titles(site, "ada@example.test")) == 1
    merge_into(site.publisher, "topic b", "topic a")
    assert len(titles(site, "ada@example.test")) == 2


def test_another_choice_is_in_it_at_once(site: Site) -> None:
    before = site.client.get(path(site))
    choose(site, "ada@example.test", ("主题2",))
    after = site.client.get(path(site), headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert titles(site, "ada@example.test") == ["Paper 2: Less & More"]


def test_the_papers_are_read_once_for_all_readers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    titles(site, "ada@example.test")
    monkeypatch.setattr("newsletter.web.snapshot.load_papers", None)
    assert len(titles(site, "bob@example.test")) == 3


def test_a_choice_without_papers_is_a_valid_empty_feed(site: Site) -> None:
    choose(site, "ada@example.test", ("无人写过",))
    answer = site.client.get(path(site))
    assert answer.status_code == 200
    assert not feedparser.parse(answer.content).entries


def test_it_goes_on_after_an_unsubscribe(site: Site) -> None:
    site.client.post(f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE)}")
    assert len(titles(site, "ada@example.test")) == 3


def test_it_is_gone_when_the_subscriber_is_erased(site: Site) -> None:
    gone = path(site)
    with site.publisher.store.write() as tx:
        erase_subscriber(tx, "ada@example.test")
    assert site.client.get(gone).status_code == 410


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_the_link_of_a_test_mail_is_no_feed(site: Site, ending: str) -> None:
    answer = site.client.get(f"/feeds/personal/{site.token_of(Purpose.FEED, TEST_SUBJECT)}.{ending}")
    assert answer.status_code == 404
    assert "测试邮件" in answer.text


@pytest.mark.parametrize("ending", ["opml", "xml", "ATOM", ""])
def test_another_format_is_not_found(site: Site, ending: str) -> None:
    assert site.client.get(path(site, ending=ending)).status_code == 404


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.FEED])
def test_a_token_of_another_purpose_is_not_found(site: Site, purpose: Purpose) -> None:
    assert site.client.get(f"/feeds/personal/{site.token(purpose)}.atom").status_code == 404


def test_it_is_only_read(site: Site) -> None:
    assert site.client.post(path(site)).status_code == 405
