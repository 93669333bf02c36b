"""Digests from a folder, a file and standard input, and which one is the latest."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from newsletter.digests import FetchLimits, SourceReading, read_source
from newsletter.errors import DigestError, DigestNotFound
from tests.builders import DAY
from tests.digests.digest_texts import HEADER, write_digest, write_paper

BROKEN = b"# Papers for 2025-09-30\n\xff"


def digest_of(day: str, *numbers: int) -> str:
    return write_digest(*map(write_paper, numbers or (0,)), header=f"# Papers for {day}\n")


def read_folder(folder: Path, **files: str | bytes) -> SourceReading:
    """Reads a folder that holds `files`; two underlines in a name stand for its dot."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("__", ".")).write_bytes(data)
    return read_source(f"{folder}/", today=DAY)


def test_a_folder_gives_all_its_digests_by_date(tmp_path: Path) -> None:
    (tmp_path / "2024-01-01.md").mkdir()
    (tmp_path / "older").mkdir()
    (tmp_path / "older/2025-09-20.md").write_text(digest_of("2025-09-20"))
    reading = read_folder(
        tmp_path,
        b__md=digest_of("2025-09-22"),
        a__markdown=digest_of("2025-09-24"),
        c__TXT=digest_of("2025-09-23"),
    )
    assert [digest.date.day for digest in reading.digests] == [22, 23, 24]
    assert reading.latest().source == str(tmp_path / "a.markdown")
    assert reading.broken == ()


def test_what_lies_beside_the_digests_is_ignored(tmp_path: Path) -> None:
    reading = read_folder(
        tmp_path,
        README__md=digest_of("2025-09-30"),
        notes__txt="to buy: milk",
        picture__txt=b"\xff\xd8\xff",
        other__json="{}",
        __hidden__md=digest_of("2025-09-30"),
        archive__zip=digest_of("2025-09-30"),
        digest__md=digest_of("2025-09-24"),
    )
    assert reading.latest().date == DAY
    assert (len(reading.digests), reading.broken) == (1, ())


@pytest.mark.parametrize("name", ["2025-09-30.md", "digest.md"])
def test_a_broken_digest_that_may_be_newer_stands_in_the_way_of_the_latest(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BROKEN)
    reading = read_folder(tmp_path, good__md=digest_of("2025-09-24"))
    assert [digest.date for digest in reading.digests] == [DAY]
    with pytest.raises(DigestError, match=f"{name}, line 2") as caught:
        reading.latest()
    assert reading.broken == (caught.value,)


def test_a_text_of_no_format_that_is_named_by_a_date_is_broken(tmp_path: Path) -> None:
    (tmp_path / "2025-09-25.md").write_text("to buy: milk")
    with pytest.raises(DigestError, match="no known format"):
        read_folder(tmp_path, good__md=digest_of("2025-09-24")).latest()


def test_an_older_broken_digest_is_reported_and_the_latest_stands(tmp_path: Path) -> None:
    (tmp_path / "2025-09-20.md").write_bytes(BROKEN)
    reading = read_folder(tmp_path, good__md=digest_of("2025-09-24"))
    assert reading.latest().date == DAY
    assert [error.source for error in reading.broken] == [str(tmp_path / "2025-09-20.md")]


def test_two_different_digests_of_one_date_are_an_error_that_names_both(tmp_path: Path) -> None:
    reading = read_folder(tmp_path, a__md=digest_of("2025-09-24", 1), b__md=digest_of("2025-09-24", 2))
    with pytest.raises(DigestError, match=r"a\.md and .*b\.md.*2025-09-24"):
        reading.latest()
    assert (reading.digests, len(reading.broken)) == ((), 1)


def test_two_digests_of_an_older_date_leave_the_latest_alone(tmp_path: Path) -> None:
    reading = read_folder(
        tmp_path,
        a__md=digest_of("2025-09-20", 1),
        b__md=digest_of("2025-09-20", 2),
        c__md=digest_of("2025-09-24"),
    )
    assert (reading.latest().date, len(reading.broken)) == (DAY, 1)


def test_a_link_to_the_latest_digest_is_the_same_digest(tmp_path: Path) -> None:
    (tmp_path / "2025-09-24.md").write_text(HEADER + write_paper(0))
    (tmp_path / "latest.md").symlink_to("2025-09-24.md")
    reading = read_folder(tmp_path)
    assert (len(reading.digests), reading.broken) == (1, ())


def test_a_link_that_leads_nowhere_is_broken(tmp_path: Path) -> None:
    (tmp_path / "2025-09-24.md").symlink_to("gone.md")
    with pytest.raises(DigestError, match=r"2025-09-24\.md: No such file"):
        read_folder(tmp_path).latest()


def test_a_folder_without_digests_is_read_and_has_no_latest(tmp_path: Path) -> None:
    reading = read_folder(tmp_path)
    assert reading.digests == ()
    with pytest.raises(DigestNotFound) as caught:
        reading.latest()
    assert "2025-09-24.md" in caught.value.fix


def test_a_digest_without_papers_is_a_digest(tmp_path: Path) -> None:
    assert read_folder(tmp_path, a__md=HEADER).latest().papers == ()


@pytest.mark.parametrize("name", ["missing/", "missing.md"])
def test_a_place_that_is_missing_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(DigestNotFound, match="missing") as caught:
        read_source(str(tmp_path / name), today=DAY)
    assert caught.value.fix


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DigestError, match="Permission denied"):
        read_source(str(tmp_path), today=DAY)


def test_a_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "README.rst"
    path.write_text(digest_of("2025-09-24"))
    assert read_source(str(path), today=DAY).latest().date == DAY


def test_a_broken_file_stands_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "digest.md"
    path.write_bytes(BROKEN)
    reading = read_source(str(path), today=DAY)
    assert len(reading.broken) == 1
    with pytest.raises(DigestError, match="UTF-8"):
        reading.latest()


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "2025-09-24.md"
    path.write_text(digest_of("2025-09-24"))
    with pytest.raises(DigestError, match="larger than 10 bytes"):
        read_source(str(path), today=DAY, limits=FetchLimits(max_bytes=10)).latest()


def test_the_date_in_a_path_is_today_or_the_last_day_that_is_there(tmp_path: Path) -> None:
    for day in ("2025-09-21", "2025-09-22"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "papers.md").write_text(write_paper(0))
    source = f"{tmp_path}/{{date}}/papers.md"
    assert read_source(source, today=DAY).latest().date == date(2025, 9, 22)
    assert read_source(source, today=date(2025, 9, 21)).latest().date == date(2025, 9, 21)
    with pytest.raises(DigestNotFound, match="2025-09-24 or of the 1 days before"):
        read_source(source, today=DAY, days_back=1)


def test_standard_input_is_a_digest() -> None:
    stream = io.BytesIO(digest_of("2025-09-24").encode())
    digest = read_source("-", today=DAY, stdin=stream).latest()
    assert (digest.date, digest.source) == (DAY, "standard input")


def test_standard_input_without_a_date_is_an_error() -> None:
    with pytest.raises(DigestError, match=r"standard input: .*date"):
        read_source("-", today=DAY, stdin=io.BytesIO(write_paper(0).encode())).latest()


@pytest.mark.parametrize(
    "source", ["ftp://user:secret@a.org/x.md?key=secret", "file:///etc/passwd", "s3://bucket"]
)
def test_another_kind_of_address_is_refused_and_shows_no_secret(source: str) -> None:
    with pytest.raises(DigestError, match="unknown kind of address") as caught:
        read_source(source, today=DAY)
    assert "secret" not in caught.value.message + caught.value.source
