"""What the tests of this room share: the shipped templates, long papers, a body as text."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from jinja2 import Environment

from newsletter.model import Fragment, Paper, Sections
from newsletter.render.environment import make_environment
from newsletter.render.layout import Body, Layout, PersonalLinks, check_blanks, fill_blanks
from tests.builders import make_paper

LINKS = PersonalLinks(
    unsubscribe="https://papers.test/unsubscribe/u-token",
    address="reader@example.org",
    preferences="https://papers.test/preferences/p-token",
    feed="https://papers.test/feeds/personal/f-token.atom",
)


@pytest.fixture(scope="session")
def environment() -> Environment:
    return make_environment()


def make_long_paper(number: int, length: int = 400) -> Paper:
    """A paper with all sections, each of `length` Chinese characters, and a long title."""
    text = "该方法在长文本上取得了**显著**提升。" * (length // 18 + 1)
    sections = Sections(
        one_line=text, problem=f"问题{text}", method=f"方法{text}", results=f"结果{text}", implications=text
    )
    return make_paper(
        number,
        title=f"Paper {number}: " + "A Rather Long Title About Agents and Reasoning " * 3,
        summary=" ".join((text, sections.problem, sections.method, sections.results, sections.implications)),
        sections=sections,
        keywords=("强化学习", "多模态大语言模型", f"主题{number}", f"少即是多{number}", "Thinker-Talker MoE"),
    )


def join(fragments: Sequence[Fragment]) -> str:
    return b"".join(fragment.data for fragment in fragments).decode()


def personalise(layout: Layout, links: PersonalLinks) -> Body:
    """The bodies for one reader, checked and filled as the composer does it."""
    check_blanks(links.values)
    return fill_blanks(layout, links.values)
