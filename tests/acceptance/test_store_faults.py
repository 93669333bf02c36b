"""What can befall the store during a run: one clear line, exit 4, and once mended everybody has one mail.

What was in flight at that moment may come twice, and nothing else.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests.running import PROGRAM, Program, today, write_paper
from tests.tally import CALLS_A_CONNECTION, Tally, wait_for

SUBSCRIBERS = 300
CONNECTIONS = 5


@pytest.fixture
def tally(program: Program) -> Tally:
    program.write_digest(today(), [write_paper(number) for number in range(3)])
    program.subscribe(*(f"reader{number}@readers.test" for number in range(SUBSCRIBERS)))
    program.configure(transport__smtp__connections=CONNECTIONS)
    return Tally()


def end_with(process: subprocess.Popen[bytes], code: int, *words: str, seconds: float = 60) -> None:
    """The run ends by itself with this code and one or two lines that have these words."""
    _, err = process.communicate(timeout=seconds)
    said = err.decode()
    assert process.returncode == code, said
    assert "Traceback" not in said
    # Long runs also say how far they are.
    lines = [line for line in said.strip().splitlines() if "answered so far" not in line]
    assert 1 <= len(lines) <= 2, said
    for word in words:
        assert word in said, said


def check_all_mailed(program: Program, tally: Tally) -> None:
    """A next run mails the others; only what was in flight when the store failed comes twice."""
    tally.begin_run()
    last = program.run("send", "--json")
    assert last.code == 0, last.err
    report = json.loads(last.out)
    assert (report["planned"], report["submitted"]) == (SUBSCRIBERS, SUBSCRIBERS)
    assert len(tally.copies) == SUBSCRIBERS
    assert len(tally.taken) - SUBSCRIBERS <= CALLS_A_CONNECTION * CONNECTIONS
    assert tally.differing() == []


def test_a_store_that_cannot_grow_ends_the_run(program: Program, tally: Tally) -> None:
    log = program.folder / "newsletter.db-wal"
    with tally.open() as port:
        program.use_smtp(port)
        process = program.start("send")
        wait_for(lambda: len(tally.taken) > 20)
        size = log.stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))
        end_with(process, 4, "error: the disk of", "newsletter.db", "fix:")
        assert len(tally.copies) < SUBSCRIBERS
        check_all_mailed(program, tally)


def test_a_store_whose_place_another_file_takes_ends_the_run(program: Program, tally: Tally) -> None:
    path, moved = program.folder / "newsletter.db", program.folder / "moved.db"
    other = program.folder / "other.db"
    assert program.run("store", "backup", str(other)).code == 0
    with tally.open() as port:
        program.use_smtp(port)
        process = program.start("send")
        wait_for(lambda: len(tally.taken) > 20)
        path.rename(moved)
        other.rename(path)
        end_with(process, 4, "another file took the place of the store", "fix:")
        mailed = set(tally.copies)
        with closing(sqlite3.connect(moved)) as connection:
            recorded = connection.execute(
                "SELECT count(*) FROM delivery WHERE state = 'submitted'"
            ).fetchone()
        assert recorded == (len(mailed),), "what was in flight is recorded where it was offered"
        for each in program.folder.glob("newsletter.db*"):
            each.unlink()
        moved.rename(path)
        check_all_mailed(program, tally)
    assert len(tally.taken) == SUBSCRIBERS


def test_a_store_of_a_newer_version_is_left_alone(program: Program, tally: Tally) -> None:
    path = program.folder / "newsletter.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    for command in ("send", "build", "status", "schedule", "serve"):
        end_with(program.start(command), 4, "written by a newer version (revision 9999)", "fix: install")
    assert path.read_bytes() == before
    assert not (program.folder / "public").exists()


def test_a_damaged_store_is_named_and_a_backup_put_in_its_place(program: Program) -> None:
    path = program.folder / "newsletter.db"
    program.run("subscribers", "add", "ann@readers.test")
    assert program.run("store", "backup", "copy.db").code == 0
    for damaged in (b"something else entirely " * 4_000, path.read_bytes()[:30_000]):
        path.write_bytes(damaged)
        end_with(program.start("status"), 4, "newsletter.db", "fix:", "newsletter store restore")
        restored = program.run("store", "restore", "copy.db", "--yes")
        assert (restored.code, restored.err) == (0, "")
        kept = restored.out.strip().rpartition(" ")[2]
        assert (program.folder / kept).read_bytes() == damaged
        assert "ann@readers.test" in program.run("subscribers", "list").out


def test_a_backup_onto_the_store_is_refused(program: Program) -> None:
    program.run("subscribers", "add", "ann@readers.test")
    for name in ("newsletter.db", "./newsletter.db", "newsletter.db-wal"):
        end_with(program.start("store", "backup", name), 2, "is the store itself", "fix:")
    assert "ann@readers.test" in program.run("subscribers", "list").out


def test_a_backup_that_cannot_be_written_leaves_nothing(program: Program) -> None:
    program.run("subscribers", "add", "ann@readers.test")
    before = sorted(path.name for path in program.folder.iterdir())
    limit = 40_000  # more than the index of the log, less than a store

    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    process = subprocess.Popen(
        [*PROGRAM, "store", "backup", "copy.db"],
        cwd=program.folder,
        env=program.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit_files,  # noqa: PLW1509 - no thread runs yet
    )
    end_with(process, 4, "cannot copy the store", "fix:")
    assert sorted(path.name for path in program.folder.iterdir()) == before
