"""What the fields of the preferences mean."""

from __future__ import annotations

import time

import pytest

from newsletter.model import EditionKind, Preferences
from newsletter.web.preference_form import (
    HIGHEST_LIMIT,
    LONGEST_KEYWORD,
    MOST_KEYWORDS,
    PreferenceForm,
    fill_form,
    parse_form,
    read_form,
    split_keywords,
)

LANGUAGES = frozenset({"en", "zh-CN"})


def read(
    keywords: str = "", limit: str = "", language: str = "zh-CN", frequency: str = "daily"
) -> tuple[Preferences, frozenset[str]]:
    form = PreferenceForm(keywords, limit, language, frequency)
    reading = read_form(form, languages=LANGUAGES, newsletter_language="zh-CN")
    return reading.preferences, reading.problems


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("", ()),
        ("  \r\n ;;，, ", ()),
        ("强化学习", ("强化学习",)),
        ("强化学习\r\n多模态\n\nRAG", ("强化学习", "多模态", "RAG")),
        ("强化学习；多模态;RAG，agents, 3D、code", ("强化学习", "多模态", "RAG", "agents", "3D", "code")),
        ("大模型（LLM，VLM）, 3D (a, b)", ("大模型（LLM，VLM）", "3D (a, b)")),
        ("a (b, c", ("a (b", "c")),
        ("RAG, rag，ＲＡＧ", ("RAG",)),
        ("  large\tlanguage   models ", ("large language models",)),
        ("bell\x07\x00", ("bell",)),
    ],
)
def test_keywords_stand_a_line_each_or_between_separators(text: str, keywords: tuple[str, ...]) -> None:
    assert split_keywords(text) == keywords


def test_no_keywords_are_all_papers() -> None:
    assert read() == (Preferences(), frozenset())


@pytest.mark.parametrize(
    ("text", "limit"), [("10", 10), (" 10 ", 10), ("１０", 10), (str(HIGHEST_LIMIT), HIGHEST_LIMIT)]
)
def test_a_limit_is_a_whole_number(text: str, limit: int) -> None:
    assert read(limit=text) == (Preferences(limit=limit), frozenset())


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "ten", "十", "²", str(HIGHEST_LIMIT + 1), "9" * 5000])
def test_what_is_no_limit_is_a_problem(text: str) -> None:
    assert read(limit=text)[1] == {"limit"}


def test_too_many_or_too_long_keywords_are_a_problem() -> None:
    assert read(keywords="\n".join(map(str, range(MOST_KEYWORDS))))[1] == frozenset()
    assert read(keywords="\n".join(map(str, range(MOST_KEYWORDS + 1))))[1] == {"keywords"}
    assert read(keywords="x" * LONGEST_KEYWORD)[1] == frozenset()
    assert read(keywords="x" * (LONGEST_KEYWORD + 1))[1] == {"keywords"}


def test_an_unknown_language_is_a_problem() -> None:
    assert read(language="tlh")[1] == {"language"}


def test_the_newsletters_own_language_is_kept_as_none() -> None:
    assert read(language="zh-CN")[0].language == ""
    assert read(language="en")[0].language == "en"


@pytest.mark.parametrize(
    "preferences",
    [
        Preferences(),
        Preferences(("强化学习", "大模型（LLM，VLM）"), EditionKind.WEEKLY, "en", 12),
    ],
)
def test_what_the_form_shows_is_read_back_the_same(preferences: Preferences) -> None:
    form = fill_form(preferences, language=preferences.language or "zh-CN")
    assert read(form.keywords, form.limit, form.language, form.frequency) == (preferences, frozenset())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"List-Unsubscribe=One-Click",
        b"keywords=a&limit=",
        b"keywords=a&limit=&language=en&frequency=daily&name=Ann",
        b"keywords=a&limit=&frequency=daily",
        b"keywords=&" * 1000,
        b"--x\r\nContent-Disposition: form-data; name=keywords\r\n\r\na\r\n--x--",
        "keywords=多&limit=&language=en".encode(),
    ],
)
def test_another_body_is_no_form(body: bytes) -> None:
    assert parse_form(body) is None


def test_a_body_is_read_as_browsers_write_it() -> None:
    body = b"keywords=%E5%A4%9A%E6%A8%A1%E6%80%81%0D%0ARAG+agents&limit=&language=en"
    assert parse_form(body) == PreferenceForm("多模态\r\nRAG agents", "", "en")
    assert parse_form(body + b"&frequency=weekly") == PreferenceForm(
        "多模态\r\nRAG agents", "", "en", "weekly"
    )


def test_how_often_is_one_of_two() -> None:
    assert read(frequency="weekly") == (Preferences(frequency=EditionKind.WEEKLY), frozenset())
    assert read(frequency="hourly")[1] == {"frequency"}
    assert "frequency" not in PreferenceForm("", "", "en").named


@pytest.mark.parametrize(
    "text", ["(" * 60_000, "(,)" * 20_000, "，" * 20_000, "a" * 60_000, "((a,b),c" * 8_000]
)
def test_a_hostile_field_is_read_in_no_time(text: str) -> None:
    started = time.monotonic()
    split_keywords(text)
    assert time.monotonic() - started < 2
