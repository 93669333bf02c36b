"""Padding, and the base64 that needs it."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.forms import Jump, blank, fill, read_form, when
from newsletter.render.fragments import encode_text, make_html_fragment, make_text_fragment

_BODIES = st.lists(st.text(alphabet="ab<>中\n\r ", max_size=200), min_size=1, max_size=6)


@given(_BODIES)
def test_joined_base64_is_the_base64_of_the_joined_body(bodies: list[str]) -> None:
    for make in (make_html_fragment, make_text_fragment):
        fragments = [*map(make, map(encode_text, bodies[:-1])), make(encode_text(bodies[-1]), last=True)]
        data = b"".join(fragment.data for fragment in fragments)
        assert b"".join(fragment.encoded for fragment in fragments) == base64.encodebytes(data).replace(
            b"\n", b"\r\n"
        )


@given(_BODIES)
def test_every_line_end_is_crlf(bodies: list[str]) -> None:
    for body in bodies:
        for fragment in (make_html_fragment(encode_text(body)), make_text_fragment(encode_text(body))):
            assert b"\n" not in fragment.data.replace(b"\r\n", b"")
            assert b"\r" not in fragment.data.replace(b"\r\n", b"")


def test_text_is_padded_on_the_empty_line_that_ends_it() -> None:
    assert make_text_fragment(b"abc\r\n\r\n").data == b"abc\r\n" + b" " * 50 + b"\r\n"


def test_html_is_padded_with_spaces_after_its_last_tag() -> None:
    assert make_html_fragment(b"<p>a</p>").data == b"<p>a</p>" + b" " * 49


def test_a_filled_in_value_brings_no_blanks_of_its_own() -> None:
    form = fill(read_form(f"{blank('COUNT')} {blank('FEED')}"), {"COUNT": b"@@FEED@@"})
    assert form.fill_all({"FEED": b"x"}) == b"@@FEED@@ x"


def test_an_option_stands_only_with_its_value() -> None:
    form = read_form("a" + when("feed", lambda: f"[{blank('FEED')}]") + "b")
    assert form.fill_all({"FEED": b""}) == b"ab"
    assert form.fill_all({"FEED": b"x"}) == b"a[x]b"


def test_an_option_stands_once_for_each_member_of_a_list() -> None:
    form = read_form(f"<!--@@KEYWORD-->{blank('LABEL')};<!--KEYWORD@@-->")
    assert form.fill_all({"KEYWORD": [Jump(b"p1", b"a"), Jump(b"p2", b"b")]}) == b"a;b;"
    assert form.fill_all({"KEYWORD": []}) == b""


def test_an_open_form_says_so() -> None:
    form = read_form(blank("COUNT") + when("feed", lambda: "x"))
    assert fill(form, {"COUNT": b"1"}).names == {"FEED"}
    assert not fill(form, {"COUNT": b"1", "FEED": b""}).names


def test_the_longest_form_counts_bytes_and_both_characters_of_a_line_end() -> None:
    form = read_form("中\n" + when("feed", lambda: blank("FEED")) + blank("UNSUBSCRIBE"))
    assert form.longest == 3 + 2 + 920 + 900
