"""What addresses gave is kept, bounded in time and number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.digests import KeptDocument
from newsletter.store import Store
from newsletter.store.fetched import KEPT_FOR, MOST_KEPT, StoredDocuments
from tests.builders import NOON


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


def test_a_document_is_kept_with_its_validators_as_they_came(store: Store) -> None:
    documents = StoredDocuments(store, Clock())
    first = KeptDocument(b"\x00text\xff", 'W/"é"', "Wed, 24 Sep 2025 08:00:00 GMT")
    assert documents.find("a") is None
    documents.keep("a", first)
    assert documents.find("a") == first
    documents.keep("a", KeptDocument(b"new", '"2"'))
    assert documents.find("a") == KeptDocument(b"new", '"2"')


def test_what_nobody_asked_for_in_a_week_is_gone(store: Store) -> None:
    clock = Clock()
    documents = StoredDocuments(store, clock)
    documents.keep("old", KeptDocument(b"", '"1"'))
    documents.keep("used", KeptDocument(b"", '"1"'))
    clock.now += KEPT_FOR - timedelta(hours=1)
    documents.keep("used", KeptDocument(b"", '"1"'))
    clock.now += timedelta(hours=2)
    documents.keep("new", KeptDocument(b"", '"1"'))
    assert [documents.find(key) is not None for key in ("old", "used", "new")] == [False, True, True]


def test_no_more_than_so_many_are_kept_and_the_latest_always(store: Store) -> None:
    clock = Clock()
    documents = StoredDocuments(store, clock)
    for number in range(MOST_KEPT + 3):
        documents.keep(str(number), KeptDocument(b"", '"1"'))
        assert documents.find(str(number))
    assert sum(documents.find(str(number)) is not None for number in range(MOST_KEPT + 3)) == MOST_KEPT
