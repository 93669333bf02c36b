"""What a reader shows of an entry."""

from __future__ import annotations

from typing import Any

from newsletter.feeds.content import untranslated, write_content
from newsletter.model import Sections
from tests.builders import make_keyword, make_newsletter, make_paper, publish
from tests.feeds.validity import check_html

PAGE = "https://papers.test/editions/2025-09-24/#arxiv-2509.00000"


def content_of(words: Any = untranslated, linked: Any = None, **changes: Any) -> str:
    [published] = publish([make_paper(**changes)])
    html = write_content(published, make_newsletter(), PAGE, words=words, linked=linked)
    check_html(html)
    return html


def test_marked_sections_stand_under_their_names() -> None:
    sections = Sections(one_line="One **line**.", problem="Hard.", results="`73.5%`")
    lines = content_of(sections=sections).splitlines()
    assert lines[:5] == [
        "<p>One <strong>line</strong>.</p>",
        "<h3>Problem</h3>",
        "<p>Hard.</p>",
        "<h3>Results</h3>",
        "<p><code>73.5%</code></p>",
    ]


def test_a_summary_without_sections_is_shown_whole() -> None:
    html = content_of(one_line="First.", summary="First. Second. *Third*.")
    assert html.startswith("<p>First. Second. <em>Third</em>.</p>")
    assert "<h3>" not in html


def test_interface_words_are_the_language_s_own() -> None:
    words = {"Problem": "问题", "Keywords": "关键词", "In the edition {edition}": "见 {edition} 期"}
    html = content_of(words=lambda msgid: words.get(msgid, msgid), sections=Sections("a", problem="b"))
    assert "<h3>问题</h3>" in html
    assert "<strong>关键词</strong>" in html
    assert html.endswith(f'<a href="{PAGE}">见 2025-09-24 期</a></p>')


def test_keywords_link_their_pages() -> None:
    html = content_of(keywords=("强化学习", "C++"))
    for label in ("强化学习", "C++"):
        address = f"https://papers.test/keywords/{make_keyword(label).slug}/"
        assert f'<a href="{address}">{label}</a>' in html


def test_a_keyword_without_a_page_is_no_link() -> None:
    html = content_of(keywords=("common", "rare"), linked={make_keyword("common").slug})
    assert '">common</a> · rare</p>' in html


def test_a_paper_without_keywords_has_no_line_of_them() -> None:
    assert "Keywords" not in content_of(keywords=())


def test_markup_of_a_keyword_is_text() -> None:
    html = content_of(keywords=('<script>alert("1")</script>',))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
