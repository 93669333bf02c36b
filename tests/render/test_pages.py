"""Pages: complete, escaped, linked to each other and to their feeds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import html5lib
import pytest
from jinja2 import Environment

from newsletter.errors import RenderError
from newsletter.model import Sections
from newsletter.render.pages import (
    render_edition_page,
    render_index,
    render_keyword_page,
    render_keywords_page,
    render_notice_page,
    summarise_edition,
)
from tests.builders import make_edition, make_keyword, make_newsletter, make_paper, publish

KEYWORD = make_keyword("强化学习", slug="rl")
HOSTILE = "<script>alert(1)</script>\"'&"
NOTICES = ("unsubscribe", "unsubscribed", "link_invalid", "test_link", "not_found")


def _edition_papers() -> list[object]:
    sections = Sections("要点。", problem="问题。", method="方法。", results="结果。", implications="启示。")
    return [
        make_paper(1, sections=sections),
        make_paper(2, title=HOSTILE, keywords=(HOSTILE,)),
        make_paper(3),
    ]


def _render(name: str, environment: Environment, language: str = "zh-CN") -> str:
    newsletter, edition = make_newsletter(), make_edition(_edition_papers())  # type: ignore[arg-type]
    older = make_edition(2, day=date(2025, 9, 23))
    pages: dict[str, Callable[..., bytes]] = {
        "index": lambda **how: render_index(newsletter, [*map(summarise_edition, (edition, older))], **how),
        "edition": lambda **how: render_edition_page(newsletter, edition, **how),
        "keyword": lambda **how: render_keyword_page(
            newsletter, KEYWORD, [*edition.papers, *publish([make_paper(9)], edition="2025-09-23")], **how
        ),
        "keywords": lambda **how: render_keywords_page(
            newsletter, [(KEYWORD, 1200), (make_keyword(HOSTILE, slug="h", aliases=(HOSTILE,)), 1)], **how
        ),
        **{
            notice: lambda notice=notice, **how: render_notice_page(
                newsletter, notice, address="<reader>@example.org", **how
            )
            for notice in NOTICES
        },
    }
    return pages[name](environment=environment, language=language).decode()


PUBLIC = ("index", "edition", "keyword", "keywords")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", [*PUBLIC, *NOTICES])
def test_every_page_is_complete_and_valid(environment: Environment, name: str, language: str) -> None:
    page = _render(name, environment, language)
    html5lib.HTMLParser(strict=True).parse(page)
    assert page.startswith("<!DOCTYPE html>")
    assert f'<html lang="{language}">' in page
    assert '<meta name="viewport"' in page
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert not re.search(r"\bsrc=|@import|url\(", page)


@pytest.mark.parametrize("name", [*PUBLIC, *NOTICES])
def test_hostile_text_is_escaped(environment: Environment, name: str) -> None:
    page = _render(name, environment)
    assert "<script>alert" not in page
    assert page.count("<script") == (name == "keywords")
    assert "<reader>" not in page


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("index", ""),
        ("edition", "editions/2025-09-24/"),
        ("keyword", "keywords/rl/"),
        ("keywords", "keywords/"),
    ],
)
def test_a_public_page_names_its_canonical_address(
    environment: Environment, name: str, canonical: str
) -> None:
    page = _render(name, environment)
    assert f'<link rel="canonical" href="https://papers.test/{canonical}">' in page


def test_a_keyword_page_offers_its_own_feeds_before_those_of_all_papers(environment: Environment) -> None:
    feeds = re.findall(r'rel="alternate" type="([^"]+)"[^>]*href="([^"]+)"', _render("keyword", environment))
    assert feeds == [
        ("application/atom+xml", "https://papers.test/feeds/keywords/rl.atom"),
        ("application/rss+xml", "https://papers.test/feeds/keywords/rl.rss"),
        ("application/feed+json", "https://papers.test/feeds/keywords/rl.json"),
        ("application/atom+xml", "https://papers.test/feeds/all.atom"),
        ("application/rss+xml", "https://papers.test/feeds/all.rss"),
        ("application/feed+json", "https://papers.test/feeds/all.json"),
    ]


def test_links_between_pages_work_from_a_folder_on_disk(environment: Environment) -> None:
    page = _render("edition", environment)
    assert 'href="../../index.html"' in page
    assert 'href="../../keywords/index.html"' in page
    assert re.search(r'href="\.\./\.\./keywords/k[0-9a-f]+/index\.html"', page)
    assert 'href="editions/2025-09-24/index.html"' in _render("index", environment)


def test_every_paper_stands_at_its_anchor_with_all_its_sections(environment: Environment) -> None:
    page = _render("edition", environment)
    for number in (1, 2, 3):
        assert page.count(f'id="{make_paper(number).anchor}"') == 1
    assert all(text in page for text in ("问题。", "方法。", "结果。", "启示。"))


def test_a_keyword_page_lists_papers_by_day_with_links_to_their_summaries(environment: Environment) -> None:
    page = _render("keyword", environment)
    assert page.index("2025年9月24日") < page.index("2025年9月23日")
    assert f'href="../../editions/2025-09-23/index.html#{make_paper(9).anchor}"' in page


def test_keywords_without_a_page_are_not_linked(environment: Environment) -> None:
    page = render_edition_page(
        make_newsletter(),
        make_edition(1),
        environment=environment,
        language="zh-CN",
        keyword_pages=frozenset(),
    ).decode()
    assert "强化学习" in page
    assert not re.search(r"keywords/k", page)


def test_a_site_without_editions_has_an_index(environment: Environment) -> None:
    page = render_index(make_newsletter(), [], environment=environment, language="en").decode()
    assert "No edition has been published yet." in page


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_page_is_for_its_visitor_only(environment: Environment, name: str) -> None:
    page = _render(name, environment)
    assert '<meta name="robots" content="noindex">' in page
    assert '<meta name="referrer" content="no-referrer">' in page
    assert 'rel="canonical"' not in page
    assert 'href="https://papers.test/"' in page


def test_unsubscribing_takes_a_post(environment: Environment) -> None:
    page = _render("unsubscribe", environment)
    assert '<form method="post"><button type="submit">退订</button></form>' in page


def test_a_notice_page_that_lacks_a_value_is_an_error(environment: Environment) -> None:
    with pytest.raises(RenderError, match="address"):
        render_notice_page(make_newsletter(), "unsubscribe", environment=environment, language="en")


def test_the_same_edition_gives_the_same_bytes(environment: Environment) -> None:
    assert _render("edition", environment) == _render("edition", environment)
