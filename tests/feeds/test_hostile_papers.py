"""Whatever a digest holds, every feed comes out whole, valid and harmless."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.feeds import all_papers_feed, build_feed, keyword_feed
from newsletter.feeds.window import ENTRY_ROOM
from newsletter.model import FeedFormat, Keyword, Paper, PublishedPaper, Sections
from tests.builders import NOON, make_newsletter, make_paper, publish
from tests.feeds.validity import XML_FORMATS, check_feed

NASTY = (
    "\x00\x0b\x1f\x7f\x85\ufffe\uffff\ud800\udfff",
    "]]>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "&amp;&lt;b&gt;",
    "a\u2028b\u2029c",
    "👩🏽‍🔬𝔸",
    "{edition} {0} %s",
    "http://[",
    "**未闭合",
)
# HTML forbids the non-characters beyond U+FFFF, XML does not: `markup` lets them through.
NONCHARACTERS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
NONCHARACTERS += "".join(map(chr, range(0xFDD0, 0xFDF0)))
letters = st.characters(exclude_categories=["Cs"], exclude_characters=NONCHARACTERS)
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text(letters, max_size=20)), max_size=4).map("".join)
papers = st.builds(
    Paper,
    title=texts,
    url=st.one_of(texts, texts.map("https://例子.test/论文/".__add__)),
    summary=texts,
    sections=st.builds(Sections, texts, texts, texts, texts, texts),
    authors=st.lists(texts, max_size=3).map(tuple),
)
keywords = st.lists(texts, max_size=3).map(
    lambda labels: tuple(Keyword(label, f"k{number}") for number, label in enumerate(labels))
)
both_formats = pytest.mark.parametrize("feed_format", XML_FORMATS)
every_format = pytest.mark.parametrize("feed_format", list(FeedFormat))


def build(published: tuple[PublishedPaper, ...], feed_format: FeedFormat) -> Any:
    newsletter = make_newsletter()
    feed = all_papers_feed(newsletter, published, empty_at=NOON)
    data = build_feed(feed, newsletter, feed_format)
    check_feed(data, feed_format, newsletter.url(feed.paths[feed_format]))
    parsed = feedparser.parse(data)
    assert not parsed.bozo
    return parsed


@every_format
@settings(max_examples=150, deadline=None)
@given(hostile=st.lists(papers, max_size=3), labels=keywords)
def test_no_text_breaks_a_feed_or_loses_another_paper(
    feed_format: FeedFormat, hostile: list[Paper], labels: tuple[Keyword, ...]
) -> None:
    published = publish([make_paper(), *hostile])
    labelled = tuple(replace(paper, keywords=labels) for paper in published)
    newsletter = make_newsletter()
    feed = all_papers_feed(newsletter, labelled, empty_at=NOON)
    data = build_feed(feed, newsletter, feed_format)
    check_feed(data, feed_format, newsletter.url(feed.paths[feed_format]))
    assert data.count(b"tag:papers.test,2025-09-24:papers/arxiv:2509.00000") == 1


@every_format
@given(label=texts)
@settings(max_examples=50, deadline=None)
def test_no_label_breaks_its_own_feed(feed_format: FeedFormat, label: str) -> None:
    newsletter = make_newsletter()
    feed = keyword_feed(newsletter, Keyword(label, "k1"), publish([make_paper()]), empty_at=NOON)
    data = build_feed(feed, newsletter, feed_format)
    check_feed(data, feed_format, newsletter.url(feed.paths[feed_format]))


@both_formats
def test_text_is_escaped_exactly_once(feed_format: FeedFormat) -> None:
    [entry] = build(
        publish([make_paper(title="A &amp; B < C", summary="x &amp; y & z")]), feed_format
    ).entries
    assert entry.title == "A &amp; B < C"
    assert "<p>x &amp; y &amp; z</p>" in entry.content[0].value


@both_formats
def test_a_raw_url_is_percent_encoded(feed_format: FeedFormat) -> None:
    url = "https://例子.test/论文 1?q=强化&r=100%#节"
    [entry] = build(publish([make_paper(url=url, arxiv_id="")]), feed_format).entries
    assert entry.link == (
        "https://xn--fsqu00a.test/%E8%AE%BA%E6%96%87%201?q=%E5%BC%BA%E5%8C%96&r=100%25#%E8%8A%82"
    )


@both_formats
@pytest.mark.parametrize("url", ["javascript:alert(1)", "papers/1.html", ""])
def test_an_address_that_is_no_web_address_gives_way_to_the_edition_page(
    url: str, feed_format: FeedFormat
) -> None:
    [entry] = build(publish([make_paper(url=url)]), feed_format).entries
    assert entry.link == "https://papers.test/editions/2025-09-24/#arxiv-2509.00000"


@both_formats
def test_a_summary_is_plain_text(feed_format: FeedFormat) -> None:
    [entry] = build(publish([make_paper(one_line="**a** < `b` & <i>c</i>")]), feed_format).entries
    assert (
        entry.summary
        == {
            FeedFormat.ATOM: "a < b & <i>c</i>",
            FeedFormat.RSS: "a &lt; b &amp; &lt;i&gt;c&lt;/i&gt;",  # where a description is always HTML
        }[feed_format]
    )


@both_formats
def test_a_paper_that_cannot_be_written_is_left_out_with_a_warning(
    feed_format: FeedFormat, caplog: pytest.LogCaptureFixture
) -> None:
    bad = make_paper(1, title="Bad", sections=None)  # no such thing should be; if it is, it is one paper
    with caplog.at_level(logging.WARNING):
        parsed = build(publish([make_paper(0), bad, make_paper(2)]), feed_format)
    assert [entry.title for entry in parsed.entries] == ["Paper 0: Less & More", "Paper 2: Less & More"]
    [warning] = caplog.messages
    assert warning.startswith(f"'Bad' is left out of the {feed_format} feeds:")


@both_formats
def test_an_entry_larger_than_a_feed_is_left_out(feed_format: FeedFormat) -> None:
    huge = make_paper(0, summary="x" * ENTRY_ROOM)
    parsed = build(publish([huge, make_paper(1)]), feed_format)
    assert [entry.title for entry in parsed.entries] == ["Paper 1: Less & More"]


def test_a_paper_without_a_title_is_called_by_its_address() -> None:
    [entry] = build(publish([make_paper(title="\x00 \u2028")]), FeedFormat.ATOM).entries
    assert entry.title == "https://arxiv.org/abs/2509.00000"
