"""Finds the links in a piece of a digest: `[label](url)`, `<a href="url">`, `<url>`, a bare address.

Where such a piece stands is for the formats, which link is the paper's for `links`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# An address may be broken over lines, as everything in a table's row. No part of a link runs over the
# bracket that opens another, so that a text full of brackets takes linear time.
_LINK = re.compile(
    r"\[(?P<label>(?:[^\[\]\\]|\\.|\[[^\[\]]{0,200}\]){0,1000})\]\s?\(\s?"
    r"<?(?=(?P<target>[^()\s<>]*(?:(?:\n|\([^()\s]{0,200}\))[^()\s<>]*+){0,1000}))(?P=target)>?(?:\s[^()]{0,200})?\)"
    r"|<a\s[^<>]{0,500}?href\s?=\s?[\"']?(?P<href>[^\"'\s<>]+)[^<>]{0,500}>(?P<text>[^<]{0,500})</a\s?>"
    r"|<(?P<auto>https?://[^\s<>]+)>"
    r"|(?P<bare>https?://[^\s|<>()\[\]\"'`]+)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class WrittenLink:
    """A link as it stands in a text; `label` is empty for an address alone, `url` may be unusable."""

    label: str
    url: str
    start: int
    end: int


def find_links(text: str) -> Iterator[WrittenLink]:
    """The links in `text`, in order."""
    for match in _LINK.finditer(text):
        url = match["target"] or match["href"] or match["auto"] or match["bare"] or ""
        label = match["label"] or match["text"] or ""
        yield WrittenLink(label.strip(), "".join(url.split()).rstrip(".,;"), *match.span())
