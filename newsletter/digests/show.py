"""Shows a digest: as the JSON of `newsletter digest show --json`, and as text for a terminal.

Both are plain text, without Markdown. Pages, feeds and mails are for later rooms.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from newsletter.digests.sentences import first_sentence
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
        lines += ["", f"{position}. {paper.title}"]
        lines += [f"   {paper.original_title}"] if paper.original_title else []
        lines += [f"   {paper.url}"]
        lines += [f"   {' · '.join(paper.keywords)}"] if paper.keywords else []
        lines += [f"   {to_plain(paper.sections.one_line)}"] if paper.sections.one_line else []
    lines += ["", "Problems:"] if digest.problems else []
    for problem in digest.problems:
        lines.append(
            f"   line {problem.line}: {problem.message}" if problem.line else f"   {problem.message}"
        )
    return "\n".join(lines)


def _paper_as_json(position: int, paper: Paper) -> dict[str, Any]:
    text = to_plain(paper.summary)
    shown = {
        "position": position,
        "title": paper.title,
        "url": paper.url,
        "arxiv_id": paper.arxiv_id,
        "authors": list(paper.authors),
        "keywords": list(paper.keywords),
        "sections": _sections_as_json(paper.sections, text),
        "text": text,
    }
    return shown | ({"original_title": paper.original_title} if paper.original_title else {})


def _sections_as_json(sections: Sections, text: str) -> dict[str, str]:
    plain = {name: to_plain(words) for name, words in asdict(sections).items()}
    # Marks without a word, such as an empty link, are a first sentence only as long as they are Markdown.
    plain["one_line"] = plain["one_line"] or first_sentence(text)
    return {name: words for name, words in plain.items() if words or name == "one_line"}
