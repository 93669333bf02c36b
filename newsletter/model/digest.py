"""A digest and its papers, as their author wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a digest that could not be read, and its line (from 1; None: the whole).

    `lost_paper`: it cost a paper, which was left out.
    """

    message: str
    line: int | None = None
    lost_paper: bool = False


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts of a summary in inline Markdown, without their labels.

    `one_line` is always there: the first sentence where the digest marks none. The others are
    empty where the digest does not mark them.
    """

    one_line: str
    problem: str = ""
    method: str = ""
    results: str = ""
    implications: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One item of a digest.

    `summary` is the whole summary in inline Markdown without the keyword list and without section
    labels; `keywords` are as written, in order; `arxiv_id` has no version and is empty where the
    link is not arXiv's.
    """

    title: str
    url: str
    summary: str
    sections: Sections
    arxiv_id: str = ""
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What makes two records the same paper: `arxiv:2509.17567`, else `url:…` normalised."""
        return f"arxiv:{self.arxiv_id}" if self.arxiv_id else f"url:{normalise_url(self.url)}"

    @property
    def anchor(self) -> str:
        """The paper's fragment on its edition's page, safe in an HTML id and a URL."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", self.identity.removeprefix("url:")).strip("-")


@dataclass(frozen=True, slots=True)
class Digest:
    """The input document of one date, as its author wrote it."""

    date: date
    format: str
    source: str
    papers: tuple[Paper, ...]
    problems: tuple[Problem, ...] = ()


def normalise_url(url: str) -> str:
    """Scheme and host in lower case, no fragment, no default port, no trailing slash."""
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError:  # not a URL: still the same text for the same paper
        return url
    scheme = parts.scheme.lower()
    host = parts.netloc.lower().removesuffix({"http": ":80", "https": ":443"}.get(scheme, "\0"))
    return urlunsplit((scheme, host, parts.path.rstrip("/"), parts.query, ""))
