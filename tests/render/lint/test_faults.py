"""Every rule finds the fault it is for, and no other rule takes it for its own."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest

from newsletter.render.lint import RULES, LintedMail, lint_mail
from newsletter.render.lint.support import SUPPORT
from tests.render.conftest import LINKS
from tests.render.lint.conftest import make_mail

Plant = Callable[[LintedMail], LintedMail]


def html(old: str, new: str) -> Plant:
    """Puts `new` in the place of the first `old` of the HTML."""

    def plant(mail: LintedMail) -> LintedMail:
        assert old in mail.html, old
        return dataclasses.replace(mail, html=mail.html.replace(old, new, 1))

    return plant


def matching(pattern: str, new: str) -> Plant:
    def plant(mail: LintedMail) -> LintedMail:
        changed, count = re.subn(pattern, new, mail.html, count=1)
        assert count, pattern
        return dataclasses.replace(mail, html=changed)

    return plant


def text(new: str) -> Plant:
    """Puts a line at the end of the text."""
    return lambda mail: dataclasses.replace(mail, text=f"{mail.text}{new}\r\n")


def raw(new: bytes) -> Plant:
    return lambda mail: dataclasses.replace(mail, raw=mail.raw + new)


def style(declaration: str) -> Plant:
    """On a paragraph of a card."""
    return html('<p style="', f'<p style="{declaration}; ')


def sheet(rules: str) -> Plant:
    return html("</style>", f"{rules}</style>")


def body(element: str) -> Plant:
    """At the head of the first card."""
    return html('class="c"', 'class="c x"') if not element else html("<h2", f"{element}<h2")


LINK = 'style="color:#0b57a4"'
P = '<p style="margin:0">'
FAULTS: dict[str, list[Plant]] = {
    "css-flex": [style("display:flex"), sheet("@media print{p{display:inline-flex !important}}")],
    "css-grid": [style("grid-template-columns:1fr 1fr")],
    "css-gap": [style("gap:4px")],
    "css-position": [style("position:relative")],
    "css-float": [style("float:left")],
    "css-variables": [style("border-color:var(--line)"), style("--line:#ffffff")],
    "css-background-image": [style("background-image:linear-gradient(#ffffff, #eeeeee)")],
    "css-margin-auto": [style("margin:0 auto")],
    "css-margin-negative": [style("margin-left:-4px")],
    "css-rem": [style("padding:1rem")],
    "css-viewport-units": [style("width:50vw")],
    "css-calc": [style("width:calc(100% - 4px)")],
    "css-transform": [style("transform:rotate(3deg)")],
    "css-animation": [style("transition:color 1s")],
    "css-opacity": [style("opacity:.9")],
    "css-filter": [style("filter:blur(1px)")],
    "css-object-fit": [style("object-fit:cover")],
    "css-clip-path": [style("clip-path:circle(50%)")],
    "css-colour-functions": [
        style("border-color:rgba(0,0,0,.5)"),
        style("border-color:rgb(0 0 0)"),
        style("border-color:oklch(40% 0.1 200)"),
    ],
    "css-border-radius": [style("border-radius:4px")],
    "css-box-shadow": [style("box-shadow:0 1px 2px #cccccc")],
    "css-import": [html("<style>", "<style>@import 'more.css';")],
    "css-font-face": [sheet("@font-face{font-family:Own;src:local(Own)}")],
    "css-keyframes": [sheet("@keyframes spin{to{color:#000000}}")],
    "html-link": [html("</head>", '<link rel="stylesheet" href="style.css"></head>')],
    "html-picture": [body("<picture></picture>")],
    "html-svg": [body("<svg></svg>")],
    "html-form": [body("<form></form>")],
    "html-video": [body("<video></video>")],
    "image-base64": [body('<img src="data:image/png;base64,AAAA" alt="" width="8">')],
    "image-svg": [body('<img src="cid:logo.svg" alt="" width="8">')],
    "clip": [html("</body>", "<!--" + "x" * 90_000 + "--></body>")],
    "style-size": [sheet("/*" + "x" * 17_000 + "*/")],
    "style-nested": [
        sheet("@media print{@media (color){p{color:#000000 !important}}}"),
        sheet("@supports (color:red){@media print{p{color:#000000 !important}}}"),
    ],
    "style-syntax": [
        body('<table role="presentation" width="8" style="a>b@c:1px"></table>'),
        sheet("@media print{.x{color:#000000 !important}"),
    ],
    "style-in-body": [body("<style>.none{color:#000000}</style>")],
    "inline": [sheet(".c{text-align:center}"), sheet("@media screen{h1{letter-spacing:1px}}")],
    "important": [sheet("@media (max-width:480px){.c{padding-left:0}}")],
    "link-empty": [body(f'{P}<a {LINK} href="">词语</a></p>'), body(f"{P}<a {LINK}>词语</a></p>")],
    "link-scheme": [
        body(f'{P}<a {LINK} href="javascript:void(0)">词语</a></p>'),
        body(f'{P}<a {LINK} href="/index.html">词语</a></p>'),
    ],
    "link-words": [
        body(f'{P}<a {LINK} href="https://papers.test/">点击这里</a></p>'),
        body(f'{P}<a {LINK} href="https://papers.test/">Here »</a></p>'),
        body(f'{P}<a {LINK} href="https://papers.test/"><img src="cid:a" alt="" width="8"></a></p>'),
    ],
    "link-underline": [
        html(
            "<h2",
            f'{P}见<a style="color:#0b57a4;text-decoration:none" href="https://papers.test/">词语</a>的说明</p><h2',
        )
    ],
    "jump": [html('id="p1"', ""), html('href="#p1"', 'href="#p9"')],
    "unsubscribe": [
        html(LINKS.unsubscribe, "https://papers.test/"),
        lambda mail: dataclasses.replace(mail, text=mail.text.replace(LINKS.unsubscribe, "")),
        lambda mail: dataclasses.replace(
            mail, raw=mail.raw.replace(b"List-Unsubscribe:", b"X-List-Unsubscribe:")
        ),
    ],
    "remote": [
        body('<img src="https://elsewhere.test/a.png" alt="" width="8">'),
        html("</head>", '<link rel="preload" href="//elsewhere.test/a.css"></head>'),
        style("list-style-image:url(https://elsewhere.test/a.png)"),
        html('class="band"', 'class="band" background="https://elsewhere.test/a.png"'),
    ],
    "pixel": [body('<img src="https://elsewhere.test/?r=1" alt="" width="1" height="1">')],
    "active": [
        body("<script>alert(1)</script>"),
        body("<iframe></iframe>"),
        html("<h1", '<h1 onclick="x()"'),
        html("</head>", '<meta http-equiv="refresh" content="0"></head>'),
    ],
    "lang": [html('<html lang="zh-CN"', "<html"), html('lang="zh-CN"', 'lang=""')],
    "title": [matching("<title>[^<]*</title>", "<title> </title>")],
    "charset": [html("charset=utf-8", "")],
    "color-scheme": [html('<meta name="color-scheme" content="light dark">', "")],
    "preheader": [
        matching('<div style="display:none.*?</div>', ""),
        matching('(<div style="display:none[^>]*>).*?</div>', r"\1</div>"),
    ],
    "headings": [
        matching("<h2([^>]*)>(.*?)</h2>", r"<h3\1>\2</h3>"),
        matching("<h2([^>]*)>(.*?)</h2>", r"<h1\1>\2</h1>"),
    ],
    "duplicate-id": [html('class="foot"', 'id="p1" class="foot"')],
    "alt": [body('<img src="cid:a" width="8">')],
    "image-width": [body('<img src="cid:a" alt="">')],
    "table-width": [html('class="cards" width="100%"', 'class="cards"')],
    "table-role": [html('<table role="presentation" class="cards"', '<table class="cards"')],
    "fixed-width": [
        html('class="cards" width="100%"', 'class="cards" width="600"'),
        style("min-width:400px"),
        body('<img src="cid:a" alt="" width="500">'),
    ],
    "max-width": [matching(r"<!--\[if mso\]><table.*?<!\[endif\]-->", "")],
    "contrast": [
        html("; color:#5a6472", "; color:#9aa4b2"),
        html('class="body" align="left" bgcolor="#ffffff"', 'class="body" align="left" bgcolor="#556677"'),
        html("; color:#a8321f", "; color:rgb(255, 160, 160)"),
    ],
    "contrast-dark": [
        html(".head a,.cards a,.foot a{color:#7fb6f0 !important}", ""),
        html(".sheet,.head,.body,.foot{background-color:#171b21 !important}", ""),
    ],
    "text-size": [
        style("font-size:12px"),
        style("font-size:.8em"),
        style("font-size:8pt"),
        style("font:bold 12px/1.75 Arial"),
        body(f'{P}<font size="2">词语</font></p>'),
    ],
    "line-height": [style("line-height:1.2"), style("line-height:16px")],
    "target-size": [
        body(f'<p style="margin:0;line-height:21px"><a {LINK} href="https://papers.test/">词语</a></p>')
    ],
    "plain-empty": [],
    "plain-entities": [text("a &amp; b"), text("&#8212;")],
    "plain-tags": [text("<p>a</p>"), text('<a href="x">')],
    "plain-markdown": [text("**要点**"), text("[a](https://papers.test/)"), text("## a"), text("a `b` c")],
    "plain-width": [text("字" * 39), text("word " * 17), text("word " * 17 + "https://papers.test/")],
    "plain-gaps": [text("\r\n\r\n\r\na")],
    "plain-headings": [
        lambda mail: dataclasses.replace(mail, text=mail.text.replace("Paper 0: Less & More", "…"))
    ],
    "plain-links": [body(f'{P}<a {LINK} href="https://only-here.test/">词语</a></p>')],
    "line-length": [raw(b"x" * 999 + b"\r\n")],
    "line-ends": [raw(b"a\nb\r\n"), raw(b"a\rb\r\n")],
    "eight-bits": [raw("中\r\n".encode())],
}
CASES = [
    pytest.param(rule, plant, id=f"{rule}-{number}")
    for rule, plants in FAULTS.items()
    for number, plant in enumerate(plants)
]


@pytest.mark.parametrize(("rule", "plant"), CASES)
def test_a_planted_fault_is_found_by_its_own_rule_alone(rule: str, plant: Plant) -> None:
    findings = lint_mail(plant(make_mail()))
    assert {finding.rule for finding in findings} == {rule}
    assert all(finding.where and finding.what and finding.why and finding.fix for finding in findings)


def test_every_rule_has_a_planted_fault() -> None:
    assert set(FAULTS) == set(RULES)


def test_an_empty_text_part_lacks_every_link_too(mail: LintedMail) -> None:
    rules = {finding.rule for finding in lint_mail(dataclasses.replace(mail, text=""))}
    assert rules == {"plain-empty", "plain-links", "unsubscribe"}


def test_an_unsubscribe_link_behind_the_clip_is_as_good_as_none(mail: LintedMail) -> None:
    long = html('class="foot"', f'title="{"x" * 90_000}" class="foot"')(mail)
    assert {finding.rule for finding in lint_mail(long)} == {"clip", "unsubscribe"}


def test_a_picture_from_elsewhere_is_none_where_it_is_the_logo() -> None:
    mail = make_mail(theme="own")
    assert lint_mail(mail) == ()
    assert {finding.rule for finding in lint_mail(dataclasses.replace(mail, logo=""))} == {"remote"}


def test_the_same_fault_in_many_places_is_told_once() -> None:
    mail = make_mail(40)
    spoilt = dataclasses.replace(mail, html=mail.html.replace('<p style="', '<p style="display:flex; '))
    [finding] = lint_mail(spoilt)
    assert re.search(r"^HTML line \d+, <p> and \d+ more$", finding.where)
    assert finding.source.startswith("https://www.caniemail.com/features/css-display-flex")


def test_a_plainer_look_is_a_note(mail: LintedMail) -> None:
    [finding] = lint_mail(style("border-radius:4px")(mail))
    assert finding.is_note


def test_a_link_in_a_sentence_may_be_as_high_as_the_sentence(mail: LintedMail) -> None:
    inside = (
        f'<p style="margin:0;line-height:22px">见<a {LINK} href="https://papers.test/">词语</a>的说明。</p>'
    )
    assert lint_mail(body(inside)(mail)) == ()


def test_the_table_names_clients_a_date_and_a_page_in_each_row() -> None:
    for row in SUPPORT:
        assert row.lacking, row.name
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row.tested), row.name
        assert re.fullmatch(r"[a-z0-9-]+", row.page), row.name
