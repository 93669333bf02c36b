"""The colours of a newsletter: read, judged, and the same in mails, pages and feeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.config import load_config, read_theme
from newsletter.config.sections import ThemeSection
from newsletter.config.theme import judge_theme
from newsletter.errors import ConfigError
from newsletter.model.theme import DARK, LIGHT, Theme, measure_contrast


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # The examples of WCAG and of its tools.
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0b57a4", "#0b57a4", 1.0)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert measure_contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert measure_contrast(other, one) == measure_contrast(one, other)


def test_without_a_section_the_shipped_colours_hold() -> None:
    assert read_theme(ThemeSection()) == Theme()
    assert list(judge_theme(ThemeSection())) == []


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_shipped_colours_can_be_read(palette: object) -> None:
    assert palette in (LIGHT, DARK)
    assert list(LIGHT.find_weak()) == list(DARK.find_weak()) == []


def test_a_short_colour_is_a_long_one(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.toml"
    path.write_text('[theme]\nlink = "#04A"\nlogo = "https://papers.test/a.png?v=1"\n')
    theme = read_theme(load_config(path, {}, tmp_path).theme)
    assert theme.light.link == "#0044aa"
    assert theme.logo == "https://papers.test/a.png?v=1"


def test_colours_that_cannot_be_read_are_refused_with_their_contrast(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.toml"
    path.write_text('[theme]\nmuted = "#999"\ndark_background = "#2b323b"\n')
    with pytest.raises(ConfigError) as caught:
        load_config(path, {}, tmp_path)
    assert (
        f"{path}:2: theme.muted #999999 on #ffffff (background) has a contrast of 2.85:1; "
        "less than 4.5:1 is hard to read"
    ) in caught.value.problems
    assert all("theme.muted" in problem for problem in caught.value.problems)


@pytest.mark.parametrize("colour", ["blue", "#12", "#12345g", "#1234567", "#fff;}", ""])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    assert list(judge_theme(ThemeSection(dark_line=colour))) == [
        ("theme.dark_line", "must be a colour as #0b57a4 or #05a")
    ]


@pytest.mark.parametrize(
    "logo", ["logo.png", "http://papers.test/a.png", "https://", 'https://a.test/"><b', "https://[a/"]
)
def test_a_logo_is_an_https_address(logo: str) -> None:
    assert list(judge_theme(ThemeSection(logo=logo))) == [
        ("theme.logo", "must be an https address of a picture")
    ]
