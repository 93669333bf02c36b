"""Under which keywords each paper is found: an index beside the papers, derived from them and the topics.

What a paper's keywords are is the vocabulary's to say when it is read; the index lets a keyword's papers be
found without reading them all. It is written as a digest is taken in, and anew for every paper where the
groups of the vocabulary are others than it was made with. A test holds it equal to what reading says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.keywords import Topics
from newsletter.model import Paper
from newsletter.store import schema
from newsletter.store.documents import read_paper
from newsletter.store.engine import Store, Transaction
from newsletter.store.keywords import pin_keywords
from newsletter.store.settings import find_topics_fingerprint, write_topics_fingerprint
from newsletter.store.uses import recount_uses

_PAPER = schema.paper
_WORD = schema.paper_keyword
_PAPERS_A_TRANSACTION = 500  # some tenths of a second, in which nobody else writes


def index_paper(tx: Transaction, paper_id: int, paper: Paper, topics: Topics) -> set[str]:
    """Notes what the paper is found under; returns the normal forms that it gained or lost."""
    former = list(
        tx.execute(
            sa.select(_WORD.c.normal).where(_WORD.c.paper_id == paper_id).order_by(_WORD.c.position)
        ).scalars()
    )
    normals = list(topics.list_normals(paper))
    if normals == former:
        return set()
    tx.execute(sa.delete(_WORD).where(_WORD.c.paper_id == paper_id))
    rows = [
        {"paper_id": paper_id, "position": position, "normal": normal}
        for position, normal in enumerate(normals)
    ]
    if rows:
        tx.execute(sa.insert(_WORD), rows)
    return set(former) ^ set(normals)


def refresh_topics(store: Store, topics: Topics, *, now: datetime) -> bool:
    """Writes the index anew where the groups have changed since; returns whether they had.

    In short transactions: one that dies half-way is gone on with by the next. Raises StoreError.
    """
    with store.read() as tx:
        if find_topics_fingerprint(tx) == topics.fingerprint:
            return False
    last = 0
    while True:
        with store.write() as tx:
            rows = tx.execute(
                sa.select(_PAPER.c.id, _PAPER.c.document)
                .where(_PAPER.c.id > last)
                .order_by(_PAPER.c.id)
                .limit(_PAPERS_A_TRANSACTION)
            ).all()
            if not rows:
                write_topics_fingerprint(tx, topics.fingerprint)
                return True
            _index(tx, rows, topics, now)
            last = rows[-1].id


def _index(tx: Transaction, rows: Iterable[Any], topics: Topics, now: datetime) -> None:
    papers = {row.id: read_paper(row.document) for row in rows}
    pin_keywords(tx, papers.values(), topics, now=now)
    changed = (index_paper(tx, paper_id, paper, topics) for paper_id, paper in papers.items())
    recount_uses(tx, {normal for normals in changed for normal in normals})
