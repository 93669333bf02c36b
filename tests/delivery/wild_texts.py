"""Names and titles as nobody should write them, and what may be left of them in a header."""

from __future__ import annotations

import re

from hypothesis import strategies as st

TRICKY = (
    "每日论文：强化学习、大语言模型与扩散模型的最新进展，共四十篇，含摘要与链接",
    "👩‍🔬🧪 emoji 🚀" * 9,
    "مرحبا بالعالم \u202e شالوم",
    'Quotes "and", commas; <angles> (brackets) \\ back.slash @ home',
    "=?utf-8?B?5q+P5pel?= looks encoded",
    "two  spaces and a\ttab",
    "x" * 300,
    "word " * 60,
    "",
    " ",
)
BREAKING = (
    "\r\nBcc: victim@mail.test\r\n\r\nbody",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\u2028b\u2029c\x85d\x0be",
    "\ud800",
)

texts = (
    st.text(max_size=200) | st.sampled_from(TRICKY + BREAKING) | st.text('读者 \r\n\0"\\,<>=?', max_size=80)
)


def cleaned(text: str) -> str:
    """What may be left of a text: breaks have become spaces, and spaces at the ends are gone."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", text).strip(" ")


def squeezed(text: str) -> str:
    """Without spaces: Python adds one between the words of a display name (to 3.13.1), or strips NBSP."""
    return "".join(text.split())
