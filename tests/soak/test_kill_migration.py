"""kill -9 while an old store is migrated: it opens afterwards, and has everything, and so has each copy."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.store.migrate import HEAD
from tests.running import Program
from tests.store.old_store import make_old_store

pytestmark = pytest.mark.soak

SUBSCRIBERS = 100_000
KILLS = 10

FILL = """
INSERT INTO edition VALUES (1, 'daily', '2025-09-24', 1, '2025-09-24', '2025-09-24', NULL, NULL, NULL, NULL)
CREATE TEMP VIEW n AS
 WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 100000) SELECT x FROM n
INSERT INTO subscriber (id, public_id, email, normal_email, status, frequency, created_at)
 SELECT x, x, 'r' || x || '@x.test', 'r' || x || '@x.test', 'confirmed', 'daily', '2025-09-24' FROM n
INSERT INTO delivery (edition_id, subscriber_id, state, choice)
 SELECT 1, id, 'submitted', 'a|' || (id % 50) FROM subscriber
"""


def look(path: Path) -> tuple[str, int, int]:
    """The revision of a sound store, and how many rows it has."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        [(subscribers,)] = connection.execute("SELECT count(*) FROM subscriber").fetchall()
        [(deliveries,)] = connection.execute(
            "SELECT count(*) FROM delivery WHERE state = 'submitted'"
        ).fetchall()
    return revision, subscribers, deliveries


def test_a_migration_that_is_killed_again_and_again_loses_nothing(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    path = program.folder / "newsletter.db"
    make_old_store(path, FILL.replace("\n ", " ").strip().splitlines())
    old = path.read_bytes()
    dice = random.Random(3)  # noqa: S311
    started = time.monotonic()
    assert program.run("store", "migrate").code == 0
    usual = time.monotonic() - started
    killed: list[str] = []
    while len(killed) < KILLS:
        for each in program.folder.iterdir():
            each.unlink()
        path.write_bytes(old)
        process = program.start("store", "migrate")
        time.sleep(dice.uniform(usual * 0.3, usual))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            killed.append(check_after_kill(program, path, twice=len(killed) % 2 == 0))
    assert len(set(killed)) > 1, "before the copy, and after it"
    with capsys.disabled():
        counted = {what: killed.count(what) for what in sorted(set(killed))}
        print(f"\n{len(killed)} kills of a migration of {usual:.1f} s; left behind: {counted}")  # noqa: T201


def check_after_kill(program: Program, path: Path, *, twice: bool) -> str:
    """Opens what a kill left; returns which files it had left."""
    whole = (SUBSCRIBERS, SUBSCRIBERS)
    left = " ".join(sorted(each.name.removeprefix(path.name) for each in program.folder.iterdir()))
    for copy in find_copies(program):
        assert look(copy) == ("0001", *whole)
    if twice:  # also where whoever opens it next dies at once
        process = program.start("store", "migrate")
        time.sleep(0.3)
        process.kill()
        process.communicate()
    assert program.run("store", "migrate").code == 0
    assert look(path) == (HEAD, *whole)
    for copy in find_copies(program):
        assert look(copy) == ("0001", *whole)
    assert find_copies(program)
    assert [each.name for each in program.folder.iterdir() if ".part" in each.name] == []
    return left


def find_copies(program: Program) -> list[Path]:
    names = program.folder.glob(f"newsletter.db.before-{HEAD}*")
    return [each for each in names if ".part" not in each.name and not each.name.endswith(("-wal", "-shm"))]
