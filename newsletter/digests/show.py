"""Shows a digest: as the JSON of `newsletter digest show --json`, and as text for a terminal.

Both are plain text, without Markdown. Pages, feeds and mails are for later rooms.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from newsletter.markup import to_plain
from newsletter.model import Digest, Paper, Sections


def digest_as_json(digest: Digest) -> dict[str, Any]:
    """What `digest show --json` prints, ready for `json.dumps`."""
    return {
        "date": digest.date.isoformat(),
        "format": digest.format,
        "papers": [_paper_as_json(position, paper) for position, paper in enumerate(digest.papers)],
        "problems": [{"line": problem.line, "message": problem.message} for problem in digest.problems],
    }


def digest_as_text(digest: Digest) -> str:
    """The digest for a terminal: a line of facts, each paper, then the problems with their lines."""
    count = len(digest.papers)
    lines = [f"{digest.date}  {digest.format}  {count} {'paper' if count == 1 else 'papers'}"]
    for position, paper in enumerate(digest.papers):
        lines += ["", f"{position}. {paper.title}", f"   {paper.url}"]
        lines += [f"   {' · '.join(paper.keywords)}"] if paper.keywords else []
        lines += [f"   {to_plain(paper.sections.one_line)}"] if paper.sections.one_line else []
    lines += ["", "Problems:"] if digest.problems else []
    for problem in digest.problems:
        lines.append(
            f"   line {problem.line}: {problem.message}" if problem.line else f"   {problem.message}"
        )
    return "\n".join(lines)


def _paper_as_json(position: int, paper: Paper) -> dict[str, Any]:
    return {
        "position": position,
        "title": paper.title,
        "url": paper.url,
        "arxiv_id": paper.arxiv_id,
        "authors": list(paper.authors),
        "keywords": list(paper.keywords),
        "sections": _sections_as_json(paper.sections),
        "text": to_plain(paper.summary),
    }


def _sections_as_json(sections: Sections) -> dict[str, str]:
    plain = {name: to_plain(text) for name, text in asdict(sections).items()}
    return {name: text for name, text in plain.items() if text or name == "one_line"}
