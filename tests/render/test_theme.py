"""One theme restyles mails, pages and the style of feeds."""

from __future__ import annotations

import pytest
from jinja2 import Environment

from newsletter.feeds import build_style, untranslated
from newsletter.model.theme import DARK, LIGHT, Palette, Theme
from newsletter.render.layout import lay_out
from newsletter.render.mail import render_mail
from newsletter.render.pages import render_edition_page, render_index, render_notice_page
from tests.builders import make_edition, make_newsletter
from tests.render.conftest import LINKS, join, personalise

OWN = Theme(
    Palette("#6b21a8", "#7c2d12", "#111111", "#555555", "#dddddd", "#fffdf8", "#efe9dd"),
    Palette("#d8b4fe", "#fdba74", "#f5f5f5", "#bbbbbb", "#444444", "#1c1917", "#0c0a09"),
    "https://papers.test/logo.png?a=1&b=2",
    120,
)
SHIPPED = [getattr(palette, name) for palette in (LIGHT, DARK) for name in Palette.__slots__]
CHOSEN = [getattr(palette, name) for palette in (OWN.light, OWN.dark) for name in Palette.__slots__]


def render_all(environment: Environment, theme: Theme) -> dict[str, str]:
    newsletter, edition = make_newsletter(theme=theme), make_edition()
    how = {"environment": environment, "language": "en"}
    parts = render_mail(edition, newsletter, intro="", **how)  # type: ignore[arg-type]
    body = personalise(lay_out(parts, list(parts.papers)), LINKS)
    return {
        "mail": join(body.html),
        "edition": render_edition_page(newsletter, edition, **how).decode(),  # type: ignore[arg-type]
        "index": render_index(newsletter, [], **how).decode(),  # type: ignore[arg-type]
        "notice": render_notice_page(newsletter, "not_found", **how).decode(),  # type: ignore[arg-type]
        "feeds": build_style(untranslated, theme).decode(),
    }


def test_every_colour_is_the_themes_own(environment: Environment) -> None:
    for name, page in render_all(environment, OWN).items():
        assert [colour for colour in CHOSEN if colour not in page] == [], name
        assert [colour for colour in SHIPPED if colour in page] == [], name


@pytest.mark.parametrize("page", ["mail", "edition", "index", "notice"])
def test_a_logo_stands_for_the_title_and_says_it(environment: Environment, page: str) -> None:
    logo = '<img src="https://papers.test/logo.png?a=1&amp;b=2" alt="每日论文" width="120"'
    shown = render_all(environment, OWN)[page]
    assert shown.count(logo) == 1
    assert "<img" not in render_all(environment, Theme())[page]
