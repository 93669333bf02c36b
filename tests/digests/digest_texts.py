"""Writes digests in the format `papers-for` for tests."""

from __future__ import annotations

from newsletter.digests import parse_digest
from newsletter.model import Digest, Paper

HEADER = "# Papers for 2025-09-24\n"


def write_paper(number: int = 0, *, summary: str = "一句话。", url: str = "") -> str:
    address = url or f"https://arxiv.org/abs/2509.{number:05}"
    return f"\n## {number}.[Paper {number}]({address})\nsummary:{summary}\n"


def write_digest(*papers: str, header: str = HEADER) -> str:
    return header + "".join(papers)


def read(text: str, *, source: str = "digest.md") -> Digest:
    return parse_digest(text.encode(), source=source)


def read_one(text: str) -> Paper:
    """The only paper of a digest that has no problems."""
    digest = read(text)
    assert digest.problems == ()
    [paper] = digest.papers
    return paper
