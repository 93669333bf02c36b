"""Lists as other programs write them: encodings, delimiters, and rows that are broken alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ConfigError
from newsletter.model import Problem
from newsletter.store.list_lines import decode_blocks
from newsletter.store.saving import SubscriberRow
from newsletter.store.subscriber_list import read_rows

LANGUAGES = frozenset({"en", "zh-CN"})
Read = tuple[list[SubscriberRow], list[Problem]]


def read(data: bytes | str) -> Read:
    problems: list[Problem] = []
    file = io.BytesIO(data if isinstance(data, bytes) else data.encode())
    rows = read_rows(decode_blocks(file), languages=LANGUAGES, problems=problems)
    return [
        SubscriberRow(email, name, *wishes) for _, email, name, wishes in chain.from_iterable(rows)
    ], problems


def emails(rows: Sequence[SubscriberRow]) -> list[str]:
    return [row.email.partition("@")[0] for row in rows]


def test_a_byte_that_is_no_utf8_costs_its_own_row_alone() -> None:
    rows, [problem] = read(b"email,name\na@readers.test,Ann\nb@readers.test,Ren\xe9\nc@readers.test,Cy\n")
    assert emails(rows) == ["a", "c"]
    assert problem == Problem("name is not UTF-8 text: save the list as UTF-8", 3)


def test_a_broken_byte_far_behind_is_told_with_its_own_line() -> None:
    lines = [f"r{number}@readers.test,x".encode() for number in range(9_000)]
    lines[5_000] += b"\xff"
    rows, [problem] = read(b"email,name\n" + b"\n".join(lines))
    assert (len(rows), problem.line) == (8_999, 5_002)


def test_a_quote_left_open_swallows_no_other_row() -> None:
    rows, [problem] = read('email,name\na@readers.test,"Ann\nb@readers.test,"Bee, Dr."\nc@readers.test,Cy\n')
    assert emails(rows) == ["b", "c"]
    assert problem == Problem("a quote is opened and not closed on this line", 2)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_comma_semicolon_and_tab_are_told_apart_by_the_header(delimiter: str) -> None:
    text = 'email,name,keywords\na@readers.test,Ann,"agents;reasoning"\n'.replace(",", delimiter)
    [row], problems = read(text)
    assert (row.name, row.preferences.keywords, problems) == ("Ann", ("agents", "reasoning"), [])


def test_a_cell_too_many_says_what_to_quote() -> None:
    _, [problem] = read("email;keywords\na@readers.test;agents;reasoning\n")
    assert problem == Problem("more cells than columns: quote a cell that holds a semicolon", 2)


@pytest.mark.parametrize("header", ["email,name,Email", "email;name; NAME"])
def test_a_column_that_stands_twice_is_an_error_with_its_name(header: str) -> None:
    with pytest.raises(ConfigError, match=r"line 1: the column (email|name) stands there twice"):
        read(f"{header}\na@readers.test,x,y\n")


@pytest.mark.parametrize("row", ["a\0b@readers.test,Ann", "a@readers.test,An\x1bn", "a@readers.test,An\x00n"])
def test_a_control_character_is_a_problem_of_its_row(row: str) -> None:
    rows, [problem] = read(f"email,name\n{row}\nb@readers.test,Bee\n")
    assert (emails(rows), problem.line) == (["b"], 2)
    assert "control character" in problem.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_says_the_encoding(encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    [row, _], problems = read(
        (mark + "email,name\r\na@readers.test,安\r\nb@readers.test,\r\n").encode(encoding)
    )
    assert (row.name, problems) == ("安", [])


def test_a_broken_utf16_unit_costs_its_own_row_alone() -> None:
    data = "\ufeffemail,name\na@readers.test,A\ud83dn\nb@readers.test,Bee\n".encode(
        "utf-16-le", "surrogatepass"
    )
    rows, problems = read(data + b"\0")  # half a unit more
    assert (emails(rows), [problem.line for problem in problems]) == (["b"], [2, 4])


@pytest.mark.parametrize("data", ["email\na@readers.test\n".encode("utf-16-le"), "email,名".encode("gbk")])
def test_a_header_in_another_encoding_says_what_to_do(data: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        read(data)
    assert caught.value.fix == "save it as UTF-8"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_end_of_line_counts_as_one(ending: str) -> None:
    rows, [problem] = read(ending.join(["email", "a@readers.test", "", "nobody", "b@readers.test"]))
    assert (emails(rows), problem.line) == (["a", "b"], 4)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_import_crash(data: bytes) -> None:
    read(b"email,name,limit\n" + data)
