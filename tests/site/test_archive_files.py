"""The live feed and its archives, day by day: nothing is lost, and what is closed stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import feedparser
from lxml import etree

from newsletter.feeds import FeedBuilder, all_papers_feed
from newsletter.model import FeedFormat, PublishedPaper
from newsletter.site import PublicRank
from newsletter.site.files import all_papers_files
from tests.builders import NOON, make_newsletter, make_paper, publish
from tests.feeds.validity import ATOM, check_feed
from tests.site.all_files import feed_files

BASE = "https://papers.test/"
LIVE = "feeds/all.atom"
PER_DAY = 12  # so that seven days are more than the floor of fifty


@cache
def papers_of(day: int) -> tuple[PublishedPaper, ...]:
    """The day's edition, day 0 being 24 September 2025."""
    at = NOON + timedelta(days=day)
    papers = [make_paper(1000 * day + number, keywords=()) for number in range(PER_DAY)]
    return publish(papers, edition=at.date().isoformat(), at=at)


def papers_until(day: int) -> list[PublishedPaper]:
    return [paper for each in range(day, -1, -1) for paper in papers_of(each)]


def build(papers: list[PublishedPaper]) -> dict[str, bytes]:
    """The Atom feed of all papers and its archives."""
    files = feed_files(make_newsletter(), papers, editions={}, minimum_papers=1, empty_at=NOON)
    return {file.path: file.data for file in files if file.path.endswith(".atom")}


def links_of(data: bytes) -> dict[str, str]:
    links = etree.fromstring(data).findall(f"{ATOM}link")
    return {link.get("rel"): link.get("href").removeprefix(BASE) for link in links}


def follow(files: dict[str, bytes], relation: str, path: str) -> Iterator[str]:
    while path := links_of(files[path]).get(relation, ""):
        yield path


def ids_of(data: bytes) -> list[str]:
    return [entry.id for entry in feedparser.parse(data).entries]


def entries_of(data: bytes) -> bytes:
    return data[data.index(b"<entry>") :]


def test_whoever_follows_the_archives_from_the_live_feed_finds_every_paper_once() -> None:
    everything = papers_until(45)
    files = build(everything)
    chain = [LIVE, *follow(files, "prev-archive", LIVE)]
    assert set(chain) == set(files)
    archived = [entry_id for path in chain[1:] for entry_id in ids_of(files[path])]
    assert len(set(archived)) == len(archived)
    wanted = {f"tag:papers.test,2025-09-24:papers/arxiv:{paper.paper.arxiv_id}" for paper in everything}
    assert {*archived, *ids_of(files[LIVE])} == wanted
    # Only the day at the end of the live feed stands in both.
    assert len(archived) + len(ids_of(files[LIVE])) - len(wanted) < PER_DAY


def test_the_way_back_is_the_way_there() -> None:
    files = build(papers_until(45))
    back = [LIVE, *follow(files, "prev-archive", LIVE)]
    assert [back[-1], *follow(files, "next-archive", back[-1])] == back[::-1]
    assert {links_of(files[path])["current"] for path in back[1:]} == {LIVE}


def test_every_archive_is_valid_where_it_stands() -> None:
    for path, data in build(papers_until(45)).items():
        check_feed(data, FeedFormat.ATOM, BASE + path, archive=path != LIVE)


def test_a_month_becomes_one_archive_when_its_last_paper_has_left_the_live_feed() -> None:
    month = "feeds/archive/2025-09.atom"
    for day in range(6, 20):
        files = build(papers_until(day))
        live = feedparser.parse(files[LIVE])
        assert (month in files) is not any(entry.published.startswith("2025-09") for entry in live.entries)
    held = feedparser.parse(files[month]).entries
    assert len(held) == 7 * PER_DAY
    assert all(entry.published.startswith("2025-09") for entry in held)


def test_what_an_archive_holds_never_changes() -> None:
    before: dict[str, bytes] = {}
    for day in range(50):
        after = build(papers_until(day))
        for path in (before.keys() & after.keys()) - {LIVE}:
            assert entries_of(before[path]) == entries_of(after[path])
        changed = [path for path in before.keys() & after.keys() if before[path] != after[path]]
        # A head changes where an archive gets its neighbour.
        assert len([path for path in changed if path != LIVE]) <= 2
        before = after


def test_a_correction_reaches_a_closed_archive() -> None:
    everything = papers_until(45)
    first = everything[-1]
    better = replace(first, paper=replace(first.paper, title="Better"), updated_at=NOON + timedelta(days=45))
    data = build([*everything[:-1], better])["feeds/archive/2025-09.atom"]
    assert feedparser.parse(data).entries[-1].title == "Better"


def test_an_archive_appears_before_the_feed_that_names_it() -> None:
    files = feed_files(make_newsletter(), papers_until(45), editions={}, minimum_papers=1, empty_at=NOON)
    ranks = {file.path: file.rank for file in files}
    assert {rank for path, rank in ranks.items() if re.match("feeds/archive/", path)} == {
        PublicRank.KEYWORD_FEED
    }
    assert ranks[LIVE] is PublicRank.ALL_FEED


def test_an_archive_that_is_not_wanted_is_neither_read_nor_written_but_linked() -> None:
    newsletter = make_newsletter()
    everything = papers_until(45)
    live = all_papers_feed(newsletter, everything[:300], empty_at=NOON)

    def refuse(_: Any) -> Any:
        raise AssertionError("read in vain")

    found = all_papers_files(
        FeedBuilder(newsletter),
        live,
        days={paper.published_at.date() for paper in everything},
        load_papers=refuse,
        is_wanted=lambda archive: False,
    )
    files = {file.path: file.data for file in found}
    assert set(files) == {"feeds/all.atom", "feeds/all.rss", "feeds/all.json"}
    assert files[LIVE] == build(everything)[LIVE]
