"""A digest unlike the usual waits for a person: nobody is mailed, and the feeds stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.sections import DigestSection
from newsletter.daily.control import release
from newsletter.daily.hold import find_doubt
from newsletter.daily.job import SendOptions
from newsletter.daily.status import read_status
from newsletter.errors import DigestError, DigestHeld, NotFound
from newsletter.model import Digest, Problem
from newsletter.store.saving import SubscriberRow
from tests.builders import make_paper
from tests.daily.conftest import DAY, Newsroom
from tests.running import Program, write_paper

BROKEN = "\n## 9.[No link](nowhere)\nsummary: lost\n"


def make_digest(papers: int, unreadable: int = 0, other_problems: int = 0) -> Digest:
    problems = [Problem("lost", 1, lost_paper=True)] * unreadable + [Problem("odd", 1)] * other_problems
    return Digest(DAY, "papers-for", "test", tuple(map(make_paper, range(papers))), tuple(problems))


@pytest.mark.parametrize(
    ("digest", "usual", "is_doubtful"),
    [
        (make_digest(19), [40, 40, 41], True),
        (make_digest(20), [40, 40, 40], False),
        (make_digest(1), [40, 40], False),  # nothing is usual yet
        (make_digest(10), [40, 9, 11], False),  # one large edition is not the usual
        (make_digest(39, unreadable=10), [], True),
        (make_digest(40, unreadable=10), [], False),
        (make_digest(2, other_problems=9), [2, 2, 2], False),
    ],
)
def test_fewer_than_half_the_usual_or_a_fifth_unreadable_is_doubtful(
    digest: Digest, usual: list[int], *, is_doubtful: bool
) -> None:
    assert bool(find_doubt(digest, usual, DigestSection())) is is_doubtful


@given(st.integers(1, 60), st.integers(0, 60), st.lists(st.integers(0, 300), max_size=12))
def test_both_rules_can_be_turned_off(papers: int, unreadable: int, usual: list[int]) -> None:
    off = replace(DigestSection(), hold_below=0, hold_unreadable=100)
    assert not find_doubt(make_digest(papers, unreadable), usual, off)


@pytest.fixture
def usual_newsroom(newsroom: Newsroom) -> Newsroom:
    """Three editions of ten papers went out; a reader waits for the fourth."""
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    newsroom.now -= timedelta(days=3)
    for days in (3, 2, 1):
        newsroom.write_digest([write_paper(days * 100 + n) for n in range(10)], DAY - timedelta(days=days))
        newsroom.send()
        newsroom.now += timedelta(days=1)
    return newsroom


def read_feed(newsroom: Newsroom) -> bytes:
    return (newsroom.folder / "public" / "feeds" / "all.atom").read_bytes()


def test_a_shrunken_digest_changes_nothing_until_it_is_released(usual_newsroom: Newsroom) -> None:
    newsroom, feed, mails = usual_newsroom, read_feed(usual_newsroom), usual_newsroom.mails
    newsroom.write_digest([write_paper(n) for n in range(4)])
    for _ in range(2):
        with pytest.raises(DigestHeld, match="4 papers where 10 are usual") as caught:
            newsroom.send()
        assert "newsletter release 2025-09-24" in caught.value.fix
    assert read_feed(newsroom) == feed
    assert newsroom.mails == mails
    assert [held.day for held in read_status(newsroom.open()).held] == [DAY]
    assert "is published although it has 4 papers" in release(newsroom.open(), "2025-09-24")
    assert not read_status(newsroom.open()).held
    assert read_feed(newsroom) != feed
    assert newsroom.mails == mails
    assert newsroom.send().counts.submitted == 1


def test_what_is_released_after_its_source_moved_on_is_not_lost(usual_newsroom: Newsroom) -> None:
    newsroom = usual_newsroom
    newsroom.write_digest([write_paper(n, title="Kept back") for n in range(4)])
    with pytest.raises(DigestHeld):
        newsroom.send()
    (newsroom.folder / "digests" / f"{DAY}.md").unlink()
    newsroom.now += timedelta(days=1)
    newsroom.write_digest([write_paper(50 + n) for n in range(10)], DAY + timedelta(days=1))
    newsroom.send()
    assert b"Kept back" not in read_feed(newsroom)
    release(newsroom.open(), "2025-09-24")
    assert b"Kept back" in read_feed(newsroom)


def test_a_release_is_of_one_content(usual_newsroom: Newsroom) -> None:
    usual_newsroom.write_digest([write_paper(n) for n in range(4)])
    with pytest.raises(DigestHeld):
        usual_newsroom.send()
    release(usual_newsroom.open(), "2025-09-24")
    usual_newsroom.write_digest([write_paper(n) for n in range(2)])
    with pytest.raises(DigestHeld):
        usual_newsroom.send()


def test_a_mended_digest_goes_by_itself(usual_newsroom: Newsroom) -> None:
    usual_newsroom.write_digest([write_paper(n) for n in range(4)])
    with pytest.raises(DigestHeld):
        usual_newsroom.send()
    usual_newsroom.write_digest([write_paper(n) for n in range(9)])
    assert usual_newsroom.send().counts.submitted == 1
    assert not read_status(usual_newsroom.open()).held


def test_a_digest_of_which_too_much_cannot_be_read_is_held_from_the_first_day(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0), write_paper(1), BROKEN])
    with pytest.raises(DigestHeld, match="1 of its 3 papers cannot be read"):
        newsroom.send()
    assert not (newsroom.folder / "public").exists()
    assert newsroom.send(SendOptions(force=True)).edition.papers == 2


def test_a_shrunken_correction_of_an_edition_that_stands_is_held(usual_newsroom: Newsroom) -> None:
    newsroom = usual_newsroom
    newsroom.write_digest([write_paper(n) for n in range(10)])
    newsroom.send()
    page = newsroom.folder / "public" / "editions" / "2025-09-24" / "index.html"
    before = page.read_bytes()
    newsroom.write_digest([write_paper(0)])
    with pytest.raises(DigestHeld):
        newsroom.send()
    assert page.read_bytes() == before
    newsroom.write_digest([write_paper(n, title="Corrected") for n in range(9)])
    newsroom.send()
    assert b"Corrected" in page.read_bytes()


def test_another_digest_of_the_source_that_is_held_is_told_and_the_latest_goes(
    usual_newsroom: Newsroom,
) -> None:
    newsroom = usual_newsroom
    newsroom.write_digest([write_paper(n) for n in range(3)])
    newsroom.now += timedelta(days=1)
    newsroom.write_digest([write_paper(50 + n) for n in range(10)], DAY + timedelta(days=1))
    report = newsroom.send()
    assert report.edition.name == "2025-09-25"
    assert report.counts.submitted == 1
    assert ["2025-09-24 is held" in error.message for error in report.broken] == [True]
    assert not (newsroom.folder / "public" / "editions" / "2025-09-24").exists()


def test_a_digest_of_the_future_is_held_whichever_day_is_asked_for(usual_newsroom: Newsroom) -> None:
    far = DAY + timedelta(days=365)
    usual_newsroom.write_digest([write_paper(number) for number in range(500, 540)], far)
    report = usual_newsroom.send(SendOptions(day=DAY - timedelta(days=1)))
    assert [str(far) in error.message for error in report.broken] == [True]
    assert [held.day for held in read_status(usual_newsroom.open()).held] == [far]


def test_a_digest_that_is_not_held_cannot_be_released(newsroom: Newsroom) -> None:
    for name in ("2025-09-24", "2025-W39", "today"):
        with pytest.raises(NotFound, match="is held"):
            release(newsroom.open(), name)


def test_the_commands_hold_show_and_release(usual_newsroom: Newsroom) -> None:
    newsroom = usual_newsroom
    program = Program(newsroom.folder)
    program.write_digest(DAY, [write_paper(0)])
    built = program.run("build")
    assert built.code == 3
    assert "as it is: newsletter release 2025-09-24" in built.err
    assert "held: 2025-09-24: it has 1 paper where 10 are usual" in program.run("status").out
    assert program.run("release", "2025-09-24").code == 0
    assert program.run("build").code == 0
    assert program.run("release", "2025-09-24").code == 2


def test_a_dry_run_of_a_held_digest_leaves_no_trace(usual_newsroom: Newsroom) -> None:
    program = Program(usual_newsroom.folder)
    program.write_digest(DAY, [write_paper(0)])
    assert program.run("send", "--dry-run").code == 3
    assert not read_status(usual_newsroom.open()).held


def test_what_is_held_is_an_error_of_a_digest() -> None:
    assert issubclass(DigestHeld, DigestError)
