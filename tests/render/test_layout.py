"""The mail of a choice and of a reader: always under the budget, always whole."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import RenderError
from newsletter.render.budget import BUDGET, Rung
from newsletter.render.environment import make_environment
from newsletter.render.layout import Body, PersonalLinks, lay_out
from newsletter.render.mail import MailParts, render_mail
from tests.builders import make_edition, make_newsletter, make_paper
from tests.render.conftest import LINKS, join, make_long_paper, personalise

LONG_LINK = "https://papers.test/unsubscribe/" + "x" * 868
LONGEST_LINKS = PersonalLinks(LONG_LINK, "r" * 242 + "@example.org", LONG_LINK, LONG_LINK)


@lru_cache(maxsize=8)
def _render(kind: str, count: int, language: str = "zh-CN") -> MailParts:
    make = make_paper if kind == "short" else make_long_paper
    edition = make_edition([make(number) for number in range(count)])
    newsletter = make_newsletter(postal_address="北京市海淀区中关村大街 1 号")
    return render_mail(
        edition, newsletter, language=language, intro="**要点**", environment=make_environment()
    )


def _encoded_size(body: Body) -> int:
    return sum(len(fragment.encoded) for fragment in body.html)


def _count_cards(body: Body) -> int:
    return len(re.findall(r'<td id="p\d+"', join(body.html)))


@pytest.mark.parametrize("kind", ["short", "long"])
@pytest.mark.parametrize("count", [1, 40, 200, 280])
def test_every_size_of_edition_fits_with_the_longest_personal_links(kind: str, count: int) -> None:
    parts = _render(kind, 280)
    layout = lay_out(parts, list(parts.papers)[:count])
    body = personalise(layout, LONGEST_LINKS)
    assert _encoded_size(body) < BUDGET
    assert _count_cards(body) == len(layout.rungs) == count - layout.left_out
    assert join(body.html).count(LONG_LINK) == 3
    assert join(body.html).rstrip().endswith("</html>")


def test_two_hundred_and_eighty_papers_of_usual_length_are_all_shown() -> None:
    parts = _render("short", 280)
    assert lay_out(parts, list(parts.papers)).left_out == 0


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from(["short", "long"]),
    chosen=st.lists(st.integers(0, 279), unique=True, max_size=280),
    budget=st.integers(20_000, BUDGET),
)
def test_any_choice_fits_any_budget(kind: str, chosen: list[int], budget: int) -> None:
    parts = _render(kind, 280)
    identities = [list(parts.papers)[position] for position in chosen]
    layout = lay_out(parts, identities, budget=budget)
    body = personalise(layout, LONGEST_LINKS)
    assert _encoded_size(body) < budget
    html, text = join(body.html), join(body.text)
    assert LONG_LINK in html
    assert LONG_LINK in text
    # The papers shown are the first of the ranking, in its order, in both bodies.
    shown = [parts.papers[identity].published.paper.url for identity in identities[: len(layout.rungs)]]
    assert list(dict.fromkeys(re.findall(r"https://arxiv\.org/[\w/.]+", html))) == shown
    assert list(dict.fromkeys(re.findall(r"https://arxiv\.org/[\w/.]+", text))) == shown


def test_papers_that_do_not_fit_are_counted_with_a_link_to_the_page() -> None:
    parts = _render("short", 280)
    layout = lay_out(parts, list(parts.papers), budget=40_000)
    body = personalise(layout, LINKS)
    assert layout.left_out > 0
    for text in (join(body.html), join(body.text)):
        assert f"网页上还有 {layout.left_out} 篇" in text
    assert join(body.html).count("https://papers.test/editions/2025-09-24/") >= 2


def test_a_paper_is_shown_as_fully_as_the_budget_allows() -> None:
    parts = _render("long", 12)
    rungs = lay_out(parts, list(parts.papers)).rungs
    assert rungs[0] is Rung.FULL
    assert rungs[-1] is Rung.RESULTS
    assert set(lay_out(parts, list(parts.papers)[:3]).rungs) == {Rung.FULL}


@pytest.mark.parametrize("links", [LINKS, LONGEST_LINKS, PersonalLinks("https://papers.test/u", "a@b.test")])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_all_fragments_but_the_last_are_whole_lines_of_base64(links: PersonalLinks, count: int) -> None:
    parts = _render("short", 40)
    body = personalise(lay_out(parts, list(parts.papers)[:count]), links)
    for fragments, heads in ((body.html, 2), (body.text, 1)):
        assert [len(fragment.data) % 57 for fragment in fragments[:-1]] == [0] * (heads + count)


def test_what_begins_every_mail_is_one_fragment_whoever_chose_what() -> None:
    parts = _render("short", 40)
    one, other = (personalise(lay_out(parts, list(parts.papers)[:count]), LINKS).html for count in (1, 9))
    assert one[0] is other[0]
    assert one[0].data.rstrip().endswith(b"</head>")
    assert one[1] != other[1]


def test_cards_and_head_are_the_same_fragments_for_every_reader() -> None:
    parts = _render("short", 40)
    layout = lay_out(parts, list(parts.papers))
    bodies = [personalise(layout, replace(LINKS, unsubscribe=f"https://papers.test/u/{n}")) for n in range(3)]
    for one, other in pairwise(bodies):
        assert all(a is b for a, b in zip(one.html[:-1], other.html[:-1], strict=True))
        assert all(a is b for a, b in zip(one.text[:-1], other.text[:-1], strict=True))
        assert one.html[-1] != other.html[-1]


def test_the_same_links_give_the_same_bytes() -> None:
    parts = _render("short", 40)
    one, other = (personalise(lay_out(parts, list(parts.papers)), LINKS) for _ in range(2))
    assert one == other


def test_count_preheader_and_keywords_are_those_of_the_choice() -> None:
    parts = _render("short", 40)
    body = personalise(lay_out(parts, list(parts.papers)[2:4]), LINKS)
    html, text = join(body.html), join(body.text)
    assert "2 篇" in html
    assert "2 篇" in text
    assert '<a href="#p3"' in html  # the first paper with 强化学习 in this choice
    assert "Paper 2: Less &amp; More · Paper 3: Less &amp; More" in html
    assert "强化学习、主题2、主题3" in text


def test_links_a_reader_does_not_have_take_their_words_with_them() -> None:
    parts = _render("short", 1)
    body = personalise(lay_out(parts, list(parts.papers)), PersonalLinks("https://papers.test/u", "a@b.test"))
    for text in (join(body.html), join(body.text)):
        assert "https://papers.test/u" in text
        assert "偏好设置" not in text
        assert "你的订阅源" not in text


def test_personal_values_are_escaped_in_html_only() -> None:
    parts = _render("short", 1)
    links = PersonalLinks('https://papers.test/u?a=1&b="2"', "<a&b>@example.org")
    body = personalise(lay_out(parts, list(parts.papers)), links)
    assert "https://papers.test/u?a=1&amp;b=&quot;2&quot;" in join(body.html)
    assert "&lt;a&amp;b&gt;@example.org" in join(body.html)
    assert links.unsubscribe in join(body.text)
    assert links.address in join(body.text)


def test_a_link_longer_than_its_reserve_is_refused() -> None:
    parts = _render("short", 1)
    layout = lay_out(parts, list(parts.papers))
    with pytest.raises(RenderError, match="unsubscribe"):
        personalise(layout, replace(LINKS, unsubscribe=LONG_LINK + "x"))
