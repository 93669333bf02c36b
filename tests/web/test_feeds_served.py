"""Feeds as readers ask for them: combined by address, moved, gone, and kept until the next run."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import feedparser
import pytest

from newsletter.daily.publish import publish_site
from newsletter.daily.vocabulary import merge_into, retire
from newsletter.errors import ConfigError
from newsletter.store.runs import begin_run, end_run
from tests.builders import DAY, NOON, make_paper
from tests.web.conftest import OpenSite, Site


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_any_choice_of_keywords_is_a_feed_of_its_papers(site: Site, ending: str) -> None:
    site.take_in([make_paper(9, keywords=("topic b",))], days=1)
    answer = site.client.get(f"/feeds/combine.{ending}?keywords=nobody-wrote-this,topic-b")
    assert answer.status_code == 200
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == [make_paper(9).title]


def test_a_combined_feed_has_each_paper_once_with_the_id_it_has_everywhere(site: Site) -> None:
    both = site.client.get("/feeds/combine.atom?keywords=强化学习,主题1", follow_redirects=True)
    assert both.status_code == 200
    ids = [entry.id for entry in feedparser.parse(both.content).entries]
    assert len(ids) == len(set(ids)) == 3
    assert all(each.startswith("tag:papers.test,") and "papers/arxiv:" in each for each in ids)


def test_every_order_of_a_choice_leads_to_one_address(site: Site) -> None:
    moved = site.client.get("/feeds/combine.atom?keywords=zz,aa,zz")
    assert moved.status_code == 301
    assert moved.headers["location"] == "./combine.atom?keywords=aa,zz"
    answer = site.client.get("/feeds/combine.atom?keywords=aa,zz")
    assert 'href="https://papers.test/feeds/combine.atom?keywords=aa,zz" rel="self"' in answer.text
    assert answer.headers["link"] == '<https://papers.test/feeds/combine.atom?keywords=aa,zz>; rel="self"'


def test_a_combined_feed_answers_304_to_who_has_it(site: Site) -> None:
    first = site.client.get("/feeds/combine.json?keywords=aa")
    assert first.headers["content-type"].startswith("application/feed+json")
    again = site.client.get(
        "/feeds/combine.json?keywords=aa", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("query", ["", "?keywords=", "?keywords=,,", "?other=1"])
def test_no_choice_is_no_feed(site: Site, query: str) -> None:
    assert site.client.get(f"/feeds/combine.atom{query}").status_code == 404


def test_more_keywords_than_an_address_holds_are_refused(site: Site) -> None:
    keywords = ",".join(f"k{number:03}" for number in range(60))
    assert site.client.get(f"/feeds/combine.atom?keywords={keywords}").status_code == 404


def test_a_merged_keyword_is_moved_for_good(site: Site) -> None:
    site.take_in([make_paper(9, keywords=("old one", "new one"))], days=1)
    merge_into(site.publisher, "old one", "new one")
    site.write("feeds/keywords/old-one.atom", b"<feed/>")
    for path, target in (
        ("feeds/keywords/old-one.atom", "feeds/keywords/new-one.atom"),
        ("keywords/old-one/", "keywords/new-one/"),
    ):
        answer = site.client.get(f"/{path}")
        assert answer.status_code == 301
        assert answer.headers["location"] == f"https://papers.test/{target}"


def test_what_serves_for_days_follows_keywords_toml_after_each_publication(site: Site) -> None:
    site.take_in([make_paper(9, keywords=("old one",)), make_paper(8, keywords=("new one",))], days=1)
    publish_site(site.publisher)
    combined = "/feeds/combine.atom?keywords=new-one"
    assert len(feedparser.parse(site.client.get(combined).content).entries) == 1
    file = site.publisher.config.keywords.file
    for groups, papers, status in (
        ('"new one" = ["old one"]', 2, 301),
        ('"new one" = [', 2, 301),
        ("", 1, 200),
    ):
        file.write_text(groups)
        with suppress(ConfigError):  # a file that cannot be read changes nothing
            publish_site(site.publisher.with_current_topics())
        assert len(feedparser.parse(site.client.get(combined).content).entries) == papers
        assert site.client.get("/keywords/old-one/").status_code == status


def test_a_retired_keyword_is_gone(site: Site) -> None:
    site.take_in([make_paper(9, keywords=("old one",))], days=1)
    site.write("feeds/keywords/old-one.atom", b"<feed/>")
    assert site.client.get("/feeds/keywords/old-one.atom").status_code == 200
    retire(site.publisher, "old one")
    assert site.client.get("/feeds/keywords/old-one.atom").status_code == 410
    assert site.client.get("/keywords/old-one/").status_code == 410


def test_a_feed_may_be_kept_until_the_next_run(open_site: OpenSite) -> None:
    site = open_site(SCHEDULE__CRON="0 8 * * *")
    site.write("feeds/all.atom", b"<feed/>")
    with site.publisher.store.write() as tx:
        begin_run(tx, DAY, now=NOON)
        end_run(tx, DAY, "done", done=True, now=NOON)
    # Noon in Shanghai; the next run is due at eight of the next morning.
    assert site.client.get("/feeds/all.atom").headers["cache-control"] == f"public, max-age={20 * 3600}"


def test_a_feed_is_kept_for_minutes_while_a_run_is_due(open_site: OpenSite) -> None:
    site = open_site(lambda: NOON + timedelta(minutes=1))
    site.write("feeds/all.atom", b"<feed/>")
    assert site.client.get("/feeds/all.atom").headers["cache-control"] == "public, max-age=300"


def test_a_feed_names_itself_and_its_hubs(open_site: OpenSite) -> None:
    site = open_site(FEEDS__HUBS="https://hub.test/ https://other.test/")
    site.write("feeds/all.rss", b"<rss/>")
    assert site.client.get("/feeds/all.rss").headers["link"] == (
        '<https://papers.test/feeds/all.rss>; rel="self", <https://hub.test/>; rel="hub", '
        '<https://other.test/>; rel="hub"'
    )
