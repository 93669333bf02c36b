"""Where `newsletter send` spends its time: runs it under cProfile, every thread of it.

    python benchmarks/delivery_profile.py send      (in the folder of a newsletter)

Times are those within functions, not under them, added up by room and library; with the profiler at
work small functions look larger than they are. Threads wait for each other, so waiting is named apart.
"""

from __future__ import annotations

import cProfile
import pstats
import re
import sys
import threading
from collections import Counter

_PLACES = (
    ("waiting", r"method 'acquire' of|select\.epoll|method 'control'|time\.sleep|method 'get' of '_queue"),
    ("wire: socket", r"_socket\.socket"),
    ("store: sqlite", r"sqlite3\."),
    ("store: sqlalchemy", r"/sqlalchemy/"),
    ("store: ours", r"/newsletter/store/"),
    ("wire: ours", r"/newsletter/delivery/transports/"),
    ("compose", r"/newsletter/(delivery/(compose|headers|links)|render|tokens|model)|base64|hmac|hash"),
    ("desk, send", r"/newsletter/delivery/"),
    ("asyncio", r"/asyncio/|_asyncio|_contextvars|/concurrent/futures/|/(threading|queue|selectors)\.py"),
    ("reading and start", r"importlib|/jinja2/|/click/|/lxml|markdown_it|/re/|marshal|posix|/newsletter/"),
)


def main() -> None:
    """Runs the command line, then prints the summary."""
    profiles = [cProfile.Profile()]
    _profile_threads(profiles)
    profiles[0].enable()
    try:
        from newsletter.cli import main as run

        run(sys.argv[1:])  # exits
    finally:
        profiles[0].disable()
        print(summarise(pstats.Stats(*profiles)))


def _profile_threads(profiles: list[cProfile.Profile]) -> None:
    """cProfile sees only its own thread; each new one gets a profile of its own."""
    run = threading.Thread.run

    def run_profiled(thread: threading.Thread) -> None:
        profile = cProfile.Profile()
        profiles.append(profile)
        profile.runcall(run, thread)

    threading.Thread.run = run_profiled  # type: ignore[method-assign]


def summarise(stats: pstats.Stats) -> str:
    """The share of each place, and the twelve functions that take most."""
    places: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (file, line, name), (_, calls, inside, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        function = f"{file}:{line}({name})"
        place = next((place for place, pattern in _PLACES if re.search(pattern, function)), "other")
        places[place] += inside
        if place != "waiting":
            short = re.sub(r".*/(site-packages|lib/python[0-9.]+|newsletter)/", "", function)
            functions[f"{calls:>9,} × {short}"] += inside
    total = sum(places.values()) - places["waiting"]
    rows = [
        f"{'waiting' if place == 'waiting' else f'{spent / total:7.1%}'}  {spent:6.2f} s  {place}"
        for place, spent in places.most_common()
    ]
    tops = [f"{spent / total:7.1%}  {spent:6.2f} s {name}" for name, spent in functions.most_common(14)]
    return "\n".join([*rows, "", *tops])


if __name__ == "__main__":
    main()
