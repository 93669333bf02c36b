"""How long a daily build takes on top of a short and a long archive, and the memory of a rebuild.

    python benchmarks/build.py

Each figure is a process of its own: its seconds are those of taking the day's digest in and of publishing.
The peer is the program itself: the build on top of 30 editions beside that on top of 300 in the same run,
alternating; the ratio is one of processor time, which a busy machine changes little. The exit code is 1 when
a bar is missed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SHORT, LONG, ROUNDS = 30, 300, 5
RATIO, SECONDS, MEGABYTES = 1.2, 2.0, 400


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        archives = {days: Path(folder) / str(days) for days in (SHORT, LONG)}
        for days, archive in archives.items():
            archive.mkdir()
            rebuilt = _run("fill", archive, 0, days)
            print(f"{days:>4} editions, built from nothing: {_show(rebuilt)}", flush=True)
        seconds: dict[int, list[float]] = {SHORT: [], LONG: []}
        cpu: dict[int, list[float]] = {SHORT: [], LONG: []}
        for number in range(ROUNDS):
            for days, archive in archives.items():
                figures = _run("fill", archive, days + number, 1)
                seconds[days].append(figures["intake"] + figures["publish"])
                cpu[days].append(figures["cpu"])
                print(f"{days:>4} editions, one day more: {_show(figures)}", flush=True)
        for days, archive in archives.items():
            print(f"{days:>4} editions, nothing new: {_show(_run('fill', archive, 0, 0))}", flush=True)
        again = _run("all", archives[LONG], 0, 0)
        print(f"{LONG:>4} editions, all rendered again: {_show(again)}")
    ratio = statistics.median(cpu[LONG]) / statistics.median(cpu[SHORT])
    return _judge(
        {
            f"one day more on {LONG} / on {SHORT} editions": (ratio, RATIO),
            f"seconds for one day more on {LONG} editions": (statistics.median(seconds[LONG]), SECONDS),
            "MB at most in a rebuild": (max(rebuilt["peak_mb"], again["peak_mb"]), MEGABYTES),
        }
    )


def _judge(bars: dict[str, tuple[float, float]]) -> int:
    for name, (figure, bar) in bars.items():
        print(f"{name}: {figure:.2f} (bar {bar}) {'reached' if figure <= bar else 'MISSED'}")
    return int(any(figure > bar for figure, bar in bars.values()))


def _run(what: str, folder: Path, first: int, days: int) -> dict[str, float]:
    command = [sys.executable, __file__, what, str(folder), str(first), str(days)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _show(figures: dict[str, float]) -> str:
    return (
        f"publish {figures['publish']:.2f} s, intake {figures['intake']:.2f} s, "
        f"{figures['written']:.0f} files written, peak {figures['peak_mb']:.0f} MB"
    )


def measure(what: str, folder: Path, first: int, days: int) -> dict[str, float]:
    """In a process of its own: takes the digests in, publishes, and says how long each took."""
    import resource

    from benchmarks.archive import FIRST_DAY, make_digests
    from newsletter.config import load_config
    from newsletter.daily.publish import publish_site
    from newsletter.daily.publisher import open_publisher
    from newsletter.daily.read import store_digests

    # The clock stands behind the last day, so that every digest is dated with its own.
    now = datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC) + timedelta(days=10_000)
    publisher = open_publisher(load_config(None, {}, folder), lambda: now)
    started, worked = time.perf_counter(), time.process_time()
    for digest in make_digests(days, first=first):
        with publisher.store.write() as tx:
            store_digests(tx, publisher, [digest])
    taken_in = time.perf_counter()
    change = publish_site(publisher, everything=what == "all")
    published = time.perf_counter()
    publisher.close()
    return {
        "intake": taken_in - started,
        "publish": published - taken_in,
        "cpu": time.process_time() - worked,
        "written": len(change.written),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
    else:
        sys.exit(main())
