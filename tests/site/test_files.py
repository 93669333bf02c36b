"""Which feeds and lists exist, and that all of them hold together."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from newsletter.feeds import STYLE_PATH
from newsletter.model import FeedFormat, PublishedPaper
from newsletter.site import PublicFile, PublicRank, write_site
from newsletter.site.sitemap import SitemapPage, build_sitemap
from tests.builders import DAY, NOON, make_keyword, make_newsletter, make_paper, publish
from tests.feeds.validity import check_feed
from tests.site.all_files import feed_files, group_papers

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LISTS = {STYLE_PATH, "feeds/all.atom", "feeds/all.rss", "feeds/all.json", "feeds.opml", "sitemap.xml"}
EDITIONS = {"2025-09-23": NOON - timedelta(days=1), "2025-09-24": NOON}


def make_papers() -> tuple[PublishedPaper, ...]:
    """Keyword a in three papers, b in two, c in one."""
    labels = [("a", "b"), ("a", "c"), ("a", "b")]
    return publish([make_paper(number, keywords=keywords) for number, keywords in enumerate(labels)])


def make_files(papers: tuple[PublishedPaper, ...] | None = None, **facts: Any) -> dict[str, PublicFile]:
    wanted = {"editions": EDITIONS, "minimum_papers": 1, "empty_at": NOON} | facts
    files = feed_files(make_newsletter(), make_papers() if papers is None else papers, **wanted)
    return {file.path: file for file in files}


def slug(label: str) -> str:
    return make_keyword(label).slug


def test_every_keyword_has_its_feeds_and_all_papers_theirs() -> None:
    of_keywords = {f"feeds/keywords/{slug(label)}.{ending}" for label in "abc" for ending in FeedFormat}
    assert set(make_files()) == of_keywords | LISTS


def test_every_feed_is_valid_where_it_stands() -> None:
    for path, file in make_files(hubs=("https://hub.test/",)).items():
        if path.startswith("feeds/") and path != STYLE_PATH:
            check_feed(file.data, FeedFormat(path.rpartition(".")[2]), f"https://papers.test/{path}")


def test_the_style_is_there_before_any_feed_that_names_it() -> None:
    assert make_files()[STYLE_PATH].rank is PublicRank.PAGE


def test_a_rare_keyword_gets_no_feed_and_no_link() -> None:
    files = make_files(minimum_papers=2)
    assert f"feeds/keywords/{slug('b')}.atom" in files
    assert f"feeds/keywords/{slug('c')}.atom" not in files
    for file in files.values():
        assert f"keywords/{slug('c')}/".encode() not in file.data


def test_a_keyword_feed_holds_the_papers_of_its_keyword() -> None:
    data = make_files()[f"feeds/keywords/{slug('b')}.atom"].data
    titles = [entry.title for entry in feedparser.parse(data).entries]
    assert titles == ["Paper 0: Less & More", "Paper 2: Less & More"]


def test_a_paper_counts_once_for_a_keyword_it_names_twice() -> None:
    [group] = group_papers(publish([make_paper(keywords=("a", "a"))]), minimum_papers=1)
    assert len(group.papers) == 1


def test_groups_stand_in_the_order_of_their_slugs() -> None:
    groups = group_papers(make_papers(), minimum_papers=1)
    assert [group.keyword.label for group in groups] == ["a", "b", "c"]
    assert group_papers(make_papers(), minimum_papers=3) == groups[:1]


def test_what_was_published_stays_with_fewer_papers_and_with_none() -> None:
    quiet = make_keyword("quiet")
    facts: dict[str, Any] = {"minimum_papers": 3, "published": [make_keyword("c"), quiet]}
    files = make_files(**facts)
    listed = etree.fromstring(files["feeds.opml"].data).findall(".//outline[@xmlUrl]")
    assert {f"feeds/keywords/{slug(label)}.atom" for label in ("a", "c", "quiet")} == {
        path for path in files if path.startswith("feeds/keywords/") and path.endswith(".atom")
    }
    assert len(listed) == 4
    for feed_format in FeedFormat:
        path = f"feeds/keywords/{quiet.slug}.{feed_format}"
        check_feed(files[path].data, feed_format, f"https://papers.test/{path}")
        assert b"arxiv:" not in files[path].data
    groups = group_papers(make_papers(), **facts)
    assert [(group.keyword.label, len(group.papers)) for group in groups] == [
        ("a", 3),
        ("c", 1),
        ("quiet", 0),
    ]


def test_a_quiet_keyword_s_page_has_no_date_in_the_sitemap() -> None:
    root = etree.fromstring(make_files(published=[make_keyword("quiet")])["sitemap.xml"].data)
    dated = {url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod") for url in root}
    assert dated[f"https://papers.test/keywords/{slug('quiet')}/"] is None
    assert all(date for address, date in dated.items() if slug("quiet") not in address)


def test_a_merged_keyword_s_old_address_has_the_feed_that_took_it_in() -> None:
    old = make_keyword("old")
    files = make_files(published=[old], merged={old.slug: slug("a")})
    for feed_format in FeedFormat:
        path = f"feeds/keywords/{slug('a')}.{feed_format}"
        assert files[f"feeds/keywords/{old.slug}.{feed_format}"].data == files[path].data
        check_feed(files[path].data, feed_format, f"https://papers.test/{path}")
    for path in ("feeds.opml", "sitemap.xml"):
        assert old.slug.encode() not in files[path].data


def test_feeds_appear_before_the_lists_that_name_them() -> None:
    files = make_files()
    assert files[f"feeds/keywords/{slug('a')}.rss"].rank is PublicRank.KEYWORD_FEED
    assert files["feeds/all.rss"].rank is PublicRank.ALL_FEED
    assert files["feeds.opml"].rank is files["sitemap.xml"].rank is PublicRank.INDEX


def test_the_list_of_feeds_names_every_feed_that_exists() -> None:
    files = make_files(minimum_papers=2)
    outlines = etree.fromstring(files["feeds.opml"].data).findall(".//outline[@xmlUrl]")
    addresses = {outline.get("xmlUrl").removeprefix("https://papers.test/") for outline in outlines}
    assert addresses == {path for path in files if path.endswith(".atom")}


def test_the_sitemap_names_every_page_and_when_it_changed() -> None:
    root = etree.fromstring(make_files(minimum_papers=2)["sitemap.xml"].data)
    pages = {url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod") for url in root}
    noon = "2025-09-24T04:00:00+00:00"
    assert pages == {
        "https://papers.test/": noon,
        "https://papers.test/keywords/": noon,
        "https://papers.test/editions/2025-09-24/": noon,
        "https://papers.test/editions/2025-09-23/": "2025-09-23T04:00:00+00:00",
        f"https://papers.test/keywords/{slug('a')}/": noon,
        f"https://papers.test/keywords/{slug('b')}/": noon,
    }


def test_a_sitemap_keeps_to_the_limit_of_the_protocol() -> None:
    pages = (SitemapPage(f"{number}/", NOON) for number in range(50_001))
    assert len(etree.fromstring(build_sitemap(make_newsletter(), pages))) == 50_000


def test_a_site_without_papers_has_valid_feeds_and_lists() -> None:
    files = make_files((), editions={})
    assert set(files) == LISTS
    for feed_format in FeedFormat:
        path = f"feeds/all.{feed_format}"
        check_feed(files[path].data, feed_format, f"https://papers.test/{path}")


def test_the_interface_words_reach_every_file() -> None:
    def words(msgid: str) -> str:
        return f"<<{msgid}>>"

    files = make_files(words=words)
    for path in ("feeds/all.atom", "feeds/all.rss", f"feeds/keywords/{slug('a')}.atom", "feeds.opml"):
        assert b"&lt;&lt;" in files[path].data
    for path in ("feeds/all.json", STYLE_PATH):
        assert b"<<" in files[path].data


def test_one_new_paper_changes_the_feeds_it_is_in_and_no_other(tmp_path: Path) -> None:
    write_site(tmp_path, make_files().values())
    [new] = publish([make_paper(9, keywords=("b",))], at=NOON + timedelta(days=1))
    change = write_site(tmp_path, make_files((new, *make_papers())).values())
    assert change.written == (
        f"feeds/keywords/{slug('b')}.atom",
        f"feeds/keywords/{slug('b')}.rss",
        f"feeds/keywords/{slug('b')}.json",
        "feeds/all.atom",
        "feeds/all.rss",
        "feeds/all.json",
        "sitemap.xml",
    )


@pytest.mark.skipif(
    not Path("../shared/digests/seed").exists(), reason="the shared samples are not beside this checkout"
)
def test_the_real_digest_s_titles_survive_unchanged() -> None:
    text = Path("../shared/digests/seed/2025-09-24.md").read_text(encoding="utf-8")
    found = re.findall(r"^## \d+\.\[(.+)\]\((\S+)\)\nsummary:(.+)$", text, re.MULTILINE)
    assert len(found) == 40
    papers = publish(
        [make_paper(n, title=title, url=url, summary=rest) for n, (title, url, rest) in enumerate(found)],
        edition=DAY.isoformat(),
    )
    for feed_format in FeedFormat:
        path = f"feeds/all.{feed_format}"
        data = make_files(papers)[path].data
        check_feed(data, feed_format, f"https://papers.test/{path}")
        if feed_format is FeedFormat.JSON:
            entries = [(item["title"], item["url"]) for item in json.loads(data)["items"]]
        else:
            entries = [(entry.title, entry.link) for entry in feedparser.parse(data).entries]
        assert entries == [(title, url) for title, url, _ in found]
