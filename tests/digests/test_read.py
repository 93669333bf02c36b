"""What holds for every format: encodings, dates of files, and errors that say where and how to mend."""

from __future__ import annotations

import codecs
from datetime import date

import pytest

from newsletter.digests import parse_digest
from newsletter.digests.dates import date_in_name
from newsletter.errors import DigestError
from tests.digests.digest_texts import HEADER, read, write_digest, write_paper

TEXT = write_digest(write_paper(0), write_paper(1))


def test_a_byte_order_mark_is_no_text() -> None:
    assert parse_digest(codecs.BOM_UTF8 + TEXT.encode(), source="digest.md") == read(TEXT)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_read(encoding: str) -> None:
    assert parse_digest(("\ufeff" + TEXT).encode(encoding), source="digest.md") == read(TEXT)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_a_byte_that_is_not_utf_8_is_named_with_its_line(line_end: bytes) -> None:
    data = TEXT.encode().replace(b"Paper 1", b"Paper \xff").replace(b"\n", line_end)
    with pytest.raises(DigestError, match=r"digest\.md, line 6: .*UTF-8") as caught:
        parse_digest(data, source="digest.md")
    assert (caught.value.source, caught.value.line) == ("digest.md", 6)
    assert "UTF-8" in caught.value.fix


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# Notes\n", b"{}", b"\x00\x01\x02"])
def test_a_text_of_no_known_format_is_an_error_that_lists_the_formats(data: bytes) -> None:
    with pytest.raises(DigestError) as caught:
        parse_digest(data, source="digest.md")
    assert "papers-for" in caught.value.fix


@pytest.mark.parametrize(
    "name",
    ["2025-09-24.md", "20250924.md", "papers_2025_09_24.md", "a/b/2025-09-24.md", "https://a.org/2025-09-24"],
)
def test_the_name_gives_the_date_where_the_text_has_none(name: str) -> None:
    assert read(write_paper(0), source=name).date == date(2025, 9, 24)


def test_the_date_in_the_text_counts_more_than_the_name() -> None:
    assert read(HEADER, source="2025-09-30.md").date == date(2025, 9, 24)


def test_a_given_day_counts_least() -> None:
    day = date(2025, 9, 30)
    assert parse_digest(write_paper(0).encode(), source="digest.md", day=day).date == day
    assert parse_digest(write_paper(0).encode(), source="2025-09-24.md", day=day).date == date(2025, 9, 24)


@pytest.mark.parametrize(
    "name", ["digest.md", "2509.17567.md", "99999999.md", "2025-13-40.md", "9999-12-31.md", "1202509241.md"]
)
def test_a_digest_without_any_date_is_an_error_that_says_so(name: str) -> None:
    assert date_in_name(name) is None
    with pytest.raises(DigestError, match="date") as caught:
        read(write_paper(0), source=name)
    assert "2025-09-24.md" in caught.value.fix
