"""A store on a disk that is full, and one that somebody holds for longer than anybody waits."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.acceptance.test_store_faults import CONNECTIONS, SUBSCRIBERS, check_all_mailed, end_with
from tests.running import Program, today, write_paper
from tests.tally import Tally, wait_for

pytestmark = pytest.mark.soak


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], check=False)
    if mounted.returncode != 0:
        pytest.skip("only root may mount a disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a byte is left on the disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        for size in (1 << 16, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
    assert os.statvfs(disk).f_bavail == 0
    try:
        yield
    finally:
        filler.unlink()


def prepare(program: Program) -> None:
    program.write_digest(today(), [write_paper(number) for number in range(3)])
    program.subscribe(*(f"reader{number}@readers.test" for number in range(SUBSCRIBERS)))
    program.configure(transport__smtp__connections=CONNECTIONS)


def test_a_disk_that_fills_up_during_a_delivery_ends_it_and_loses_nobody(small_disk: Path) -> None:
    program, tally = Program(small_disk), Tally()
    prepare(program)
    with tally.open() as port:
        program.use_smtp(port)
        process = program.start("send")
        wait_for(lambda: len(tally.taken) > 20)
        with filled(small_disk):
            end_with(process, 4, "the disk of", "is full", "make room")
        mailed = len(tally.copies)
        assert mailed < SUBSCRIBERS
        with filled(small_disk):
            end_with(program.start("send"), 4, "fix:")
            assert len(tally.copies) == mailed, "on a full disk nobody is mailed"
            end_with(program.start("store", "backup", "copy.db"), 4, "fix:")
            assert not list(small_disk.glob("copy.db*"))
        check_all_mailed(program, tally)


def test_a_store_that_is_held_for_longer_than_anybody_waits(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    prepare(program)
    with tally.open() as port:
        program.use_smtp(port)
        process = program.start("send")
        wait_for(lambda: len(tally.taken) > 20)
        with closing(sqlite3.connect(program.folder / "newsletter.db", isolation_level=None)) as other:
            other.execute("PRAGMA busy_timeout = 30000")
            other.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            # What was in flight tries to be recorded too before the run gives up.
            end_with(process, 4, "newsletter.db is busy", "fix: another program holds it", seconds=300)
            waited = time.monotonic() - started
            assert waited > 25
            other.execute("ROLLBACK")
        check_all_mailed(program, tally)
    with capsys.disabled():
        print(f"\nthe run gave up after {waited:.0f} s")  # noqa: T201
