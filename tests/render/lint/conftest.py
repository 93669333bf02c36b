"""Whole mails of the shipped templates, for the lint to look at."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from newsletter.delivery.headers import OpenHead
from newsletter.model import Message, Paper, SharedBody, Theme
from newsletter.model.theme import DARK, LIGHT
from newsletter.render.environment import make_environment
from newsletter.render.layout import lay_out
from newsletter.render.lint import LintedMail
from newsletter.render.mail import render_mail
from tests.builders import make_edition, make_newsletter, make_paper
from tests.render.conftest import LINKS, make_long_paper, personalise

LOGO = "https://papers.test/logo.png"
THEMES = {
    "plain": Theme(),
    "own": Theme(
        LIGHT.__class__("#6b21a8", "#7c2d12", "#111111", "#555555", "#dddddd", "#fffdf8", "#efe9dd"),
        DARK.__class__("#d8b4fe", "#fdba74", "#f5f5f5", "#bbbbbb", "#444444", "#1c1917", "#0c0a09"),
        LOGO,
        120,
    ),
}


@cache
def make_mail(
    papers: int | tuple[Paper, ...] = 3, language: str = "zh-CN", theme: str = "plain", **changes: Any
) -> LintedMail:
    """The mail of these papers, or of so many."""
    own = THEMES[theme]
    newsletter = make_newsletter(theme=own, postal_address="上海市某路1号 200000")
    edition = make_edition(_make_papers(papers) if isinstance(papers, int) else papers)
    facts: dict[str, Any] = {"language": language, "intro": "见[公告](https://news.test/)。"} | changes
    parts = render_mail(edition, newsletter, environment=make_environment(), **facts)
    body = personalise(lay_out(parts, list(parts.papers)), LINKS)
    headers = (("Subject", "每日论文"), ("List-Unsubscribe", f"<{LINKS.unsubscribe}>"))
    message = Message(
        delivery_id="2025-09-24.test",
        sender="digest@papers.test",
        recipient=LINKS.address,
        letterhead=OpenHead(headers),
        own_fields={},
        body=SharedBody(lambda blanks: (body.text, body.html), lambda: ((), ())),
        blanks={},
    )
    return LintedMail(message.html, message.text, message.raw, own.logo)


def _make_papers(count: int) -> list[Paper]:
    """Every other of them is long."""
    return [make_long_paper(number) if number % 2 else make_paper(number) for number in range(count)]


@pytest.fixture
def mail() -> LintedMail:
    return make_mail()
