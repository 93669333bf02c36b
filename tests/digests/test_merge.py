"""Several digests of one date become one: nothing is lost, and the richer record wins."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests.merge import merge_digests, merge_papers
from newsletter.model import Digest, Paper, Problem, Sections
from tests.builders import DAY, make_paper


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    """Few identities, so that they meet; records of any richness."""
    number = draw(st.integers(0, 4))
    word = st.sampled_from(["", "a", "bb"])
    return Paper(
        title=f"Paper {number}",
        url=f"https://arxiv.org/{draw(st.sampled_from(['abs', 'pdf']))}/2509.{number:05}",
        arxiv_id=f"2509.{number:05}",
        summary=draw(word),
        sections=Sections("One.", draw(word), draw(word)),
        authors=draw(st.sampled_from([(), ("A. Author",)])),
        keywords=tuple(draw(st.lists(st.sampled_from("xyz"), max_size=3))),
    )


def digest_of(source: str, *found: Paper, problems: tuple[Problem, ...] = ()) -> Digest:
    return Digest(DAY, "papers-for", source, found, problems)


def test_the_first_source_gives_the_order_and_the_next_ones_what_only_they_have() -> None:
    merged = merge_papers([make_paper(3), make_paper(1), make_paper(2), make_paper(1), make_paper(0)])
    assert [paper.arxiv_id[-1] for paper in merged] == ["3", "1", "2", "0"]


def test_the_record_with_more_marked_sections_wins() -> None:
    plain = make_paper(1, keywords=("a", "b", "c"), summary="x" * 900)
    marked = make_paper(1, url="https://arxiv.org/pdf/2509.00001", keywords=("d",))
    marked = dataclasses.replace(marked, sections=Sections("One.", problem="P.", results="R."))
    assert merge_papers([plain, marked]) == merge_papers([marked, plain]) == (marked,)


def test_then_more_keywords_then_the_longer_summary_then_the_earlier_source_win() -> None:
    few, many = (
        make_paper(1, keywords=("a",), summary="x" * 90),
        make_paper(1, keywords=("a", "b"), summary="x"),
    )
    assert merge_papers([few, many]) == (many,)
    short, long = make_paper(1, summary="x"), make_paper(1, summary="xx")
    assert merge_papers([short, long]) == (long,)
    first, second = make_paper(1, title="First"), make_paper(1, title="Other")
    assert merge_papers([first, second]) == (first,)


def test_what_the_richer_record_lacks_comes_from_the_others() -> None:
    rich = make_paper(1, keywords=(), summary="x" * 900)
    rich = dataclasses.replace(rich, sections=Sections("One.", problem="P."))
    poor = make_paper(1, keywords=("a", "b"))
    named = make_paper(1, keywords=("c",), authors=("A. Author",))
    assert merge_papers([rich, poor, named]) == (
        dataclasses.replace(rich, keywords=("a", "b"), authors=("A. Author",)),
    )


def test_a_merged_digest_names_its_sources_and_each_problem_its_own() -> None:
    one = digest_of("one.md", make_paper(1), problems=(Problem("no link", 7),))
    two = dataclasses.replace(
        digest_of("two.json", make_paper(2), problems=(Problem("no title"),)), format="json"
    )
    merged = merge_digests([one, two])
    assert (merged.source, merged.format) == ("one.md + two.json", "papers-for + json")
    assert merged.sources == ("one.md", "two.json")
    assert merged.problems == (Problem("one.md: no link", 7), Problem("two.json: no title"))


def test_a_digest_alone_or_twice_stays_what_it_is() -> None:
    digest = digest_of("one.md", make_paper(1), problems=(Problem("no link", 7),))
    assert merge_digests([digest]) is digest
    assert merge_digests([digest, digest]) is digest


@given(st.lists(papers(), max_size=8))
def test_no_paper_is_lost_and_none_stands_twice(found: list[Paper]) -> None:
    merged = merge_papers(found)
    assert [paper.identity for paper in merged] == list(dict.fromkeys(paper.identity for paper in found))
    for paper in found:
        kept = next(each for each in merged if each.identity == paper.identity)
        assert kept.keywords or not paper.keywords
        assert kept.authors or not paper.authors


@given(st.lists(papers(), max_size=8))
def test_merging_again_changes_nothing(found: list[Paper]) -> None:
    merged = merge_papers(found)
    assert merge_papers(merged) == merge_papers([*merged, *found]) == merged
