"""What papers are found under: the index says what reading says, whatever groups it was made with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.keywords import Choice, Group, Topics, Vocabulary, make_choice, select_papers
from newsletter.model import Digest, Paper, Preferences
from newsletter.store import Store, open_store
from newsletter.store.intake import take_in
from newsletter.store.keywords import find_address, list_former_addresses, mark_published, merge_keywords
from newsletter.store.papers import load_papers, load_papers_of
from newsletter.store.topics import refresh_topics
from newsletter.store.uses import list_keyword_uses
from newsletter.store.vocabulary import load_vocabulary, load_vocabulary_of
from tests.builders import DAY, make_paper

NOON = datetime(2025, 9, 24, 4, tzinfo=UTC)
GROUPS = (
    Group("强化学习", ("reinforcement learning", "RL")),
    Group("大语言模型", ("LLM", "large language model"), broader=("语言模型",)),
    Group("语言模型", ("language model",)),
)
WORDS = [
    "强化学习",
    "在线强化学习",
    "RL",
    "LLMs",
    "大语言模型 (LLM)",
    "语言模型",
    "其他",
    "丙方法 (BF)",
    "BF",
    "bf",
]
CHOSEN = [*WORDS, "large language model", "没有的"]

some_papers = st.lists(
    st.tuples(
        st.sampled_from(["Title", "An LLM paper", "Reinforcement-learning"]), st.sets(st.sampled_from(WORDS))
    ),
    min_size=1,
    max_size=5,
)
some_groups = st.sets(st.sampled_from(GROUPS)).map(
    lambda groups: Topics(sorted(groups, key=lambda g: g.label))
)


def make_papers(facts: list[tuple[str, set[str]]]) -> list[Paper]:
    return [
        make_paper(number, title=f"{title} {number}", keywords=tuple(sorted(keywords)))
        for number, (title, keywords) in enumerate(facts)
    ]


def store_papers(store: Store, papers: list[Paper], topics: Topics, days: int = 0) -> None:
    day = DAY + timedelta(days=days)
    at = NOON + timedelta(days=days)
    with store.write() as tx:
        take_in(tx, Digest(day, "papers-for", "test", tuple(papers)), topics, published_at=at, now=at)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=some_papers, before=some_groups, after=some_groups)
def test_a_keyword_has_the_papers_that_say_they_have_it(
    tmp_path_factory: pytest.TempPathFactory,
    facts: list[tuple[str, set[str]]],
    before: Topics,
    after: Topics,
) -> None:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'a.db'}")
    store_papers(store, make_papers(facts), before)
    refresh_topics(store, after, now=NOON)
    assert not refresh_topics(store, after, now=NOON)
    with store.read() as tx:
        vocabulary = load_vocabulary(tx, after)
        papers = load_papers(tx, vocabulary)
        uses = list_keyword_uses(tx, vocabulary)
        assert uses.keys() == {keyword.slug for paper in papers for keyword in paper.all_keywords}
        for slug, use in uses.items():
            found = load_papers_of(tx, vocabulary, use.spellings)
            chosen = select_papers(papers, Choice(frozenset({slug})))
            assert found == [paper for paper in papers if paper in chosen]
    store.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.tuples(some_papers, some_papers),
    topics=some_groups,
    merges=st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)), max_size=3),
    chosen=st.sets(st.sampled_from(CHOSEN), max_size=3),
)
def test_what_concerns_a_day_resolves_it_as_all_that_is_known_does(
    tmp_path_factory: pytest.TempPathFactory,
    days: tuple[list[tuple[str, set[str]]], ...],
    topics: Topics,
    merges: list[tuple[str, str]],
    chosen: set[str],
) -> None:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'a.db'}")
    store_papers(store, make_papers(days[0]), Topics())  # before there was any group
    refresh_topics(store, topics, now=NOON)
    store_papers(store, papers := make_papers(days[1]), topics, days=1)
    for old, new in merges:
        with store.write() as tx:
            _merge(tx, load_vocabulary(tx, topics), old, new)
    with store.read() as tx:
        whole, around = load_vocabulary(tx, topics), load_vocabulary_of(tx, topics, papers)
        for paper in papers:
            assert around.keywords_of(paper) == whole.keywords_of(paper)
        preferences = Preferences(keywords=tuple(sorted(chosen)))
        by_whole, by_around = (
            [
                paper.title
                for paper in papers
                if make_choice(preferences, known).slugs
                & {each.slug for some in known.keywords_of(paper) for each in some}  # type: ignore[operator]
            ]
            for known in (whole, around)
        )
        assert by_around == by_whole
    store.close()


def _merge(tx: object, vocabulary: Vocabulary, old: str, new: str) -> None:
    from newsletter.errors import StoreError

    try:
        merge_keywords(tx, vocabulary, old, new)  # type: ignore[arg-type]
    except StoreError:  # one already, or never written
        return


def test_an_address_of_before_there_was_the_group_leads_to_that_of_the_group(store: Store) -> None:
    store_papers(store, [make_paper(0, keywords=("LLM",))], Topics())
    with store.write() as tx:
        mark_published(tx, ["llm"], now=NOON)
    topics = Topics(GROUPS)
    refresh_topics(store, topics, now=NOON)
    with store.read() as tx:
        vocabulary = load_vocabulary(tx, topics)
        slug = vocabulary.resolve("LLM").slug
        assert slug != "llm"
        assert list_former_addresses(tx, vocabulary) == {slug: ("llm",)}
        assert find_address(tx, topics, "llm") == slug
        assert find_address(tx, topics, slug) == slug


def test_papers_without_keywords_get_theirs_from_the_title(store: Store) -> None:
    topics = Topics(GROUPS)
    store_papers(store, [make_paper(0, title="RL for large language models", keywords=())], topics)
    with store.read() as tx:
        [paper] = load_papers(tx, load_vocabulary(tx, topics))
    assert [keyword.label for keyword in paper.keywords] == ["强化学习", "大语言模型"]
    assert [keyword.label for keyword in paper.broader] == ["语言模型"]


def test_written_keywords_come_first_and_stand_once(store: Store) -> None:
    topics = Topics(GROUPS)
    written = ("其他", "在线强化学习", "LLMs", "强化学习 (RL)")
    store_papers(store, [make_paper(0, title="An LLM", keywords=written)], topics)
    with store.read() as tx:
        [paper] = load_papers(tx, load_vocabulary(tx, topics))
    labels = [keyword.label for keyword in paper.all_keywords]
    assert labels == ["其他", "在线强化学习", "大语言模型", "强化学习", "语言模型"]


def test_a_merge_reaches_topics_too(store: Store) -> None:
    topics = Topics(GROUPS)
    store_papers(
        store, [make_paper(0, keywords=("在线强化学习",)), make_paper(1, keywords=("其他",))], topics
    )
    with store.write() as tx:
        merge_keywords(tx, load_vocabulary(tx, topics), "RL", "其他")
    with store.read() as tx:
        vocabulary = load_vocabulary(tx, topics)
        use = list_keyword_uses(tx, vocabulary)[vocabulary.resolve("强化学习").slug]
        assert (use.keyword.label, use.papers) == ("其他", 2)


AWKWARD = [
    "C",
    "C++",
    "C#",
    "词元",
    "次元",
    "／",
    "😀",
    "..",
    "con",
    "index",
    "All",
    "a-b",
    "a b",
    "ａ ｂ",
    "LLMs",
]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.lists(st.sets(st.sampled_from(AWKWARD), min_size=1), min_size=1, max_size=4), data=st.data())
def test_two_stores_that_took_the_same_in_another_order_have_the_same_slugs(
    tmp_path_factory: pytest.TempPathFactory, days: list[set[str]], data: st.DataObject
) -> None:
    folder, addresses = tmp_path_factory.mktemp("stores"), []
    for number, order in enumerate((range(len(days)), data.draw(st.permutations(range(len(days)))))):
        store = open_store(f"sqlite:///{folder / str(number)}.db")
        for day in order:
            store_papers(store, [make_paper(day, keywords=tuple(days[day]))], Topics(GROUPS), days=day)
        with store.read() as tx:
            uses = list_keyword_uses(tx, load_vocabulary(tx, Topics(GROUPS)))
        addresses.append({slug: use.spellings for slug, use in uses.items()})
        store.close()
    assert addresses[0] == addresses[1]
    assert all(re.fullmatch("[a-z0-9-]{1,57}", slug) for slug in addresses[0])
