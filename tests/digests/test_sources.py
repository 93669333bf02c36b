"""Several sources for one newsletter: merged, and in doubt where a part may be missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsletter.digests import FetchLimits, SourceReading, read_sources
from newsletter.errors import DigestError, DigestNotFound
from tests.builders import DAY
from tests.digests.digest_texts import write_digest, write_paper
from tests.digests.servers import Answer, WebServer

OURS = FetchLimits(private_addresses=True, attempts=1)
BROKEN = b"# Papers for 2025-09-24\n\xff"


def digest_of(*numbers: int, day: str = "2025-09-24") -> bytes:
    return write_digest(*map(write_paper, numbers), header=f"# Papers for {day}\n").encode()


def write(folder: Path, *numbers: int, day: str = "2025-09-24") -> str:
    folder.mkdir(exist_ok=True)
    (folder / f"{day}.md").write_bytes(digest_of(*numbers, day=day))
    return f"{folder}/"


def read(*sources: str) -> SourceReading:
    return read_sources(sources, today=DAY, limits=OURS)


def numbers_of(reading: SourceReading, *, force: bool = False) -> list[int]:
    return [int(paper.arxiv_id[-5:]) for paper in reading.latest(force=force).papers]


def test_digests_of_one_date_are_merged_whatever_they_come_from(tmp_path: Path, server: WebServer) -> None:
    server.answers["/2025-09-24.md"] = Answer(body=digest_of(3, 1))
    (tmp_path / "more.md").write_bytes(digest_of(2, 3))
    one = write(tmp_path / "one", 1, 2)
    write(tmp_path / "one", 7, day="2025-09-23")
    reading = read(one, f"{server.address}/{{date}}.md", str(tmp_path / "more.md"))
    assert numbers_of(reading) == [1, 2, 3]
    assert reading.latest().sources == (
        f"{tmp_path}/one/2025-09-24.md",
        f"{server.address}/2025-09-24.md",
        f"{tmp_path}/more.md",
    )
    assert [digest.date.day for digest in reading.digests] == [23, 24]
    assert reading.broken == ()


def test_a_source_named_twice_is_read_once(tmp_path: Path) -> None:
    one = write(tmp_path / "one", 1)
    assert read(one, one).latest() == read(one).latest()


@pytest.mark.parametrize("status", [404, 410])
def test_a_source_without_a_digest_of_the_day_is_told_and_in_nobodys_way(
    tmp_path: Path, server: WebServer, status: int
) -> None:
    for day in (24, 23, 22, 21):
        server.answers[f"/2025-09-{day}.md"] = Answer(status)
    reading = read(write(tmp_path / "one", 1), f"{server.address}/{{date}}.md", str(tmp_path / "gone.md"))
    assert numbers_of(reading) == [1]
    assert [type(error) for error in reading.broken] == [DigestNotFound] * 2


def test_where_no_source_has_anything_there_is_no_digest(tmp_path: Path) -> None:
    with pytest.raises(DigestNotFound, match=r"a\.md \+ .*b\.md"):
        read(str(tmp_path / "a.md"), str(tmp_path / "b.md")).latest()


@pytest.mark.parametrize("answer", [Answer(500), Answer(403), Answer(body=BROKEN), Answer(body=b"<html>")])
def test_a_source_that_cannot_be_read_puts_the_latest_in_doubt(
    tmp_path: Path, server: WebServer, answer: Answer
) -> None:
    server.answers["/x.md"] = answer
    reading = read(write(tmp_path / "one", 1), f"{server.address}/x.md")
    for day in (None, DAY):
        with pytest.raises(DigestError) as caught:
            reading.of(day) if day else reading.latest()
        assert caught.value.source == f"{server.address}/x.md"
        assert "newsletter send --force" in caught.value.fix
        assert "preview and build leave it out of [digest] source" in caught.value.fix
    assert numbers_of(reading, force=True) == [1]
    assert reading.of(DAY, force=True) == reading.latest(force=True)


def test_a_folder_that_is_gone_may_be_a_disk_that_is_not_mounted(tmp_path: Path) -> None:
    reading = read(write(tmp_path / "one", 1), f"{tmp_path}/two/")
    with pytest.raises(DigestError, match="two: no such"):
        reading.latest()
    assert numbers_of(reading, force=True) == [1]


def test_an_older_broken_digest_of_one_source_is_in_nobodys_way(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one", 1), write(tmp_path / "two", 2)
    (tmp_path / "two/2025-09-20.md").write_bytes(BROKEN)
    reading = read(one, two)
    assert (numbers_of(reading), len(reading.broken)) == ([1, 2], 1)


def test_one_source_alone_is_never_forced_past_a_broken_digest(tmp_path: Path) -> None:
    one = write(tmp_path / "one", 1)
    (tmp_path / "one/2025-09-25.md").write_bytes(BROKEN)
    with pytest.raises(DigestError) as caught:
        read(one).latest(force=True)
    assert "--force" not in caught.value.fix
    assert read(one).of(DAY).date == DAY


def test_a_day_that_no_source_has_is_not_found(tmp_path: Path) -> None:
    reading = read(write(tmp_path / "one", 1), write(tmp_path / "two", 2))
    with pytest.raises(DigestNotFound, match="2025-09-01"):
        reading.of(date(2025, 9, 1))
