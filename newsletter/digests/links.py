"""Judges the link of a paper: whether it can be used, and which arXiv paper it leads to.

Where the link stands in a digest is for the formats.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# https://info.arxiv.org/help/arxiv_identifier.html: 2509.17567 since April 2007, cs/0112017 or
# math.GT/0309136 before; a version may follow.
_IDENTIFIER = r"(\d{4}\.\d{4,5}|[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?"
_PATHS = {
    "arxiv.org": re.compile(rf"/(?:abs|pdf|html)/{_IDENTIFIER}(?:\.pdf)?/?"),
    "huggingface.co": re.compile(rf"/papers/{_IDENTIFIER}/?"),
}
_MIRRORS = re.compile(r"^(?:www|export)\.")


def is_usable_url(url: str) -> bool:
    """Whether `url` is an absolute http or https address without white space."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return False


def find_arxiv_id(url: str) -> str:
    """The arXiv id in a usable `url`, without version; empty where it leads elsewhere."""
    parts = urlsplit(url)
    pattern = _PATHS.get(_MIRRORS.sub("", parts.hostname or ""))
    match = pattern.fullmatch(parts.path) if pattern else None
    return match[1] if match else ""
