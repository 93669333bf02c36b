"""Lines and addresses that every format can carry."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.feeds import encode_url, safe
from newsletter.feeds.safe import clean_line


def test_a_line_has_single_spaces_and_no_control_characters() -> None:
    assert clean_line(" a\x00\n\tb\u2028c\ud800 ") == "a b c"


@pytest.mark.parametrize(
    ("written", "encoded"),
    [
        ("https://arxiv.org/pdf/2509.17567", "https://arxiv.org/pdf/2509.17567"),
        (
            "HTTP://例子.test:8080/论文?题=1#节",
            "http://xn--fsqu00a.test:8080/%E8%AE%BA%E6%96%87?%E9%A2%98=1#%E8%8A%82",
        ),
        ("https://a.test/%E8%AE%BA%2f?x=a%20b", "https://a.test/%E8%AE%BA%2f?x=a%20b"),
        ('https://a.test/100%/a b|c"<>[]', "https://a.test/100%25/a%20b%7Cc%22%3C%3E%5B%5D"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
    ],
)
def test_an_address_is_encoded_once(written: str, encoded: str) -> None:
    assert encode_url(written) == encoded
    assert encode_url(encoded) == encoded


@pytest.mark.parametrize(
    "written",
    ["", "javascript:alert(1)", "ftp://a.test/", "//a.test/", "/a", "http://", "http://a..b/", "http://["],
)
def test_what_is_no_web_address_is_none(written: str) -> None:
    assert encode_url(written) == ""


@given(st.one_of(st.text(), st.text().map("https://a.test/".__add__), st.text().map("https://".__add__)))
def test_whatever_is_written_the_result_is_a_uri_or_nothing(written: str) -> None:
    assert re.fullmatch(r"(https?://[\x21-\x7e]+)?", encode_url(written))


_PARTS = st.text(st.sampled_from("aZ09-._~:/?#[]@!$&'()*+,;=%<> 例"), max_size=20)


@given(scheme=st.sampled_from(["http://", "https://", "HTTP://", ""]), rest=_PARTS)
def test_an_address_in_order_is_known_at_a_glance(scheme: str, rest: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(safe, "_PLAIN", re.compile(r"(?!)"))  # as if none were
        looked_at = safe.encode_url.__wrapped__(scheme + rest)
    assert safe.encode_url.__wrapped__(scheme + rest) == looked_at
