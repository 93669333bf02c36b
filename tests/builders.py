"""Makes model objects for tests: sensible defaults, every one of them replaceable by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from newsletter.model import (
    Edition,
    EditionKind,
    Keyword,
    Newsletter,
    Paper,
    PublishedPaper,
    Sections,
)

DAY = date(2025, 9, 24)
NOON = datetime(2025, 9, 24, 4, 0, tzinfo=UTC)


def make_newsletter(**changes: Any) -> Newsletter:
    facts: dict[str, Any] = {
        "title": "每日论文",
        "base_url": "https://papers.test/",
        "language": "zh-CN",
        "timezone": "Asia/Shanghai",
        "sender_name": "每日论文",
        "sender_address": "digest@papers.test",
        "tag_authority": "papers.test",
        "tag_date": DAY,
    }
    return Newsletter(**facts | changes)


def make_paper(number: int = 0, **changes: Any) -> Paper:
    one_line = changes.pop("one_line", f"第{number}篇论文提出了一种新方法，性能达到**73.5%**的水平。")
    facts: dict[str, Any] = {
        "title": f"Paper {number}: Less & More",
        "url": f"https://arxiv.org/abs/2509.{number:05}",
        "arxiv_id": f"2509.{number:05}",
        "summary": one_line + "该方法在`bench`上优于基线。",
        "sections": Sections(one_line=one_line),
        "keywords": ("强化学习", f"主题{number % 7}"),
    }
    return Paper(**facts | changes)


def make_keyword(label: str, **changes: Any) -> Keyword:
    facts: dict[str, Any] = {"label": label, "slug": "k" + label.encode().hex()[:24]}
    return Keyword(**facts | changes)


def publish(
    papers: Sequence[Paper], *, edition: str = "2025-09-24", at: datetime = NOON
) -> tuple[PublishedPaper, ...]:
    """The papers as an edition of `at` publishes them: dates a second apart, the first the newest."""
    return tuple(
        PublishedPaper(
            paper=paper,
            keywords=tuple(make_keyword(written) for written in paper.keywords),
            published_at=at - timedelta(seconds=position),
            updated_at=at - timedelta(seconds=position),
            edition=edition,
        )
        for position, paper in enumerate(papers)
    )


def make_edition(
    papers: Sequence[Paper] | int = 3, *, day: date = DAY, at: datetime = NOON, revision: int = 1
) -> Edition:
    if isinstance(papers, int):
        papers = [make_paper(number) for number in range(papers)]
    return Edition(
        kind=EditionKind.DAILY,
        period_end=day,
        revision=revision,
        published_at=at,
        updated_at=at,
        papers=publish(papers, edition=day.isoformat(), at=at),
    )
