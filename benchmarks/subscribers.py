"""How fast a long list is taken in, taken in again, and planned, and in how much memory.

    python benchmarks/subscribers.py [ROWS]

ROWS plain addresses (a million unless told) in no order, as CSV. The import is the command itself, a process
timed from outside with its start; planning is a process too. The peer works in the same run: Python's csv
module and sqlite3.executemany put the same rows into an equal table, as raw as can be, in transactions of as
many rows as ours. While the list is taken in, another process writes ten times a second, as an unsubscribe
would: its longest wait is told. The exit code is 1 when a bar is missed.
"""

from __future__ import annotations

import csv
import json
import os
import random
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ROWS = 1_000_000
ROWS_A_SECOND, PLAN_SECONDS, MEGABYTES, WAIT_SECONDS, TRANSACTION_SECONDS = 100_000, 10, 250, 1.0, 0.25


@dataclass(frozen=True)
class Bar:
    """A figure, and what it must not exceed, or must reach."""

    name: str
    figure: float
    bar: float
    at_least: bool = False

    @property
    def is_reached(self) -> bool:
        return self.figure >= self.bar if self.at_least else self.figure <= self.bar

    def show(self) -> str:
        verdict = "reached" if self.is_reached else "MISSED"
        return f"{self.name}: {self.figure:,.2f} (bar {'≥' if self.at_least else '≤'} {self.bar:,}) {verdict}"


def main(rows: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_list(folder / "list.csv", rows)
        raw = _run("raw", folder)
        first = _import(folder)
        wait = first["wait"]
        again = _import(folder)
        plan = _run("plan", folder)
    for what, figures in {"raw": raw, "import": first, "import again": again}.items():
        print(
            f"{what:<13} {figures['seconds']:6.1f} s ({figures['processor']:.1f} s of the processor), "
            f"{rows / figures['seconds']:,.0f} rows/s, peak {figures['peak_mb']:.0f} MB"
        )
    print(
        f"plan          {plan['seconds']:6.1f} s, peak {plan['peak_mb']:.0f} MB, {plan['planned']:,} planned"
    )
    print(f"import / raw: {first['seconds'] / raw['seconds']:.2f} of its time")
    bars = [
        Bar("rows/s in an import", rows / first["seconds"], ROWS_A_SECOND, at_least=True),
        Bar("rows/s in the same import again", rows / again["seconds"], ROWS_A_SECOND, at_least=True),
        Bar("seconds another process waits at most", max(wait, again["wait"]), WAIT_SECONDS),
        Bar("seconds to plan", plan["seconds"], PLAN_SECONDS),
        Bar("seconds of the planning transaction", plan["transaction"], 1.0),
        Bar("seconds of the longest after it", plan["longest"], TRANSACTION_SECONDS),
        Bar("MB at most", max(each["peak_mb"] for each in (first, again, plan)), MEGABYTES),
    ]
    for bar in bars:
        print(bar.show())
    return int(not all(bar.is_reached for bar in bars))


def write_list(path: Path, rows: int) -> None:
    chance = random.Random(rows)
    numbers = list(range(rows))
    chance.shuffle(numbers)
    with path.open("w") as file:
        file.write("email\n")
        for number in numbers:
            file.write(
                f"reader.{number * 7919 % 1_000_003:x}-{number}@mail{chance.randrange(3_000)}.example.org\n"
            )


def _import(folder: Path) -> dict[str, float]:
    """Runs the command, timed from outside, beside a process that writes now and then."""
    code = "from newsletter.cli import main; main()"
    command = [sys.executable, "-c", code, "subscribers", "import", "list.csv"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    if not (folder / "newsletter.db").exists():  # the store's tables are no part of an import
        subprocess.run([*command[:3], "status"], cwd=folder, env=environment, check=True, capture_output=True)
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        wait = _write_meanwhile(folder / "newsletter.db", process)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        print(process.stdout.read().strip() if process.stdout else "", flush=True)
    if process.returncode:
        raise SystemExit(f"the import failed with {process.returncode}")
    return {
        "seconds": seconds,
        "processor": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "wait": wait,
    }


def _write_meanwhile(store: Path, process: subprocess.Popen[str]) -> float:
    """The longest that a small write had to wait; an unsubscribe looks more often whether it may."""
    longest = 0.0
    connection = sqlite3.connect(store, isolation_level=None, timeout=30)
    while not _is_over(process):
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE setting SET value = value WHERE name = 'nothing'")
        connection.execute("COMMIT")
        longest = max(longest, time.perf_counter() - started)
        time.sleep(0.1)
    connection.close()
    return longest


def _is_over(process: subprocess.Popen[str]) -> bool:
    # Looks without reaping, so that `wait4` gets the usage.
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _run(what: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, what, str(folder)], check=True, capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def put_in_raw(folder: Path) -> dict[str, float]:
    """The peer: csv and executemany, nothing checked, nothing looked up."""
    from newsletter.store import open_store
    from newsletter.store.list_slices import _SLICE

    open_store(f"sqlite:///{folder / 'raw.db'}").close()
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    statement = (
        "INSERT INTO subscriber (public_id, email, normal_email, status, frequency, created_at, confirmed_at)"
        " VALUES (?, ?, ?, 'confirmed', 'daily', ?, ?)"
    )
    moment = "2025-09-24 04:00:00.000000"
    started, processor = time.perf_counter(), time.process_time()
    with (folder / "list.csv").open(newline="") as file:
        reader = csv.reader(file)
        next(reader)
        while part := [
            (secrets.token_hex(8), email, email.lower(), moment, moment)
            for (email,) in islice(reader, _SLICE)
        ]:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, part)
            connection.execute("COMMIT")
    connection.close()
    return {"seconds": time.perf_counter() - started, "processor": time.process_time() - processor}


def plan_all(folder: Path) -> dict[str, float]:
    """Plans an edition for everybody, as a send does."""
    from datetime import UTC, datetime

    from benchmarks.archive import make_digests
    from newsletter.model import EditionKind
    from newsletter.store import open_store
    from newsletter.store.editions import find_edition
    from newsletter.store.intake import take_in
    from newsletter.store.ledger import count_deliveries
    from newsletter.store.planning import expand_batches, plan_edition

    store = open_store(f"sqlite:///{folder / 'newsletter.db'}")
    now = datetime.now(UTC)
    [digest] = make_digests(1, first=0)
    with store.write() as tx:
        take_in(tx, digest, published_at=now, now=now)
        edition = find_edition(tx, EditionKind.DAILY, digest.date).id
    written = _time_writes()
    started = time.perf_counter()
    with store.write() as tx:
        plan_edition(tx, edition, now=now)
    expand_batches(store, edition)
    seconds = time.perf_counter() - started
    transaction, *others = written
    with store.read() as tx:
        planned = count_deliveries(tx, edition).planned
    return {"seconds": seconds, "transaction": transaction, "longest": max(others), "planned": planned}


def _time_writes() -> list[float]:
    """From now on, how long each writing transaction takes with its commit."""
    from newsletter.store import Store, Transaction

    seconds: list[float] = []
    plain = Store.write

    @contextmanager
    def write(self: Store) -> Iterator[Transaction]:
        started = time.perf_counter()
        with plain(self) as tx:
            yield tx
        seconds.append(time.perf_counter() - started)

    Store.write = write  # type: ignore[method-assign]
    return seconds


def measure(what: str, folder: Path) -> dict[str, float]:
    import resource

    figures = {"raw": put_in_raw, "plan": plan_all}[what](folder)
    return figures | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
