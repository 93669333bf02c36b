"""Digests become editions; the same one changes nothing, a corrected one makes a revision."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest

from newsletter.errors import NotFound
from newsletter.keywords import NO_TOPICS, Group, Topics, Vocabulary
from newsletter.model import Digest, EditionKind, Paper, PublishedPaper
from newsletter.store import Store
from newsletter.store.editions import find_edition, list_editions, load_edition
from newsletter.store.intake import TakenIn, take_in
from newsletter.store.papers import load_papers
from newsletter.store.vocabulary import load_vocabulary
from tests.builders import DAY, NOON, make_paper

LATER = NOON + timedelta(hours=3)


def make_digest(papers: list[Paper], day: date = DAY) -> Digest:
    return Digest(date=day, format="papers-for", source="test", papers=tuple(papers))


def take(store: Store, digest: Digest, *, at: object = NOON) -> TakenIn:
    with store.write() as tx:
        return take_in(tx, digest, published_at=at, now=at)  # type: ignore[arg-type]


def read_papers(store: Store) -> list[PublishedPaper]:
    with store.read() as tx:
        return load_papers(tx, load_vocabulary(tx, NO_TOPICS))


def test_the_same_digest_again_is_nothing_new(store: Store) -> None:
    digest = make_digest([make_paper(0), make_paper(1)])
    assert take(store, digest) is TakenIn.NEW
    before = read_papers(store)
    assert take(store, digest, at=LATER) is TakenIn.SAME
    assert read_papers(store) == before


def test_a_corrected_digest_is_a_new_revision_and_only_what_changed_is_updated(store: Store) -> None:
    take(store, make_digest([make_paper(0), make_paper(1)]))
    before = {paper.paper.identity: paper for paper in read_papers(store)}
    corrected = dataclasses.replace(make_paper(1), title="Corrected")
    assert take(store, make_digest([make_paper(0), corrected]), at=LATER) is TakenIn.CHANGED
    after = {paper.paper.identity: paper for paper in read_papers(store)}
    assert after[make_paper(0).identity] == before[make_paper(0).identity]
    changed = after[corrected.identity]
    assert changed.paper.title == "Corrected"
    assert changed.published_at == before[corrected.identity].published_at
    assert changed.updated_at > before[corrected.identity].updated_at
    with store.read() as tx:
        assert find_edition(tx, EditionKind.DAILY, DAY).revision == 2


def test_an_earlier_revision_keeps_its_papers(store: Store) -> None:
    take(store, make_digest([make_paper(0), make_paper(1)]))
    take(store, make_digest([make_paper(2)]), at=LATER)
    with store.read() as tx:
        facts = find_edition(tx, EditionKind.DAILY, DAY)
        vocabulary = load_vocabulary(tx, NO_TOPICS)
        first = load_edition(tx, facts, vocabulary, revision=1)
        current = load_edition(tx, facts, vocabulary)
    assert [paper.paper.title for paper in first.papers] == [make_paper(0).title, make_paper(1).title]
    assert [paper.paper.title for paper in current.papers] == [make_paper(2).title]


def test_a_paper_taken_out_of_its_digest_leaves_the_feeds(store: Store) -> None:
    take(store, make_digest([make_paper(0), make_paper(1)]))
    take(store, make_digest([make_paper(0)]), at=LATER)
    assert [paper.paper.identity for paper in read_papers(store)] == [make_paper(0).identity]


def test_a_paper_in_two_digests_is_one_with_its_first_date_and_latest_text(store: Store) -> None:
    take(store, make_digest([make_paper(0)]))
    next_day = DAY + timedelta(days=1)
    again = dataclasses.replace(make_paper(0), title="Said again")
    take(store, make_digest([make_paper(1), again], next_day), at=NOON + timedelta(days=1))
    by_title = {paper.paper.title: paper for paper in read_papers(store)}
    assert by_title["Said again"].published_at == NOON
    assert by_title["Said again"].edition == DAY.isoformat()
    # The old digest read once more (its text is the older one) takes nothing back.
    take(store, make_digest([make_paper(0), make_paper(3)]), at=NOON + timedelta(days=2))
    assert "Said again" in {paper.paper.title for paper in read_papers(store)}


def test_the_papers_of_an_edition_have_distinct_dates_that_fall_with_the_position(store: Store) -> None:
    take(store, make_digest([make_paper(number) for number in range(5)]))
    dates = [paper.published_at for paper in read_papers(store)]
    assert dates == sorted(set(dates), reverse=True)


def test_keywords_are_resolved_on_reading_so_that_a_new_alias_reaches_old_papers(store: Store) -> None:
    take(store, make_digest([make_paper(0, keywords=("LLM",))]))
    with store.read() as tx:
        [paper] = load_papers(tx, load_vocabulary(tx, Topics([Group("大语言模型", ("LLM",))])))
    assert [keyword.label for keyword in paper.keywords] == ["大语言模型"]


def test_an_abbreviation_in_brackets_is_learned_as_an_alias(store: Store) -> None:
    papers = [make_paper(0, keywords=("sbp",)), make_paper(1, keywords=("合成自举预训练 (SBP)",))]
    take(store, make_digest(papers))
    assert {keyword.label for paper in read_papers(store) for keyword in paper.keywords} == {"合成自举预训练"}


def test_a_spelling_that_was_a_keyword_first_stays_one(store: Store) -> None:
    take(store, make_digest([make_paper(0, keywords=("SBP",))]))
    take(store, make_digest([make_paper(1, keywords=("合成自举预训练 (SBP)",))], DAY + timedelta(days=1)))
    labels = [keyword.label for paper in read_papers(store) for keyword in paper.keywords]
    assert sorted(labels) == ["SBP", "合成自举预训练"]


def test_a_label_once_seen_keeps_its_spelling_and_address(store: Store) -> None:
    take(store, make_digest([make_paper(0, keywords=("Diffusion Model",))]))
    take(store, make_digest([make_paper(1, keywords=("diffusion  model",))], DAY + timedelta(days=1)))
    with store.read() as tx:
        keyword = load_vocabulary(tx, NO_TOPICS).resolve("DIFFUSION MODEL")
    assert (keyword.label, keyword.slug) == ("Diffusion Model", "diffusion-model")


def test_editions_are_listed_the_latest_first_and_a_missing_one_is_an_error(store: Store) -> None:
    for offset in (2, 0, 1):
        take(store, make_digest([make_paper(offset)], DAY + timedelta(days=offset)))
    with store.read() as tx:
        assert [facts.period_end.day for facts in list_editions(tx)] == [26, 25, 24]
        assert [facts.papers for facts in list_editions(tx, newest=1)] == [1]
        with pytest.raises(NotFound, match="2020-01-01"):
            find_edition(tx, EditionKind.DAILY, date(2020, 1, 1))


def test_every_field_of_a_paper_survives_the_store(store: Store) -> None:
    paper = make_paper(
        0,
        authors=("Ann O'Nym", "李四"),
        keywords=("智能体研究环境 (ARE)", "👩‍🔬"),
        title='Quotes " and \\ and \u2028',
    )
    take(store, make_digest([paper]))
    with store.read() as tx:
        edition = load_edition(tx, find_edition(tx, EditionKind.DAILY, DAY), Vocabulary())
    assert edition.papers[0].paper == paper
