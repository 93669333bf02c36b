"""Long lists: the quick way of reading equals the thorough one, and writing in bulk loses no rule."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.errors import StoreError
from newsletter.model import Preferences, Problem, SubscriberStatus
from newsletter.store import Store, list_slices
from newsletter.store.adding import make_public_ids
from newsletter.store.list_lines import Header
from newsletter.store.saving import Alike, Rows, Wishes, _write_list
from newsletter.store.subscriber_list import _PLAIN_ADDRESS, check_email, import_subscribers, read_rows
from newsletter.store.subscribers import find_subscriber, iterate_subscribers, normal_email, unsubscribe
from tests.builders import NOON

_LOCAL = st.one_of(
    st.from_regex(r"[A-Za-z0-9_+.-]{1,66}", fullmatch=True),
    st.sampled_from(["INFO", "Postmaster", "www", "Sales1", "Ann", "a..b", "-a", "+", "O.K"]),
)
_LABELS = st.one_of(
    st.from_regex(r"[A-Za-z0-9-]{1,65}", fullmatch=True),
    st.sampled_from(
        ["xn--bcher-kva", "xn--", "ab--c", "example", "123", *email_validator.SPECIAL_USE_DOMAIN_NAMES]
    ),
)
_ADDRESSES = st.builds(
    lambda local, labels: f"{local}@{'.'.join(labels)}", _LOCAL, st.lists(_LABELS, max_size=5)
)


def normalise(address: str) -> str | None:
    try:
        return email_validator.validate_email(
            address, check_deliverability=False, test_environment=True
        ).normalized
    except email_validator.EmailNotValidError:
        return None


def take(store: Store, text: str) -> tuple[int, int]:
    report = import_subscribers(store, io.StringIO(text), languages=["en"], now=NOON)
    assert not report.problems
    return report.added, report.known


@given(st.one_of(_ADDRESSES, st.from_regex(_PLAIN_ADDRESS), st.text(max_size=80)))
@example("Info@readers.test")
@example("ann@mail.local")
@example("ann@readers.test\n")
@example(f"ann@{'a' * 64}.test")
@example(f"{'a' * 250}@b.test")
def test_what_is_a_plain_address_email_validator_takes_as_it_is(text: str) -> None:
    if _PLAIN_ADDRESS.fullmatch(text):
        assert normalise(text) == text


@given(_ADDRESSES)
def test_an_address_is_what_email_validator_makes_of_it(text: str) -> None:
    try:
        assert check_email(text) == normalise(text)
    except ValueError:
        assert normalise(text) is None


@pytest.mark.parametrize(
    "address", ["ann@readers.test", "Ann.Lee+news@mail-2.readers.co.uk", "a_b-c.1@x.example.org"]
)
def test_the_addresses_of_most_lists_are_plain(address: str) -> None:
    assert _PLAIN_ADDRESS.fullmatch(address)


@given(st.text(alphabet="ab@., ;\t\"'\0\x0b\r\né\u2028", max_size=30), st.sampled_from(",;\t"))
def test_a_line_is_split_as_the_csv_module_splits_it(line: str, delimiter: str) -> None:
    header = Header(("email",) * 40, delimiter)
    reader = csv.reader([line.rstrip("\r\n"), ""], delimiter=delimiter, skipinitialspace=True)
    try:
        expected = next(reader)
        read = header.read_cells(line)
    except (csv.Error, ValueError):
        return
    assert read == expected + [""] * (40 - len(expected))


@given(st.lists(st.sampled_from(["", ",", ",,", ",Ann", ",,en", ', "", ""', ",Ann,en"]), max_size=6))
def test_a_line_with_an_address_alone_is_read_like_any_other(ends: list[str]) -> None:
    lines = ["email,name,language\n", *(f"a{number}@readers.test{end}\n" for number, end in enumerate(ends))]
    quoted = [re.sub(r"^(a\d+@readers.test)", r'"\1"', line) for line in lines]
    rows, same = (
        list(chain.from_iterable(read_rows(each, languages=frozenset({"en"}), problems=[])))
        for each in (lines, quoted)
    )
    assert rows == same
    assert len(rows) == len(ends)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["a@r.test", "Ann.B@r.test", "x", "", '"q@r.test"', "b@mail.local", "Info@r.test"]
            ),
            st.sampled_from(["", ",", ",Ann", ",,"]),
            st.sampled_from(["\n", "\r\n", "\r"]),
        ),
        max_size=12,
    )
)
def test_lines_in_a_block_are_read_like_lines_one_by_one(parts: list[tuple[str, str, str]]) -> None:
    text = "email,name\n" + "".join(f"{email}{rest}{end}" for email, rest, end in parts)
    lines = list(io.StringIO(text.removesuffix("\n"), newline=""))
    blocks: tuple[list[Problem], list[Problem]] = ([], [])
    whole, single = (
        list(chain.from_iterable(read_rows(each, languages=frozenset(), problems=problems)))
        for each, problems in zip((["".join(lines)], lines), blocks, strict=True)
    )
    assert whole == single
    assert blocks[0] == blocks[1]


def test_a_capital_and_a_name_are_kept_beside_rows_that_have_neither(store: Store) -> None:
    rows = "".join(f"{'aA'[number % 2]}{number}@r.test,{'N' * (number % 3)}\n" for number in range(450))
    assert take(store, f"email,name\n{rows}") == (450, 0)
    with store.read() as tx:
        found = [f"{each.email},{each.name}\n" for each in iterate_subscribers(tx)]
        assert find_subscriber(tx, "a1@r.test").email == "A1@r.test"
    assert "".join(found) == rows


def test_a_list_longer_than_a_slice_is_taken_in_whole_and_known_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_slices, "_SLICE", 3)
    monkeypatch.setattr(list_slices, "_STRETCH", 7)
    addresses = [f"reader{number * 7 % 40:02}@readers.test" for number in range(40)]
    text = "email\n" + "\n".join(addresses)
    assert take(store, text) == (40, 0)
    assert take(store, text) == (0, 40)
    with store.read() as tx:
        assert {each.email for each in iterate_subscribers(tx)} == set(addresses)


@pytest.mark.parametrize("plain", [True, False])
def test_however_long_a_list_no_more_of_it_is_held(plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_slices, "_SLICE", 10)
    monkeypatch.setattr(list_slices, "_SLICE_OF_ROWS", 10)
    monkeypatch.setattr(list_slices, "_STRETCH", 100)
    read = taken = most = 0

    def read_parts() -> Iterator[Rows]:
        nonlocal read, most
        for number in range(200):
            addresses = [f"reader{number}.{each}@readers.test" for each in range(9)]
            read += len(addresses)
            most = max(most, read - taken)
            if plain:
                yield Alike(addresses, None, Wishes())
            else:
                yield [(address, address, "Ann", Wishes()) for address in addresses]

    for part in list_slices.cut_slices(read_parts()):
        taken += len(part)
    assert read == taken == 1_800
    assert most <= (100 if plain else 100 / list_slices._WEIGHT) + 2 * 9 + 10


def test_rows_that_clash_by_chance_alone_are_an_error_and_not_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(store, "email\na@r.test\n")
    with store.read() as tx:
        taken = find_subscriber(tx, "a@r.test").public_id
    monkeypatch.setattr("newsletter.store.adding._draw", lambda number: (taken[:4], taken[4:] * number))
    with pytest.raises(StoreError):
        take(store, "email\na@r.test\nb@r.test\n")


def test_rows_of_one_address_keep_their_order_however_long_the_list(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_slices, "_SLICE", 2)
    names = "".join(
        f"{'aA'[number % 2]}nn@readers.test,{number}\nz{number}@readers.test,\n" for number in range(9)
    )
    assert take(store, f"email,name\n{names}") == (10, 8)
    with store.read() as tx:
        found = find_subscriber(tx, "ann@readers.test")
    assert (found.name, found.email) == ("8", "ann@readers.test")


@pytest.mark.parametrize("rows_a_slice", [2, 10_000])
def test_rows_of_one_address_keep_their_order_whether_they_say_more_or_not(
    store: Store, monkeypatch: pytest.MonkeyPatch, rows_a_slice: int
) -> None:
    monkeypatch.setattr(list_slices, "_SLICE", rows_a_slice)
    lines = ["B@r.test,", "b@r.test,", "a@r.test,Ann", "a@r.test,", "c@r.test,", "c@r.test,Cy", "d@r.test,"]
    assert take(store, "email,name\n" + "\n".join(lines)) == (4, 3)
    with store.read() as tx:
        found = sorted((each.email, each.name) for each in iterate_subscribers(tx))
    assert found == [("B@r.test", ""), ("a@r.test", ""), ("c@r.test", "Cy"), ("d@r.test", "")]


def test_plain_addresses_are_added_beside_known_ones_and_once_each(store: Store) -> None:
    assert take(store, "email\nb@r.test\n") == (1, 0)
    assert take(store, "email\na@r.test\nb@r.test\nc@r.test\na@r.test\n") == (2, 2)
    assert take(store, "email\nd@r.test\nd@r.test\n") == (1, 1)
    with store.read() as tx:
        found = list(iterate_subscribers(tx))
    assert [each.email for each in found] == ["b@r.test", "a@r.test", "c@r.test", "d@r.test"]
    assert all(re.fullmatch("[0-9a-f]{20}", each.public_id) for each in found)
    assert [each.id for each in found] == [1, 2, 3, 4]


def test_plain_rows_of_a_list_with_more_columns_speak_of_these(store: Store) -> None:
    take(store, "email,name,language\na@r.test,Ann,en\nb@r.test,Bee,en\n")
    assert take(store, "email,name,language\na@r.test,,\nc@r.test,,\n") == (1, 1)
    with store.read() as tx:
        found = [(each.email, each.name, each.preferences.language) for each in iterate_subscribers(tx)]
    assert found == [("a@r.test", "", ""), ("b@r.test", "Bee", "en"), ("c@r.test", "", "")]


@pytest.mark.parametrize("plain", [True, False])
def test_what_json_escapes_is_listed_whole(plain: bool) -> None:
    values = ["a@r.test", "ü@r.test"] if plain else ["a@r.test", 'q"', "back\\slash", "tab\t", '","']
    assert json.loads(_write_list(values)) == values
    assert json.loads(_write_list([])) == []


def test_a_second_import_changes_only_what_differs(store: Store) -> None:
    take(store, "email,name,language,limit\na@readers.test,Ann,en,3\nb@readers.test,Bee,,\n")
    with store.read() as tx:
        before = list(iterate_subscribers(tx))
    take(store, "email,name,language,limit\na@readers.test,Ann,en,3\nb@readers.test,Bee,,9\n")
    with store.read() as tx:
        after = list(iterate_subscribers(tx))
    assert after == [before[0], replace(before[1], preferences=Preferences(limit=9))]


def test_only_a_confirmed_row_has_a_time_of_confirmation(store: Store) -> None:
    take(store, "email,status\na@r.test,\nb@r.test,unconfirmed\nc@r.test,unsubscribed\n")
    with store.read() as tx:
        rows = tx.exec_driver_sql("SELECT confirmed_at, unsubscribed_at FROM subscriber ORDER BY id").all()
    assert [(bool(confirmed), bool(left)) for confirmed, left in rows] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_an_import_reads_what_another_process_wrote_between_its_slices(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_slices, "_SLICE", 1)
    take(store, "email,status\na@readers.test,\nb@readers.test,unconfirmed\n")
    write = Store.write

    @contextmanager
    def leave_first(self: Store, *, pragmas: Iterable[str]) -> Iterator[object]:
        monkeypatch.setattr(Store, "write", write)
        with self.write() as tx:
            unsubscribe(tx, find_subscriber(tx, "b@readers.test"), now=NOON)
        with self.write(pragmas=pragmas) as tx:
            yield tx

    monkeypatch.setattr(Store, "write", leave_first)
    take(store, "email,status\na@readers.test,confirmed\nb@readers.test,confirmed\n")
    with store.read() as tx:
        assert find_subscriber(tx, "b@readers.test").status is SubscriberStatus.UNSUBSCRIBED


def test_public_ids_are_all_different_and_hold_64_random_bits() -> None:
    ids = make_public_ids(1_000)
    assert len({each[4:] for each in ids}) == 1_000
    assert all(re.fullmatch("[0-9a-f]{20}", each) for each in ids)


@given(st.text(alphabet="Aa@.é ßK", max_size=12))
def test_the_quick_normal_form_is_the_thorough_one(text: str) -> None:
    local, _, domain = text.strip().lower().rpartition("@")
    if domain.isascii():
        assert normal_email(text) == f"{local}@{domain}"
