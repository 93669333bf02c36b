"""Lists in and out; whoever left is never brought back."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ConfigError, NotFound
from newsletter.model import EditionKind, Preferences, SubscriberStatus, SuppressionReason
from newsletter.store import Store
from newsletter.store.erasure import erase_subscriber
from newsletter.store.saving import save_subscribers
from newsletter.store.subscriber_list import (
    ImportReport,
    import_subscribers,
    read_rows,
    read_wishes,
    write_rows,
)
from newsletter.store.subscribers import (
    find_subscriber,
    find_subscriber_by_public_id,
    iterate_subscribers,
    normal_email,
    resubscribe,
    unsubscribe,
)
from newsletter.store.suppressions import find_suppression, suppress
from tests.builders import NOON

LANGUAGES = ("en", "zh-CN")


def take(store: Store, text: str) -> ImportReport:
    return import_subscribers(store, io.StringIO(text), languages=LANGUAGES, now=NOON)


def test_a_list_is_taken_in_and_written_out_the_same(store: Store) -> None:
    text = (
        "email,name,keywords,frequency,language,limit,status\n"
        "a@readers.test,安,强化学习;多模态模型,weekly,en,5,confirmed\n"
        'b@readers.test,"Bee, Dr.",,daily,,,unconfirmed\n'
    )
    assert take(store, text).added == 2
    with store.read() as tx:
        [first, second] = iterate_subscribers(tx)
        out = io.StringIO()
        write_rows(iterate_subscribers(tx), out)
    assert first.preferences == Preferences(("强化学习", "多模态模型"), EditionKind.WEEKLY, "en", 5)
    assert second.status is SubscriberStatus.UNCONFIRMED
    assert out.getvalue() == text


def test_an_imported_address_counts_as_confirmed_unless_its_row_says_otherwise(store: Store) -> None:
    take(store, "email\na@readers.test\n")
    with store.read() as tx:
        assert find_subscriber(tx, "a@readers.test").status is SubscriberStatus.CONFIRMED


def test_an_address_is_one_subscriber_by_its_normal_form(store: Store) -> None:
    report = take(store, "email\nAnn@Bücher.test\n ann@xn--bcher-kva.test\nann@bücher.test\n")
    assert (report.added, report.known, report.problems) == (1, 2, [])


def test_bad_rows_are_named_with_their_line_and_the_good_ones_stand(store: Store) -> None:
    report = take(
        store,
        "email,limit,frequency,language\n"
        "a@readers.test,,,\n"
        "no address,,,\n"
        "b@readers.test,0,,\n"
        "c@readers.test,,hourly,\n"
        "d@readers.test,,,klingon\n"
        "e@readers.test,,,,surplus\n"
        "f@readers.test,3,,\n",
    )
    assert [problem.line for problem in report.problems] == [3, 4, 5, 6, 7]
    assert report.added == 2
    assert "'hourly' is not one of daily, weekly" in report.problems[2].message


@pytest.mark.parametrize("header", ["address,name", "", "email,colour"])
def test_a_header_that_cannot_be_used_is_an_error_with_the_columns(store: Store, header: str) -> None:
    with pytest.raises(ConfigError) as caught:
        take(store, f"{header}\na@readers.test,x\n")
    assert "email, name, keywords" in caught.value.fix


def test_whoever_unsubscribed_is_never_revived_by_an_import(store: Store) -> None:
    take(store, "email,status\na@readers.test,\n")
    with store.write() as tx:
        unsubscribe(tx, find_subscriber(tx, "a@readers.test"), now=NOON)
    take(store, "email,name,status\na@readers.test,New Name,confirmed\n")
    with store.read() as tx:
        subscriber = find_subscriber(tx, "A@Readers.test")
    assert subscriber.status is SubscriberStatus.UNSUBSCRIBED
    assert subscriber.name == "New Name"


def test_an_import_takes_no_confirmation_back_and_may_give_one(store: Store) -> None:
    take(store, "email,status\na@readers.test,confirmed\nb@readers.test,unconfirmed\n")
    take(store, "email,status\na@readers.test,unconfirmed\nb@readers.test,confirmed\n")
    with store.read() as tx:
        assert {each.status for each in iterate_subscribers(tx)} == {SubscriberStatus.CONFIRMED}


def test_a_list_that_says_unsubscribed_once_and_confirmed_later_means_unsubscribed(store: Store) -> None:
    take(store, "email,status\na@readers.test,unsubscribed\na@readers.test,confirmed\n")
    with store.read() as tx:
        assert find_subscriber(tx, "a@readers.test").status is SubscriberStatus.UNSUBSCRIBED


def test_a_list_that_takes_a_known_reader_off_and_names_him_again_leaves_him_off(store: Store) -> None:
    take(store, "email,status\na@readers.test,unconfirmed\n")
    take(store, "email,status\na@readers.test,unsubscribed\na@readers.test,confirmed\n")
    with store.read() as tx:
        assert find_subscriber(tx, "a@readers.test").status is SubscriberStatus.UNSUBSCRIBED


def test_a_suppression_stands_whatever_is_imported_and_its_first_reason_too(store: Store) -> None:
    with store.write() as tx:
        suppress(tx, "A@readers.test", SuppressionReason.COMPLAINT, now=NOON)
        suppress(tx, "a@readers.test", SuppressionReason.MANUAL, now=NOON)
    take(store, "email\na@readers.test\n")
    with store.read() as tx:
        assert find_suppression(tx, "a@readers.test") is SuppressionReason.COMPLAINT


def test_columns_that_a_list_lacks_leave_what_is_stored(store: Store) -> None:
    take(store, "email,name,keywords,limit\na@readers.test,Ann,强化学习,5\n")
    take(store, "email,language\na@readers.test,en\n")
    with store.read() as tx:
        subscriber = find_subscriber(tx, "a@readers.test")
    assert subscriber.name == "Ann"
    assert subscriber.preferences == Preferences(("强化学习",), EditionKind.DAILY, "en", 5)


def test_a_command_changes_only_what_it_names(store: Store) -> None:
    take(store, "email,keywords,limit\na@readers.test,强化学习,5\n")
    with store.write() as tx:
        row = read_wishes("a@readers.test", {"limit": "7"}, languages=LANGUAGES)
        save_subscribers(tx, [row], now=NOON)
        assert find_subscriber(tx, "a@readers.test").preferences == Preferences(("强化学习",), limit=7)


def test_unsubscribing_twice_keeps_the_first_date(store: Store) -> None:
    take(store, "email\na@readers.test\n")
    with store.write() as tx:
        subscriber = find_subscriber(tx, "a@readers.test")
        unsubscribe(tx, subscriber, now=NOON)
        unsubscribe(tx, subscriber, now=NOON + timedelta(days=1))
        assert find_subscriber_by_public_id(tx, subscriber.public_id).status is SubscriberStatus.UNSUBSCRIBED


def test_resubscribing_confirms_from_now_on_and_leaves_a_suppression(store: Store) -> None:
    take(store, "email\na@readers.test\n")
    later = NOON + timedelta(days=1)
    with store.write() as tx:
        suppress(tx, "a@readers.test", SuppressionReason.BOUNCE, now=NOON)
        unsubscribe(tx, find_subscriber(tx, "a@readers.test"), now=NOON)
        resubscribe(tx, find_subscriber(tx, "a@readers.test"), now=later)
        resubscribe(tx, find_subscriber(tx, "a@readers.test"), now=later + timedelta(days=1))
        row = tx.exec_driver_sql("SELECT status, confirmed_at, unsubscribed_at FROM subscriber").one()
        assert (row[0], row[2]) == (SubscriberStatus.CONFIRMED, None)
        assert str(row[1]).startswith("2025-09-25")
        assert find_suppression(tx, "a@readers.test") is SuppressionReason.BOUNCE


def test_an_erased_subscriber_is_forgotten_and_his_id_is_given_to_nobody_else(store: Store) -> None:
    take(store, "email\na@readers.test\n")
    with store.write() as tx:
        old = find_subscriber(tx, "a@readers.test")
        erase_subscriber(tx, "a@readers.test")
        with pytest.raises(NotFound):
            find_subscriber(tx, "a@readers.test")
    take(store, "email\nb@readers.test\n")
    with store.read() as tx:
        assert find_subscriber(tx, "b@readers.test").id > old.id


@given(st.text(max_size=300))
def test_no_list_makes_the_import_crash(text: str) -> None:
    list(read_rows(io.StringIO("email,name,limit\n" + text), languages=frozenset(LANGUAGES), problems=[]))


@given(st.text(max_size=60))
def test_the_normal_form_of_an_address_is_stable(text: str) -> None:
    assert normal_email(normal_email(text)) == normal_email(text)
