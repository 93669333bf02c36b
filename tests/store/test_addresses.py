"""Where a keyword's pages stand, whatever was taken in, merged, grouped and ungrouped: one address each."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import AlreadyExists, NotFound
from newsletter.keywords import Group, Topics
from newsletter.model import Digest
from newsletter.store import Store, Transaction, schema
from newsletter.store.intake import take_in
from newsletter.store.keywords import (
    find_address,
    list_former_addresses,
    list_published,
    mark_published,
    merge_keywords,
    pin_keywords,
)
from newsletter.store.papers import load_papers
from newsletter.store.topics import index_paper
from newsletter.store.uses import list_keyword_uses, recount_uses
from newsletter.store.vocabulary import load_vocabulary
from tests.builders import DAY, NOON, make_paper

WORDS = ("zeta net", "zeta nets", "Zeta-Net", "甲乙法", "甲乙法 (JYF)", "JYF", "丙丁法", "omega")
GROUPS = (
    (),
    (Group("丙丁法", ("甲乙法",)),),
    (Group("泽塔网", ("zeta net", "omega")),),
    (Group("JYF", ("zeta net",)),),
)
DIGEST = st.tuples(st.just("digest"), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
MERGE = st.tuples(st.just("merge"), st.lists(st.sampled_from(WORDS), min_size=2, max_size=2))
REGROUP = st.tuples(st.just("groups"), st.sampled_from(GROUPS))


def _refresh(tx: Transaction, topics: Topics) -> None:
    """As a publication does, in the transaction that is undone."""
    rows = tx.execute(sa.select(schema.paper.c.id, schema.paper.c.identity)).all()
    papers = {each.paper.identity: each.paper for each in load_papers(tx, load_vocabulary(tx, topics))}
    pin_keywords(tx, papers.values(), topics, now=NOON)
    changed = [index_paper(tx, row.id, papers[row.identity], topics) for row in rows]
    recount_uses(tx, set().union(*changed))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(DIGEST, MERGE, REGROUP), max_size=8))
def test_no_address_has_two_pages_and_each_leads_to_one_that_stands(
    store: Store, steps: list[tuple[str, list[str]]]
) -> None:
    topics = Topics()
    with store.rehearse() as tx:
        for number, (kind, what) in enumerate(steps):
            if kind == "digest":
                at = NOON + timedelta(days=number)
                papers = (make_paper(number, title="x", original_title="", keywords=tuple(what)),)
                digest = Digest(DAY + timedelta(days=number), "test", "test", papers)
                take_in(tx, digest, topics, published_at=at, now=at)
            elif kind == "merge":
                with suppress(NotFound, AlreadyExists):
                    merge_keywords(tx, load_vocabulary(tx, topics), *what)
            else:
                topics = Topics(what, own=[group.label for group in what])  # type: ignore[arg-type, attr-defined]
                _refresh(tx, topics)
            vocabulary = load_vocabulary(tx, topics)
            standing = {*list_keyword_uses(tx, vocabulary), *list_published(tx, vocabulary)}
            mark_published(tx, standing, now=NOON)
            former = list_former_addresses(tx, vocabulary)
            moved = {slug: becomes for becomes, slugs in former.items() for slug in slugs}
            assert not standing & moved.keys()
            for slug in standing | moved.keys():
                assert find_address(tx, topics, slug) == moved.get(slug, slug)
