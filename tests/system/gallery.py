"""Every page, from every template, in every state that looks different: what the page tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from newsletter.model import Edition, EditionKind, Preferences, PublishedPaper, Sections
from newsletter.render.environment import make_environment
from newsletter.render.pages import (
    render_edition_page,
    render_index,
    render_keyword_page,
    render_keywords_page,
    render_notice_page,
    summarise_edition,
)
from newsletter.shipped import shipped_path
from newsletter.web.preference_form import (
    HIGHEST_LIMIT,
    LONGEST_KEYWORD,
    MOST_KEYWORDS,
    PreferenceForm,
)
from tests.builders import DAY, make_edition, make_keyword, make_newsletter, make_paper

FRAMES = {"base.html", "parts.html"}
"""Templates that are no page of their own."""

KEYWORD = make_keyword("强化学习", slug="qiang-hua-xue-xi-bba76413", aliases=("RL",))
ADDRESS = "a.reader.with.a.long.name@mail.department.university.example.org"
WISHES = Preferences(("强化学习", "<b>", "a" * 100), EditionKind.WEEKLY, "en", 12)

_PREFERENCES: dict[str, Any] = {
    "address": ADDRESS,
    "stored": WISHES,
    "form": PreferenceForm("\n".join(WISHES.keywords or ()), "12", "en", "weekly"),
    "languages": {"en": "English", "zh-CN": "中文 (简体, 中国)"},
    "problems": frozenset(),
    "is_saved": False,
    "most_keywords": MOST_KEYWORDS,
    "longest_keyword": LONGEST_KEYWORD,
    "highest_limit": HIGHEST_LIMIT,
    "unsubscribe": "../unsubscribe/token",
}
_FIELDS = frozenset({"limit", "language", "frequency"})
_WRONG = {"form": PreferenceForm("", "many", "tlh", "hourly"), "problems": _FIELDS}

_Notice = tuple[str, dict[str, Any]]
NOTICES: dict[str, _Notice] = {
    "link_invalid": ("link_invalid", {}),
    "not_found": ("not_found", {}),
    "preferences": ("preferences", _PREFERENCES),
    "preferences-saved": ("preferences", _PREFERENCES | {"is_saved": True}),
    "preferences-wrong": ("preferences", _PREFERENCES | _WRONG),
    "test_link": ("test_link", {}),
    "unavailable": ("unavailable", {}),
    "unsubscribe": ("unsubscribe", {"address": ADDRESS}),
    "unsubscribed": ("unsubscribed", {"address": ADDRESS}),
}
PUBLIC = ("index", "index-empty", "edition", "keyword", "keyword-new", "keywords", "keywords-empty")


def name_templates() -> set[str]:
    """The page templates that the gallery shows."""
    notices = {template for template, _ in NOTICES.values()}
    return {f"{name}.html" for name in notices | {name.split("-")[0] for name in PUBLIC}}


def shipped_templates() -> set[str]:
    return {path.name for path in shipped_path("templates/pages").glob("*.html")} - FRAMES


def write_gallery(folder: Path, language: str) -> list[Path]:
    """The pages in one language, as files."""
    files = []
    for name, data in render_gallery(language):
        files.append(folder / f"{name}.html")
        files[-1].write_bytes(data)
    return files


def render_gallery(language: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each page."""
    how: dict[str, Any] = {"environment": make_environment(), "language": language}
    newsletter = make_newsletter(language=language)
    editions = make_archive(45)
    papers = [paper for edition in editions for paper in edition.papers]
    yield "index", render_index(newsletter, [summarise_edition(edition) for edition in editions], **how)
    yield "index-empty", render_index(newsletter, [], **how)
    yield "edition", render_edition_page(newsletter, editions[0], **how)
    yield "keyword", render_keyword_page(newsletter, KEYWORD, papers, **how, days=days_of(papers) * 2)
    yield "keyword-new", render_keyword_page(newsletter, KEYWORD, papers[:1], **how)
    counts = [
        (KEYWORD, 1234),
        *((make_keyword(f"{chr(97 + n % 26)} 主题{n}", slug=slug(n)), n) for n in range(99)),
    ]
    yield "keywords", render_keywords_page(newsletter, counts, **how)
    yield "keywords-empty", render_keywords_page(newsletter, [], **how)
    for name, (template, values) in NOTICES.items():
        yield name, render_notice_page(newsletter, template, **how, **values)


def make_archive(count: int) -> list[Edition]:
    """Editions of every third day, the newest first, of two papers, but the newest of four."""
    days = (DAY - timedelta(days=3 * back) for back in range(count))
    return [make_edition(_make_papers(4 if day == DAY else 2, day), day=day) for day in days]


def days_of(papers: list[PublishedPaper]) -> list[date]:
    return [date.fromisoformat(paper.edition) for paper in papers]


def slug(number: int) -> str:
    return f"{'3d' if number == 1 else chr(97 + number % 26)}-{number:08x}"


def _make_papers(count: int, day: date) -> list[Any]:
    text = "该方法在`bench`上达到**73.5%**，见[代码](https://example.org/code)。"
    sections = Sections(one_line=text, problem=text, method=text, results=text, implications=text)
    first = day.toordinal() * 10
    return [
        make_paper(
            first + number,
            title=f"Paper {number}: " + "A Rather Long Title About Agents & Reasoning " * 2,
            sections=sections,
            authors=("Ada Lovelace", "李雷"),
            keywords=("强化学习", "<script>alert(1)</script>", "Thinker-Talker Mixture of Experts", "W" * 60),
        )
        for number in range(count)
    ]
