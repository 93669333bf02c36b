"""Pages of a newsletter that has been there for years: everything is found, and nothing grows too long."""

from __future__ import annotations

import re
from datetime import date, timedelta

from jinja2 import Environment

from newsletter.model import EditionKind, PublishedPaper
from newsletter.render.pages import (
    EDITIONS_SHOWN,
    PAPERS_SHOWN,
    EditionSummary,
    render_index,
    render_keyword_page,
    render_keywords_page,
)
from tests.builders import DAY, make_keyword, make_newsletter, make_paper, publish

KEYWORD = make_keyword("强化学习", slug="rl")


def _day(back: int) -> date:
    return DAY - timedelta(days=back)


def _papers(count: int) -> list[PublishedPaper]:
    """A paper a day, given the newest first."""
    return [
        paper
        for back in range(count)
        for paper in publish([make_paper(back)], edition=_day(back).isoformat())
    ]


def _index(environment: Environment, editions: list[EditionSummary], language: str = "zh-CN") -> str:
    return render_index(make_newsletter(), editions, environment=environment, language=language).decode()


def _daily(count: int) -> list[EditionSummary]:
    keywords = (make_keyword("多模态"),)
    return [
        EditionSummary(EditionKind.DAILY, _day(back), _day(back).isoformat(), 40, keywords)
        for back in range(count)
    ]


def _keyword_page(environment: Environment, papers: list[PublishedPaper], **how: list[date]) -> str:
    page = render_keyword_page(
        make_newsletter(), KEYWORD, papers, environment=environment, language="en", **how
    )
    return page.decode()


def test_every_edition_is_reached_from_the_index(environment: Environment) -> None:
    page = _index(environment, _daily(800))
    links = re.findall(r'href="editions/([\d-]+)/index\.html"', page)
    assert links == [_day(back).isoformat() for back in range(800)]
    assert page.count("多模态") == EDITIONS_SHOWN
    assert len(page) < 100_000


def test_older_editions_stand_under_their_months(environment: Environment) -> None:
    page = _index(environment, _daily(EDITIONS_SHOWN + 30))
    months = re.findall(r"<h3>(.+?)</h3>", page)
    assert months == ["2025年8月", "2025年7月"]
    assert "8月25日</a>" in page
    assert re.search(r"2025年7月</h3>.*?>7月31日</a>", page, re.DOTALL)


def test_an_older_week_is_written_whole(environment: Environment) -> None:
    week = EditionSummary(EditionKind.WEEKLY, date(2025, 8, 3), "2025-W31", 200, ())
    page = _index(environment, [*_daily(EDITIONS_SHOWN), week], "en").replace("\u2009", " ")
    assert re.search(r'editions/2025-W31/index\.html">Jul 28 – Aug 3, 2025</a>', page)


def test_a_young_newsletter_has_no_months(environment: Environment) -> None:
    assert "<h3>" not in _index(environment, _daily(EDITIONS_SHOWN))


def test_every_paper_of_a_keyword_is_reached_from_its_page(environment: Environment) -> None:
    page = _keyword_page(environment, _papers(PAPERS_SHOWN + 200))
    assert page.count("<article") == PAPERS_SHOWN
    links = re.findall(r'href="\.\./\.\./editions/([\d-]+)/index\.html#arxiv-', page)
    assert links == [_day(back).isoformat() for back in range(PAPERS_SHOWN + 200)]
    assert "Earlier papers" in page
    assert "earlier editions" not in page


def test_the_order_of_the_papers_given_does_not_matter(environment: Environment) -> None:
    papers = _papers(PAPERS_SHOWN + 5)
    assert _keyword_page(environment, papers) == _keyword_page(environment, papers[::-1])


def test_a_page_with_the_newest_papers_alone_counts_all_and_says_so(environment: Environment) -> None:
    days = [_day(back) for back in range(1500)]
    page = _keyword_page(environment, _papers(100), days=days)
    assert '<p class="muted">1,500 papers</p>' in page
    assert "1,400 papers stand only in" in page
    assert page.count("<tr>") == 27


def test_a_few_papers_have_neither_archive_nor_chart(environment: Environment) -> None:
    page = _keyword_page(environment, _papers(1))
    assert "<svg" not in page
    assert "Earlier papers" not in page


def test_the_chart_draws_what_its_table_says(environment: Environment) -> None:
    # DAY is a Wednesday: 3 days of its week, 7 of the one before, none of the next, 1 of the first.
    page = _keyword_page(environment, [*_papers(10), *_papers(25)[-1:]]).replace("\u2009", " ")
    table = re.findall(r'<th scope="row">(.+?)</th><td>(\d+)</td>', page)
    assert table == [
        ("Aug 25 – 31, 2025", "1"),
        ("Sep 1 – 7, 2025", "0"),
        ("Sep 8 – 14, 2025", "0"),
        ("Sep 15 – 21, 2025", "7"),
        ("Sep 22 – 28, 2025", "3"),
    ]
    bars = re.findall(r'<rect x="(\d+)" y="(\d+)" width=".8" height="(\d+)">', page)
    assert bars == [("0", "6", "1"), ("3", "0", "7"), ("4", "4", "3")]
    assert 'viewBox="0 0 5 7"' in page


def test_thousands_of_keywords_stand_under_their_initials(environment: Environment) -> None:
    counts = [(make_keyword(f"词{n}", slug=f"{chr(97 + n % 26)}i-{n:08x}"), 1 + n % 5) for n in range(5000)]
    counts.append((make_keyword("3D", slug="3d"), 9))
    page = render_keywords_page(make_newsletter(), counts, environment=environment, language="en").decode()
    listed = page[page.index("All keywords") :]
    assert re.findall(r"<h3 id=.+?>(.+?)</h3>", listed) == ["0–9", *map(chr, range(65, 91))]
    slugs = re.findall(r'href="\.\./keywords/([\w-]+)/index\.html"', listed)
    assert slugs == sorted(keyword.slug for keyword, _ in counts)
    frequent = re.findall(r'">(\S+) <span class="count">(\d+)<', page[: page.index("All keywords")])
    assert frequent[0] == ("3D", "9")
    assert {count for _, count in frequent[1:]} == {"5"}
