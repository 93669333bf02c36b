"""Keywords of the day and subjects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import RenderError
from newsletter.render.highlights import make_subject, rank_keywords
from newsletter.render.text import measure
from newsletter.render.words import load_words
from tests.builders import make_edition, make_newsletter, make_paper

PATTERN = "{title} {date} · {count} · {keywords}"


def _subject(
    keywords: list[str], *, pattern: str = PATTERN, language: str = "zh-CN", title: str = "每日论文"
) -> str:
    edition = make_edition([make_paper(1, keywords=tuple(keywords))])
    return make_subject(
        pattern,
        make_newsletter(title=title),
        edition,
        count=len(edition.papers),
        keywords=rank_keywords(edition.papers),
        words=load_words(language),
    )


def test_the_most_frequent_keyword_comes_first_then_the_order_of_appearance() -> None:
    papers = [make_paper(1, keywords=("a", "b")), make_paper(2, keywords=("c", "b"))]
    assert [keyword.label for keyword in rank_keywords(make_edition(papers).papers)] == ["b", "a", "c"]


def test_a_subject_names_title_date_count_and_keywords() -> None:
    assert _subject(["具身智能", "多模态模型"]) == "每日论文 2025-09-24 · 1 篇 · 具身智能、多模态模型"


def test_a_subject_is_in_the_readers_language() -> None:
    assert _subject(["a", "b"], language="en") == "每日论文 2025-09-24 · 1 paper · a, b"


def test_keywords_that_do_not_fit_become_an_ellipsis() -> None:
    subject = _subject([f"关键词{number}" for number in range(20)])
    assert subject.startswith("每日论文 2025-09-24 · 1 篇 · 关键词0、关键词1")
    assert subject.endswith(" …")
    assert measure(subject) <= 60


def test_a_subject_without_keywords_does_not_end_in_a_separator() -> None:
    assert _subject([]) == "每日论文 2025-09-24 · 1 篇"


@given(st.text(max_size=30), st.lists(st.text(max_size=20), max_size=5))
def test_a_subject_is_one_line_without_control_characters(title: str, keywords: list[str]) -> None:
    subject = _subject(keywords, title=title)
    assert len(subject.splitlines()) == 1
    assert all(char.isprintable() or char >= "\u00a0" for char in subject)


@pytest.mark.parametrize("pattern", ["{colour}", "{", "{0}", "{title.x}"])
def test_a_wrong_pattern_is_explained(pattern: str) -> None:
    with pytest.raises(RenderError, match="subject") as caught:
        _subject(["a"], pattern=pattern)
    assert "{keywords}" in caught.value.fix
