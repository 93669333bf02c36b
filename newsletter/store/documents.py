"""Papers as JSON text and back, and the hash that tells whether one changed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from newsletter.model import Paper, Sections

# Fields that came after papers were stored. Where one says nothing it is not written, so that every
# stored paper keeps its text and its hash, and no edition gets a revision by an upgrade.
_LATER_FIELDS = ("original_title",)


def write_paper(paper: Paper) -> str:
    """The paper as JSON: the same paper is the same text."""
    facts = dataclasses.asdict(paper)
    for name in _LATER_FIELDS:
        if not facts[name]:
            del facts[name]
    return json.dumps(facts, ensure_ascii=False, sort_keys=True)


def read_paper(document: str) -> Paper:
    return _paper(json.loads(document))


def write_papers(papers: Iterable[Paper]) -> str:
    return join_documents(map(write_paper, papers))


def join_documents(documents: Iterable[str]) -> str:
    """Papers as JSON as `write_papers` has them, from the text of each."""
    return "[" + ",\n".join(documents) + "]"


def read_papers(document: str) -> tuple[Paper, ...]:
    return tuple(map(_paper, json.loads(document)))


def hash_document(document: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(document.encode()).hexdigest()


def _paper(facts: dict[str, Any]) -> Paper:
    lists = {name: tuple(facts[name]) for name in ("authors", "keywords")}
    return Paper(**facts | lists | {"sections": Sections(**facts["sections"])})
