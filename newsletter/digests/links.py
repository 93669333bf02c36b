"""Judges the link of a paper: whether it can be used, and which arXiv paper it leads to.

Where the link stands in a digest is for the formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

# https://info.arxiv.org/help/arxiv_identifier.html: 2509.17567 since April 2007, cs/0112017 or
# math.GT/0309136 before; a version may follow.
_IDENTIFIER = r"(\d{4}\.\d{4,5}|[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?"
_PATHS = {
    "arxiv.org": re.compile(rf"/(?:abs|pdf|html)/{_IDENTIFIER}(?:\.pdf)?/?"),
    "huggingface.co": re.compile(rf"/papers/{_IDENTIFIER}/?"),
    "hf.co": re.compile(rf"/papers/{_IDENTIFIER}/?"),
}
_MIRRORS = re.compile(r"^(?:www|export)\.")
LONGEST_URL = 2_000
_WRITTEN_ID = re.compile(_IDENTIFIER)


def is_usable_url(url: str) -> bool:
    """Whether `url` is an absolute http or https address without white space."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)
    except ValueError:
        return False


def find_arxiv_id(url: str) -> str:
    """The arXiv id in a usable `url`, without version; empty where it leads elsewhere."""
    pattern = _PATHS.get(_site(url))
    match = pattern.fullmatch(urlsplit(url).path) if pattern else None
    return match[1] if match else ""


def read_arxiv_id(written: str) -> str:
    """An arXiv id as someone wrote it, without version; empty where it is not well-formed."""
    match = _WRITTEN_ID.fullmatch(written.strip())
    return match[1] if match else ""


def choose_link(urls: Iterable[str]) -> tuple[str, str]:
    """Of all links of one paper the one to show, and the arXiv id that any of them tells.

    arXiv's comes first, then Hugging Face's, then any other; one that leads to no paper of theirs
    counts less. Both are empty where no link can be used.
    """
    usable = [url for url in urls if len(url) <= LONGEST_URL and is_usable_url(url)]
    ids = [find_arxiv_id(url) for url in usable]
    sites = list(_PATHS)

    def rank(index: int) -> tuple[bool, int]:
        site = _site(usable[index])
        return not ids[index], sites.index(site) if site in sites else len(sites)

    if not usable:
        return "", ""
    best = min(range(len(usable)), key=rank)
    return usable[best], ids[best] or next(filter(None, ids), "")


def _site(url: str) -> str:
    return _MIRRORS.sub("", urlsplit(url).hostname or "")
