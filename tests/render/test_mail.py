"""What a mail says, and that it is made but once."""

from __future__ import annotations

import dataclasses
import re
from html import unescape
from pathlib import Path
from typing import Any

import html5lib
import pytest
from jinja2 import Environment
from premailer import Premailer

from newsletter.errors import ConfigError, RenderError
from newsletter.model import Edition, Sections
from newsletter.render.budget import BUDGET, Rung
from newsletter.render.environment import make_environment
from newsletter.render.layout import Body, lay_out
from newsletter.render.mail import MailParts, render_mail
from newsletter.render.text import COLUMNS, measure
from tests.builders import make_edition, make_newsletter, make_paper, publish
from tests.render.conftest import LINKS, join, make_long_paper, personalise

SEED = Path(__file__).parents[3] / "shared/digests/seed/2025-09-24.md"


def _render(environment: Environment, edition: Edition | None = None, **changes: Any) -> MailParts:
    facts: dict[str, Any] = {"language": "zh-CN", "intro": ""}
    return render_mail(
        edition or make_edition(), make_newsletter(), environment=environment, **facts | changes
    )


def _read(parts: MailParts) -> tuple[str, str]:
    body = personalise(lay_out(parts, list(parts.papers)), LINKS)
    return join(body.html), join(body.text)


def test_premailer_runs_once_whatever_the_number_of_choices_and_readers(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = 0
    transform = Premailer.transform

    def count_and_transform(*args: Any) -> Any:
        nonlocal runs
        runs += 1
        return transform(*args)

    monkeypatch.setattr(Premailer, "transform", count_and_transform)
    parts = _render(environment, make_edition(40))
    identities = list(parts.papers)
    for count in (1, 5, 40):
        layout = lay_out(parts, identities[:count])
        for _ in range(3):
            personalise(layout, LINKS)
    assert runs == 1


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_mail_is_valid_html_without_markers_or_blanks(environment: Environment, language: str) -> None:
    edition = make_edition([make_long_paper(1), *[make_paper(number) for number in range(2, 9)]])
    html, text = _read(_render(environment, edition, language=language, intro="**Hi**"))
    html5lib.HTMLParser(strict=True).parse(html)
    assert f'<html lang="{language}">' in html
    for part in (html, text):
        assert "@@" not in part
        assert "{{" not in part
    assert "<!--" not in text


def test_cards_at_every_rung_are_valid_html(environment: Environment) -> None:
    parts = _render(environment, make_edition([make_long_paper(1), make_paper(2)]))
    for paper in parts.papers.values():
        for card in paper.cards:
            table = f"<!DOCTYPE html><title>x</title><table>{card.html.data.decode()}</table>"
            html5lib.HTMLParser(strict=True).parse(table)


def test_css_is_inline_and_the_rules_for_dark_and_narrow_screens_are_kept(environment: Environment) -> None:
    html, _ = _read(_render(environment))
    assert re.search(r'<td id="p1" class="c" style="padding:[^"]+">', html)
    assert "@media (prefers-color-scheme:dark)" in html
    assert "color:#e3e7ec !important" in html
    for block in re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL):
        assert len(block) < 16_384  # Gmail drops a longer one
        assert not re.search(r"@media[^{]*\{[^{}]*@", block)  # and one with nested at-rules


def test_a_mail_loads_nothing_from_elsewhere(environment: Environment) -> None:
    html, _ = _read(_render(environment))
    assert not re.search(r"<(img|link|script|iframe)|\bsrc=|@import|url\(|@font-face", html)


