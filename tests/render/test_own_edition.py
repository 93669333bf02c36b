"""A reader's own edition of whatever a digest may hold: under the budget, whole, nothing lost in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import unescape
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.model import Paper
from newsletter.model.theme import Palette, Theme
from newsletter.render.budget import BUDGET, Rung
from newsletter.render.environment import make_environment
from newsletter.render.layout import PersonalLinks, lay_out
from newsletter.render.mail import MailParts, render_mail
from newsletter.render.words import load_words
from tests.builders import make_edition, make_newsletter, make_paper
from tests.render.conftest import join, make_long_paper, personalise

PAPERS = 280
ENORMOUS = 100_000
CLIPPED = 102_000
"""Where Gmail's clipping begins, in bytes as we count them."""


_PALETTE = Palette("#990000", "#0000cc", "#101010", "#444444", "#dddddd", "#ffffff", "#eeeeee")


def _make_wild_paper(number: int) -> Paper:
    """Every seventh paper has something enormous."""
    cjk = "很长的摘要，没有尽头。" * (ENORMOUS // 11)
    wild: dict[int, dict[str, Any]] = {
        0: {"summary": cjk, "one_line": cjk},
        1: {"title": "标题" * 2_000},
        2: {"url": f"https://arxiv.org/abs/2509.{number:05}?" + "&x=1" * 450},
        3: {"keywords": tuple(f"{n}关键词" * 60 for n in range(9))},
        4: {"one_line": "**x** " * 3_000},
    }
    if number % 7 or number > 70:
        return make_long_paper(number, length=30 + number * 37 % 900)
    return make_paper(number, **wild[number // 7 % 5])


@lru_cache(maxsize=8)
def render(kind: str, language: str) -> MailParts:
    make = {"short": make_paper, "wild": _make_wild_paper}[kind]
    newsletter = make_newsletter(
        postal_address="北京市海淀区中关村大街 1 号 " * 4,
        theme=Theme(
            light=Palette("#990000", "#0000cc", "#101010", "#444444", "#dddddd", "#ffffff", "#eeeeee")
        )
        if kind == "wild"
        else Theme(),
    )
    return render_mail(
        make_edition([make(number) for number in range(PAPERS)]),
        newsletter,
        language=language,
        intro="今天的**要点**。" * 10,
        environment=make_environment(),
    )


def make_links(length: int) -> PersonalLinks:
    """Links of so many characters."""
    links = [f"https://p.test/{letter}/".ljust(length, "x") for letter in "upf"]
    return PersonalLinks(links[0], "r" * min(length, 240) + "@example.org", links[1], links[2])


choices = st.one_of(
    st.integers(1, PAPERS).map(range),
    st.lists(st.integers(0, PAPERS - 1), unique=True, min_size=1, max_size=60),
    st.permutations(range(40)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["short", "wild"]),
    language=st.sampled_from(["zh-CN", "en"]),
    chosen=choices,
    length=st.sampled_from([20, 76, 200, 900]),
)
@example("wild", "zh-CN", range(1), 900)
@example("wild", "en", range(40), 900)
@example("wild", "zh-CN", range(200), 20)
@example("wild", "zh-CN", range(280), 900)
@example("short", "en", range(280), 900)
def test_every_edition_of_a_reader_fits_and_is_whole(
    kind: str, language: str, chosen: Sequence[int], length: int
) -> None:
    parts, words, links = render(kind, language), load_words(language), make_links(length)
    identities = list(parts.papers)
    papers = [parts.papers[identities[number]] for number in chosen]
    layout = lay_out(parts, [paper.published.paper.identity for paper in papers])
    body = personalise(layout, links)
    html, text = join(body.html), join(body.text)

    encoded = b"".join(fragment.encoded for fragment in body.html)
    assert len(encoded) < BUDGET
    # Head and foot are whole, and nothing personal lies where it may be cut off.
    assert html.startswith("<!DOCTYPE html>")
    assert html.rstrip().endswith("</html>")
    assert words.count_papers(len(papers)) in html
    for link in (links.unsubscribe, links.preferences, links.feed):
        end = html.encode().index(link.encode()) + len(link)
        assert end * 4 // 3 * 78 // 76 < CLIPPED
        assert link in text.split()

    # Each paper of the choice stands there at least as title and link, in order, or is counted.
    shown = papers[: len(layout.rungs)]
    assert len(shown) + layout.left_out == len(papers)
    assert (words.count_more(layout.left_out) in html) == bool(layout.left_out)
    assert (words.count_more(layout.left_out) in text) == bool(layout.left_out)
    assert len(shown) >= min(len(papers), 40)
    cards = re.findall(r'<td id="p(\d+)".*?(?=<td id="p|</table>)', html, re.DOTALL)
    assert list(map(int, cards)) == [paper.number for paper in shown]
    position = 0
    for paper, rung in zip(shown, layout.rungs, strict=True):
        card, text_card = paper.cards[rung].html.data.decode(), paper.cards[rung].text.data.decode()
        title = paper.published.paper.title[:30]
        assert paper.published.paper.url in unescape(card)
        assert title in unescape(card)
        # The text part follows paper by paper, at the same rung.
        position = text.index(text_card, position) + len(text_card)
        assert paper.published.paper.url in text_card.split()
        assert title[:10] in text_card
        assert (paper.published.edition in text_card) == (rung >= Rung.ONE_LINE)


def test_an_enormous_summary_costs_its_neighbours_little() -> None:
    parts = render("wild", "zh-CN")
    identities = list(parts.papers)[:8]
    rungs = lay_out(parts, identities).rungs
    assert rungs[0] is Rung.TITLE_KEYWORDS
    assert set(rungs[1:7]) == {Rung.FULL}


def test_a_title_without_end_is_shortened() -> None:
    parts = render("wild", "zh-CN")
    paper = list(parts.papers.values())[7]
    assert len(paper.cards[Rung.TITLE].html.data) < 1_000
    assert "…" in paper.cards[Rung.TITLE].html.data.decode()
