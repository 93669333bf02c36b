"""Cuts a list into slices, each of which one transaction takes in: how large they are, and in what order.

Neighbours lie on the same pages of the index of addresses: in the order of a long list, each slice would
touch all of them. So a stretch of the list is held and sorted. The rows of one address keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from operator import itemgetter
from typing import TypeVar

from newsletter.store.saving import Addressed, Alike, Rows, is_telling

_SLICE = 10_000  # addresses a transaction: some 50 ms
_SLICE_OF_ROWS = 2_500  # that say more, each changed by itself: as long
_STRETCH = 250_000  # plain addresses held and sorted at once: some 20 MB
_WEIGHT = 3  # of a row that says more: with keywords of its own it takes as much and more again
_Row = TypeVar("_Row")


def cut_slices(parts: Iterator[Rows]) -> Iterator[Rows]:
    """The rows in slices; those of a list longer than one by address, a stretch at a time.

    The next stretch is read between the slices, while others may write.
    """
    stretch = _take(parts, _STRETCH)
    while stretch:
        rows = _order(stretch)
        room = _STRETCH - sum(map(_weigh, stretch))  # below 0: parts are not cut
        stretch = []
        for each in chain.from_iterable(map(_cut, rows)):
            yield each
            room += _weigh(each)
            taken = _take(parts, room)
            room -= sum(map(_weigh, taken))
            stretch += taken


def _weigh(rows: Rows) -> int:
    return len(rows) if isinstance(rows, Alike) else _WEIGHT * len(rows)


def _take(parts: Iterator[Rows], room: int) -> list[Rows]:
    """Parts that fill so much room or somewhat more, or what is left."""
    taken: list[Rows] = []
    while room > 0 and (part := next(parts, None)) is not None:
        taken.append(part)
        room -= _weigh(part)
    return taken


def _order(stretch: Sequence[Rows]) -> list[Rows]:
    """Those that are alike, and those that are not; together and in their order where one slice has room."""
    alike = [part for part in stretch if isinstance(part, Alike)]
    is_long = sum(map(len, stretch)) > _SLICE
    if not alike or (len(alike) < len(stretch) and not is_long):
        others = list(chain.from_iterable(stretch))
        return [sorted(others, key=itemgetter(0)) if is_long else others]  # stable
    addresses, others = _part(stretch)
    if is_long:
        addresses.sort()
        others.sort(key=itemgetter(0))
    return [replace(alike[0], addresses=addresses), others]


def _part(stretch: Sequence[Rows]) -> tuple[list[str], list[Addressed]]:
    """The addresses of which all rows are alike, and all rows of the others."""
    special = {row[0] for part in stretch if not isinstance(part, Alike) for row in part}
    addresses: list[str] = []
    others: list[Addressed] = []
    for part in stretch:
        if not isinstance(part, Alike):
            others += part
        elif special.isdisjoint(part.addresses):
            addresses += part.addresses
        else:
            addresses += [address for address in part.addresses if address not in special]
            others += [row for row in part if row[0] in special]
    return addresses, others


def _cut(rows: Rows) -> Iterator[Rows]:
    if isinstance(rows, Alike):
        size = _SLICE_OF_ROWS if is_telling(rows.name, rows.wishes) else _SLICE
        for addresses in _take_out(rows.addresses, size):
            yield replace(rows, addresses=addresses)
    else:
        yield from _take_out(rows, _SLICE_OF_ROWS)


def _take_out(rows: list[_Row], size: int) -> Iterator[list[_Row]]:
    while rows:
        some = rows[:size]
        del rows[:size]
        yield some
