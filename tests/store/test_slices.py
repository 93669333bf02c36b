"""Statements that name more values than SQLite takes parameters."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from newsletter.keywords import NO_TOPICS
from newsletter.model import Digest, EditionKind, Paper
from newsletter.store import Store, schema
from newsletter.store.documents import write_paper, write_papers
from newsletter.store.editions import find_edition, load_edition
from newsletter.store.intake import take_in
from newsletter.store.papers import list_days_of, list_editions_of, load_papers_of
from newsletter.store.repeats import find_mailed_before
from newsletter.store.uses import find_keyword_uses
from newsletter.store.vocabulary import load_vocabulary
from tests.builders import DAY, NOON, make_paper

MOST = 6_000
"""Parameters of a statement, instead of 32,766 (sqlite.org/limits.html) or what a system's SQLite takes."""
TOO_MANY = MOST + 1


@pytest.fixture
def store(store: Store) -> Store:
    store.close()  # its connections, too: a new one gets the limit
    sa.event.listen(
        store.engine, "connect", lambda raw, _: raw.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, MOST)
    )
    return store


def take(store: Store, papers: list[Paper]) -> None:
    with store.write() as tx:
        take_in(tx, Digest(DAY, "papers-for", "test", tuple(papers)), published_at=NOON, now=NOON)


def test_a_keyword_of_very_many_spellings_is_read_as_any_other(store: Store) -> None:
    take(store, [make_paper(0, keywords=("rl",)), make_paper(1, keywords=("agents", "rl"))])
    spellings = [f"spelling {number}" for number in range(TOO_MANY)] + ["rl"]
    with store.read() as tx:
        vocabulary = load_vocabulary(tx, NO_TOPICS)
        [newest] = load_papers_of(tx, vocabulary, spellings, newest=1)
        assert newest.paper == make_paper(0, keywords=("rl",))
        assert len(load_papers_of(tx, vocabulary, [*spellings, "agents"])) == 2
        assert list_days_of(tx, spellings) == [DAY, DAY]
        assert list_editions_of(tx, spellings) == {DAY.isoformat()}
        assert find_keyword_uses(tx, vocabulary, spellings).keys() == {"rl"}


def test_an_edition_of_very_many_papers_is_read_as_any_other(store: Store) -> None:
    papers = [make_paper(number, keywords=()) for number in range(TOO_MANY)]
    take(store, papers[:1])
    rows = [
        {"identity": paper.identity, "document": write_paper(paper), "content_hash": "", "content_date": DAY}
        for paper in papers[1:]
    ]
    dates = {"published_at": NOON, "updated_at": NOON}
    with store.write() as tx:
        tx.execute(sa.insert(schema.paper), [row | dates for row in rows])
        tx.execute(sa.update(schema.edition_revision).values(document=write_papers(papers)))
    with store.read() as tx:
        facts = find_edition(tx, EditionKind.DAILY, DAY)
        edition = load_edition(tx, facts, load_vocabulary(tx, NO_TOPICS))
        assert [published.paper for published in edition.papers] == papers
        identities = [paper.identity for paper in papers]
        assert find_mailed_before(tx, facts, identities, transport="smtp") == frozenset()
