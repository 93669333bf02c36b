"""The counts of keywords beside the archive are those of the archive."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.keywords import NO_TOPICS, Group, Topics, Vocabulary
from newsletter.model import Digest
from newsletter.store import Store, Transaction, schema
from newsletter.store.intake import take_in
from newsletter.store.keywords import merge_keywords
from newsletter.store.uses import find_keyword_uses, list_common_uses, list_keyword_uses, recount_uses
from newsletter.store.vocabulary import load_vocabulary
from tests.builders import DAY, NOON, make_paper

# A day offset, and on it papers by number with their keywords: later ones correct or move earlier ones.
DIGESTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.dictionaries(st.integers(0, 4), st.lists(st.sampled_from("ABC"), max_size=3), min_size=1),
    ),
    max_size=6,
)


def take(tx: Transaction, offset: int, papers: dict[int, list[str]], *, later: int = 0) -> None:
    digest = Digest(
        DAY + timedelta(days=offset),
        "papers-for",
        "test",
        tuple(make_paper(number, keywords=tuple(words)) for number, words in papers.items()),
    )
    now = NOON + timedelta(days=offset, hours=later)
    take_in(tx, digest, published_at=now, now=now)


def read_counts(tx: Transaction) -> list[tuple[str, int, object]]:
    return [tuple(row) for row in tx.execute(sa.select(schema.keyword_use).order_by("normal"))]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(digests=DIGESTS)
def test_whatever_is_taken_in_and_corrected_the_counts_are_those_of_everything(
    store: Store, digests: list[tuple[int, dict[int, list[str]]]]
) -> None:
    with store.rehearse() as tx:
        for later, (offset, papers) in enumerate(digests):
            take(tx, offset, papers, later=later)
        kept = read_counts(tx)
        tx.execute(sa.delete(schema.keyword_use))
        recount_uses(tx, tx.execute(sa.select(schema.paper_keyword.c.normal)).scalars().all())
        assert kept == read_counts(tx)


def test_two_rare_spellings_are_one_common_keyword(store: Store) -> None:
    with store.write() as tx:
        take(tx, 0, {0: ["large model"], 1: ["other"]})
        take(tx, 9, {2: ["LM"], 3: ["new"]})
    with store.read() as tx:
        vocabulary = load_vocabulary(tx, Topics([Group("large model", ("LM",))]))
        common = list_common_uses(tx, vocabulary, papers=2)
        assert [(use.keyword.label, use.papers) for use in common.values()] == [("large model", 2)]
        recent = list_common_uses(tx, vocabulary, papers=2, within=timedelta(days=1))
        assert {use.keyword.label for use in recent.values()} == {"large model", "new"}
        (found,) = find_keyword_uses(tx, vocabulary, ["lm"]).values()
        assert sorted(found.spellings) == ["large model", "lm"]
        assert found == list_keyword_uses(tx, vocabulary)[found.keyword.slug]


def test_a_paper_with_two_spellings_of_a_keyword_counts_once(store: Store) -> None:
    with store.write() as tx:
        take(tx, 0, {0: ["large model", "LM"], 1: ["LM"], 2: ["other"]})
        merge_keywords(tx, load_vocabulary(tx, NO_TOPICS), "LM", "large model")
        vocabulary = load_vocabulary(tx, NO_TOPICS)
        assert {use.keyword.label: use.papers for use in list_keyword_uses(tx, vocabulary).values()} == {
            "large model": 2,
            "other": 1,
        }
        assert set(list_common_uses(tx, vocabulary, papers=3)) == set()


def test_an_empty_archive_has_no_common_keyword(store: Store) -> None:
    with store.read() as tx:
        assert list_common_uses(tx, Vocabulary(), papers=1, within=timedelta(days=30)) == {}
