"""The store and the digest: what waits for a person, what would not go; and that nothing is changed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.daily.control import pause
from newsletter.daily.doctor import Area, State
from newsletter.store.saving import SubscriberRow
from tests.daily.doctor.conftest import Patient


def change(patient: Patient, *statements: str) -> None:
    with closing(sqlite3.connect(patient.folder / "newsletter.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def send(patient: Patient) -> None:
    patient.newsroom.send()
    for publisher in patient.newsroom.opened:
        publisher.close()


def test_a_store_that_is_not_there_yet_will_be_made(patient: Patient) -> None:
    (patient.folder / "newsletter.db").unlink()
    patient.find_one("store", State.OK, "will be made")
    assert not (patient.folder / "newsletter.db").exists()


def test_a_missing_folder_of_the_store_is_wrong(patient: Patient) -> None:
    patient.set(store__url="sqlite:///gone/newsletter.db")
    finding = patient.find_one("store", State.WRONG, "is missing")
    assert (finding.area, finding.fix) == (Area.STORE, f"mkdir -p {patient.folder / 'gone'}")


@pytest.mark.parametrize(
    ("content", "words"), [(b"no database at all" * 100, "is not a store"), (b"", "older version")]
)
def test_a_file_that_is_no_store_is_found(patient: Patient, content: bytes, words: str) -> None:
    (patient.folder / "newsletter.db").write_bytes(content)
    (finding,) = patient.find("store")
    assert words in finding.message
    assert finding.area is (Area.STORE if content else Area.CONFIGURATION)


def test_a_store_of_an_older_version_is_a_warning_and_stays_as_it_is(patient: Patient) -> None:
    change(patient, "UPDATE alembic_version SET version_num = '0002'")
    finding = patient.find_one("store", State.WARNING, "revision 0002")
    assert "newsletter store migrate" in finding.fix
    assert patient.find("subscribers") == []


def test_a_store_of_a_newer_version_is_wrong(patient: Patient) -> None:
    change(patient, "UPDATE alembic_version SET version_num = '9999'")
    assert patient.find_one("store", State.WRONG, "newer version").area is Area.STORE


def test_a_database_of_another_program_is_wrong(patient: Patient) -> None:
    patient.set(store__url="sqlite:///other.db")
    with closing(sqlite3.connect(patient.folder / "other.db")) as connection:
        connection.execute("CREATE TABLE things (id)")
    patient.find_one("store", State.WRONG, "another program")


@pytest.mark.usefixtures("no_root")
def test_a_store_without_the_right_to_write_is_wrong(patient: Patient) -> None:
    (patient.folder / "newsletter.db").chmod(0o444)
    patient.find_one("store", State.WRONG, "cannot be written")


def test_a_list_without_confirmed_readers_is_a_warning(patient: Patient) -> None:
    patient.find_one("subscribers", State.OK, "1 confirmed")
    change(patient, "UPDATE subscriber SET status = 'unconfirmed'")
    patient.find_one("subscribers", State.WARNING)


def test_deliveries_that_wait_for_a_person_are_told(patient: Patient) -> None:
    patient.newsroom.subscribe(SubscriberRow("wang@readers.test"))
    patient.find_one("deliveries", State.OK, "none yet")
    send(patient)
    patient.find_one("deliveries", State.OK)
    change(
        patient,
        "UPDATE delivery SET state = 'unknown', unknowns = 4 WHERE subscriber_id = 1",
        "UPDATE delivery SET state = 'failed' WHERE subscriber_id = 2",
    )
    unknown, failed = patient.find("deliveries")
    assert unknown.state is failed.state is State.WARNING
    assert "edition 2025-09-24: 1 of unknown outcome" in unknown.message
    assert unknown.fix.endswith("newsletter send --date 2025-09-24 --retry unknown")
    assert "1 failed" in failed.message


def test_a_held_digest_and_a_paused_edition_are_told(patient: Patient) -> None:
    patient.find_one("editions", State.OK)
    send(patient)
    publisher = patient.newsroom.open()
    pause(publisher, "2025-09-24")
    publisher.close()
    change(
        patient,
        "INSERT INTO held_digest VALUES ('2025-09-25', '[]', '', '', 'few papers', '2025-09-25 00:00:00')",
    )
    held, paused = patient.find("editions")
    assert held.fix.endswith("newsletter release 2025-09-25")
    assert paused.fix.startswith("newsletter resume 2025-09-24")


def test_the_latest_digest_and_its_papers_are_named(patient: Patient) -> None:
    patient.find_one("digest", State.OK, "2025-09-24: 2 papers")


def test_a_digest_that_would_not_be_mailed_is_wrong(patient: Patient) -> None:
    patient.now += timedelta(days=9)
    finding = patient.find_one("digest", State.WRONG, "9 days old")
    assert finding.area is Area.DIGEST


def test_a_digest_with_too_few_papers_would_be_held(patient: Patient) -> None:
    patient.set(digest__minimum_papers=3)
    assert patient.find_one("digest", State.WRONG, "would be held").area is Area.DIGEST
    (patient.folder / "newsletter.db").unlink()
    patient.find_one("digest", State.WRONG, "would be held")


def test_a_digest_that_stands_already_is_not_held_again(patient: Patient) -> None:
    send(patient)
    patient.set(digest__minimum_papers=3)
    patient.find_one("digest", State.OK)


@pytest.mark.parametrize(
    ("source", "words"),
    [("nowhere/", "no such file"), ("http://127.0.0.1:1/d.md", "cannot be reached"), ("empty/", "no digest")],
)
def test_a_source_without_a_digest_is_wrong(patient: Patient, source: str, words: str) -> None:
    (patient.folder / "empty").mkdir()
    patient.set(digest__source=source, digest__private_addresses="true")
    assert patient.find_one("digest", State.WRONG, words).area is Area.DIGEST


def test_standard_input_is_left_alone(patient: Patient) -> None:
    patient.set(digest__source="-")
    patient.find_one("digest", State.WARNING, "standard input")


def test_an_older_digest_that_is_broken_is_a_warning(patient: Patient) -> None:
    (patient.folder / "digests" / "2025-09-20.md").write_bytes(b"\xff\xfe\x00\xd8 no text")
    states = [finding.state for finding in patient.find("digest")]
    assert states == [State.WARNING, State.OK]


def snapshot(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file and folder, with its time of change and its content."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in [folder, *folder.rglob("*")]
        if not path.name.endswith("-shm")  # the locks of readers
    }


def leave(_patient: Patient) -> None:
    """As the newsroom made it."""


def begin(patient: Patient) -> None:
    for path in (patient.folder / "newsletter.db", patient.folder / "digests"):
        path.rename(path.with_name("away." + path.name))


def age(patient: Patient) -> None:
    change(patient, "UPDATE alembic_version SET version_num = '0002'")


def break_off(patient: Patient) -> None:
    """A process died and left its log: the last rows stand there alone."""
    log = patient.folder / "newsletter.db-wal"
    with closing(sqlite3.connect(patient.folder / "newsletter.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE subscriber SET status = 'unconfirmed'")
        connection.commit()
        kept = {each: each.read_bytes() for each in (patient.folder / "newsletter.db", log)}
    for path, content in kept.items():
        path.write_bytes(content)
    (patient.folder / "newsletter.db-shm").write_bytes(b"")


@pytest.mark.parametrize("state", [leave, begin, age, break_off, send])
def test_nothing_is_changed_or_left_behind(patient: Patient, state: Callable[[Patient], None]) -> None:
    state(patient)
    before = snapshot(patient.folder)
    patient.examine()
    assert snapshot(patient.folder) == before
    if state is break_off:
        patient.find_one("subscribers", State.WARNING)


def test_a_store_that_others_write_to_is_read_as_it_stands(patient: Patient) -> None:
    publisher = patient.newsroom.open()
    with publisher.store.write() as tx:
        tx.exec_driver_sql("UPDATE subscriber SET status = 'unconfirmed'")
    with publisher.store.write() as tx:
        tx.exec_driver_sql("UPDATE subscriber SET status = 'unsubscribed'")
        patient.find_one("subscribers", State.WARNING)
    publisher.close()