def test_a_rung_shows_more_than_the_one_below(environment: Environment) -> None:
    paper = make_paper(
        1,
        sections=Sections("一句话。", problem="问题所在。", method="方法所在。", results="结果所在。"),
        summary="一句话。 问题所在。 方法所在。 结果所在。",
    )
    [parts] = _render(environment, make_edition([paper])).papers.values()
    shown = {
        rung: [
            word in parts.cards[rung].html.data.decode()
            for word in ("强化学习", "一句话", "结果所在", "方法所在")
        ]
        for rung in Rung
    }
    assert shown == {rung: [True] * rung + [False] * (4 - rung) for rung in Rung}
    for rung in Rung:
        text = parts.cards[rung].text.data.decode()
        assert shown[rung] == [word in text for word in ("强化学习", "一句话", "结果所在", "方法所在")]


def test_a_card_shows_five_keywords_and_the_original_title(environment: Environment) -> None:
    paper = make_paper(0, keywords=tuple("abcdefg"))
    paper = dataclasses.replace(paper, title="中文标题", original_title="A <Title> & Original")
    html, text = _read(_render(environment, make_edition([paper])))
    assert "<p" in html
    assert "A &lt;Title&gt; &amp; Original" in html
    assert "    A <Title> & Original\r\n" in text
    assert "    a · b · c · d · e\r\n" in text


def test_a_summary_without_sections_is_whole_and_says_nothing_twice(environment: Environment) -> None:
    paper = make_paper(1, one_line="第一句。", summary="第一句。第二句。第三句。")
    html, text = _read(_render(environment, make_edition([paper])))
    for part in (html, text):
        assert part.count("第一句。") == 1
        assert "第二句。第三句。" in part


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_text_part_has_every_paper_and_every_link(environment: Environment, language: str) -> None:
    edition = make_edition(
        [
            make_paper(
                1, summary="见[代码](https://code.test/?a=1&b=2)。", one_line="见[图](https://fig.test/)。"
            ),
            make_paper(2),
        ]
    )
    html, text = _read(_render(environment, edition, language=language, intro="见[公告](https://n.test/)"))
    links = {unescape(link) for link in re.findall(r'href="([^"#][^"]*)"', html)}
    assert any("/keywords/" in link for link in links)
    assert {link for link in links if link not in text} == set()
    assert all(published.paper.title in text for published in edition.papers)


def test_the_text_part_is_plain_and_wrapped(environment: Environment) -> None:
    _, text = _read(_render(environment, make_edition([make_long_paper(1), make_paper(2)])))
    assert "**" not in text
    assert "&amp;" not in text
    assert all(measure(line) <= COLUMNS for line in text.splitlines() if "https://" not in line)
    assert "\r\n\r\n\r\n" not in text


def test_the_sentence_with_the_readers_address_is_wrapped_like_the_rest(environment: Environment) -> None:
    parts = _render(environment, language="en")
    links = dataclasses.replace(LINKS, address="a.reader.with.a.long.name@department.university.example.org")
    text = join(personalise(lay_out(parts, list(parts.papers)), links).text)
    assert "because\r\na.reader" in text
    assert all(measure(line) <= COLUMNS for line in text.splitlines() if "https://" not in line)


def test_hostile_text_is_never_markup_nor_a_blank(environment: Environment) -> None:
    title = "<script>alert(1)</script>\"'&@@UNSUBSCRIBE@@<!--@@PART@@--><!--@@FEED-->\r\n\x00x"
    paper = make_paper(1, title=title, one_line="<img src=x onerror=alert(1)>", keywords=(title,))
    html, text = _read(_render(environment, make_edition([paper])))
    assert "<script" not in html
    assert "<img" not in html
    assert html.count(LINKS.unsubscribe) == 1
    assert text.count(LINKS.unsubscribe) == 1
    assert "\x00" not in html + text
    html5lib.HTMLParser(strict=True).parse(html)


def test_an_address_that_is_not_http_is_never_linked(environment: Environment) -> None:
    html, text = _read(
        _render(environment, make_edition([make_paper(1, url="javascript:alert(1)", arxiv_id="")]))
    )
    assert "javascript:" not in html
    assert "javascript:" not in text


