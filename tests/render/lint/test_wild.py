"""Templates of people's own may hold anything: the lint judges it, and never falls over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.lint import LintedMail, lint_mail
from newsletter.render.lint.sheets import find_at_rules, parse_sheet, read_colour

_PIECES = st.sampled_from(
    [
        "<",
        ">",
        "/",
        "=",
        '"',
        "'",
        ";",
        ":",
        "{",
        "}",
        "(",
        ")",
        "#",
        ".",
        ",",
        "@",
        "@media",
        "@import",
        "!important",
        "\\",
        "<!--",
        "-->",
        "/*",
        "*/",
        "<style>",
        "</style>",
        'style="',
        "color:#12\n",
        "",
        "",
        "",
        "font:12px/1.2",
        "a",
        "font-size:1e9px",
        "line-height:",
        "url(",
        "rgb(1,2",
        "rgba(0,0,0,.5)",
        "#fff",
        "<p>",
        "</p>",
        "<table",
        "<tr><td>",
        "<a",
        'href="#x">\n',
        "",
        "",
        "",
        "<a",
        'href="http://[',
        "a:hover",
        "::before",
        "p>a",
        ":not(",
        "prefers-color-scheme:dark",
        "max-width:1px",
        "中",
        "\x00",
        "\x0b",
        "é",
        "&amp;",
        "&#0;",
        "<img\n",
        "",
        "",
        "",
        'width="1"',
        "src=",
        "data:,",
        "<svg",
        "<html",
        "<body",
        "<head",
        "<h1>",
        "background:",
        "calc(1px",
        "<font",
        "size=9",
        "bgcolor=red",
    ]
)
_WILD = st.lists(_PIECES, max_size=40).map(" ".join) | st.lists(_PIECES, max_size=40).map("".join)


@given(_WILD)
def test_any_page_is_judged(html: str) -> None:
    for finding in lint_mail(LintedMail(html, html, html.encode())):
        assert finding.where
        assert finding.what


@given(_WILD)
def test_any_style_is_read(css: str) -> None:
    parse_sheet(css)
    list(find_at_rules(css))
    colour = read_colour(css)
    assert colour is None or len(colour) == 7


@given(_WILD)
def test_any_style_attribute_is_judged(css: str) -> None:
    quoted = css.replace('"', "'").replace("\0", "")
    lint_mail(LintedMail(f'<html><body><p style="{quoted}">词语</p></body></html>', "", b""))


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("#FFF", "#ffffff"),
        ("red", "#ff0000"),
        ("1px solid #0b57a4", "#0b57a4"),
        ("rgb(11, 87, 164)", "#0b57a4"),
        ("transparent", None),
        ("rgba(0, 0, 0, 0.5)", None),
        ("inherit", None),
        ("#12", None),
        ("", None),
    ],
)
def test_a_colour_is_read_in_every_way_of_writing_it(value: str, colour: str | None) -> None:
    assert read_colour(value) == colour


@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("@media print{a{b:c}}@media screen{a{b:c}}", [("@media", 0), ("@media", 0)]),
        ("@supports (a:b){@media print{a{b:c}}}", [("@supports", 0), ("@media", 1)]),
        ("@import 'a.css';@media print{}", [("@import", 0), ("@media", 0)]),
        ("/* @media { @media { */ a{b:'@media{'}", []),
    ],
)
def test_at_rules_are_told_from_those_inside_others(css: str, found: list[tuple[str, int]]) -> None:
    assert list(find_at_rules(css)) == found
