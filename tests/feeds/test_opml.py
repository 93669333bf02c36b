"""The list of all feeds."""

from __future__ import annotations

import listparser
from lxml import etree

from newsletter.feeds import build_opml
from newsletter.model import Keyword
from tests.builders import make_newsletter

KEYWORDS = [Keyword("强化学习", "qiang-hua"), Keyword('R&D <"x">\x00', "r-d")]


def test_every_feed_stands_in_the_list_once() -> None:
    root = etree.fromstring(build_opml(make_newsletter(), KEYWORDS))
    feeds = root.findall(".//outline[@type='rss']")
    assert [(feed.get("text"), feed.get("xmlUrl"), feed.get("htmlUrl")) for feed in feeds] == [
        ("每日论文", "https://papers.test/feeds/all.atom", "https://papers.test/"),
        (
            "每日论文 · 强化学习",
            "https://papers.test/feeds/keywords/qiang-hua.atom",
            "https://papers.test/keywords/qiang-hua/",
        ),
        (
            '每日论文 · R&D <"x">',
            "https://papers.test/feeds/keywords/r-d.atom",
            "https://papers.test/keywords/r-d/",
        ),
    ]
    assert all(feed.get("title") == feed.get("text") for feed in feeds)


def test_the_document_is_opml_2() -> None:
    root = etree.fromstring(build_opml(make_newsletter(), KEYWORDS, words={"Keywords": "关键词"}.__getitem__))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert [child.tag for child in root] == ["head", "body"]
    assert root.findtext("head/title") == "每日论文"
    assert [outline.get("text") for outline in root.find("body")] == ["每日论文", "关键词"]


def test_the_same_keywords_give_the_same_bytes() -> None:
    assert build_opml(make_newsletter(), KEYWORDS) == build_opml(make_newsletter(), KEYWORDS)


def test_a_reader_imports_every_feed_into_its_folder() -> None:
    opml = build_opml(make_newsletter(), KEYWORDS)
    imported = listparser.parse(opml)
    assert not imported.bozo
    assert imported.meta.title == "每日论文"
    assert [(feed.title, feed.url, feed.categories) for feed in imported.feeds] == [
        ("每日论文", "https://papers.test/feeds/all.atom", []),
        ("每日论文 · 强化学习", "https://papers.test/feeds/keywords/qiang-hua.atom", [["Keywords"]]),
        ('每日论文 · R&D <"x">', "https://papers.test/feeds/keywords/r-d.atom", [["Keywords"]]),
    ]


def test_three_thousand_feeds_are_imported_whole() -> None:
    keywords = [Keyword(f"主题 {number}", f"k{number}") for number in range(3000)]
    assert len(listparser.parse(build_opml(make_newsletter(), keywords)).feeds) == 3001