def test_only_keywords_with_a_page_are_linked(environment: Environment) -> None:
    edition = make_edition([make_paper(1)])
    first, second = edition.papers[0].keywords
    html, _ = _read(_render(environment, edition, keyword_pages={second.slug}))
    assert f"/keywords/{second.slug}/" in html
    assert f"/keywords/{first.slug}/" not in html


def test_a_card_carries_no_personal_link(environment: Environment) -> None:
    parts = _render(environment)
    body = personalise(lay_out(parts, list(parts.papers)), LINKS)
    for fragment in (*body.html[:-1], *body.text[:-1]):
        assert b"-token" not in fragment.data


def test_a_users_card_needs_to_know_nothing_of_markers(tmp_path: Path) -> None:
    card = tmp_path / "email/card.html"
    card.parent.mkdir()
    card.write_text('<tr><td class="c">{{ paper.title }}</td></tr>')
    html, _ = _read(_render(make_environment(tmp_path)))
    assert len(re.findall(r'<td class="c" style="[^"]+">Paper \d', html)) == 3
    assert "你收到这封邮件" in html  # the shipped shell around it


def test_a_personal_link_in_the_head_of_a_users_shell_is_filled_in(tmp_path: Path) -> None:
    shell = tmp_path / "email/edition.html"
    shell.parent.mkdir()
    shell.write_text(
        "<!DOCTYPE html><html><head><title>x</title></head><body><p><a href='{{ unsubscribe }}'>x</a></p>"
        "<table>{{ cards }}</table></body></html>"
    )
    parts = _render(make_environment(tmp_path))
    body = personalise(lay_out(parts, list(parts.papers)), LINKS)
    assert LINKS.unsubscribe.encode() in body.html[1].data
    assert [len(fragment.data) % 57 for fragment in body.html[:2]] == [0, 0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("card.html", "<tr><td><div>{{ paper.title }}</td></tr><table>"),
        ("edition.html", "<!DOCTYPE html><html><body>no cards here</body></html>"),
        ("edition.html", ""),
        ("edition.txt", "no cards here"),
        ("edition.html", "<p>{{ cards }}</p>{% call when('feeed') %}{% endcall %}"),
        ("card.html", "{{ unsubscribe }}"),
    ],
    ids=[
        "open element",
        "no cards",
        "no page",
        "no cards in text",
        "unknown option",
        "personal link in a card",
    ],
)
def test_a_users_template_that_cannot_work_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "email" / name
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(RenderError, match=r"email/") as caught:
        _render(make_environment(tmp_path))
    assert caught.value.fix


def test_a_lone_surrogate_does_not_lose_the_mail(environment: Environment) -> None:
    url = "https://papers.test/\ud800x\x07"
    html, text = _read(_render(environment, make_edition([make_paper(1, url=url, title="\ud800T")])))
    assert "https://papers.test/x" in html
    assert "https://papers.test/x" in text


def test_an_unknown_language_is_refused(environment: Environment) -> None:
    with pytest.raises(ConfigError, match="tlh"):
        _render(environment, language="tlh")


@pytest.mark.skipif(not SEED.exists(), reason="the shared folder is not here")
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_real_digest_is_all_there_and_under_the_budget(environment: Environment, language: str) -> None:
    from newsletter.digests import parse_digest

    digest = parse_digest(SEED.read_bytes(), source=str(SEED))
    edition = make_edition(digest.papers)
    parts = _render(environment, edition, language=language, intro="今天的**要点**。")
    layout = lay_out(parts, list(parts.papers))
    body: Body = personalise(layout, LINKS)
    assert sum(len(fragment.encoded) for fragment in body.html) < BUDGET
    assert len(layout.rungs) == len(digest.papers) == 40
    assert min(layout.rungs) >= Rung.ONE_LINE
    for published in publish(digest.papers):
        assert published.paper.url in join(body.html)
        assert published.paper.url in join(body.text)
