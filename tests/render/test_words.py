"""The catalogues: known languages, complete and compiled."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from newsletter.errors import ConfigError
from newsletter.model import EditionKind
from newsletter.render.words import known_languages, load_words

ROOT = Path(__file__).parents[2]
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/newsletter.po"))


def _read_catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def _used_messages() -> set[str | tuple[str, str]]:
    """All msgids in code and templates, as the commands in locale/babel.cfg find them."""
    with (ROOT / "locale/babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"gettext": None, "_": None, "words": None, "ngettext": (1, 2)}
    return {
        tuple(message[:2]) if isinstance(message, tuple) else message
        for folder in ("newsletter", "templates")
        for _, _, message, _, _ in extract_from_dir(ROOT / folder, methods, options, keywords)
    }


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_message_is_translated(path: Path) -> None:
    catalogue = _read_catalogue(path)
    translated = {message.id for message in catalogue if message.id and all(_strings(message.string))}
    used = _used_messages()
    assert "Unsubscribe" in used
    assert used - translated == set()
    assert not [message.id for message in catalogue if message.id and message.fuzzy]


def _strings(translation: str | tuple[str, ...]) -> tuple[str, ...]:
    return (translation,) if isinstance(translation, str) else translation


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_not_stale(path: Path) -> None:
    fresh = BytesIO()
    write_mo(fresh, _read_catalogue(path))
    assert path.with_suffix(".mo").read_bytes() == fresh.getvalue()


def test_english_and_chinese_are_known() -> None:
    assert known_languages() == ("en", "zh-CN")


@pytest.mark.parametrize("tag", ["zh-CN", "zh_cn", "ZH-CN"])
def test_a_language_is_found_whatever_the_case_of_its_tag(tag: str) -> None:
    assert load_words(tag).language == "zh-CN"


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'tlh'; known: en, zh-CN"):
        load_words("tlh")


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [("en", "1 paper", "1,200 papers"), ("zh-CN", "1 篇", "1,200 篇")],
)
def test_counts_have_their_plural(language: str, one: str, many: str) -> None:
    words = load_words(language)
    assert (words.count_papers(1), words.count_papers(1200)) == (one, many)


def test_a_period_is_written_as_the_language_writes_it() -> None:
    day = date(2025, 9, 24)
    assert load_words("zh-CN").format_period(EditionKind.DAILY, day) == "2025年9月24日星期三"
    assert load_words("en").format_period(EditionKind.DAILY, day) == "Wednesday, September 24, 2025"
    week = load_words("en").format_period(EditionKind.WEEKLY, date(2025, 9, 28))
    assert week.replace("\u2009", " ") == "Sep 22 – 28, 2025"
