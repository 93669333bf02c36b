"""How fast an edition is handed over to a provider's API, beside a bare httpx client with the same bodies.

    python benchmarks/providers.py [--messages 20000] [--rounds 3] [--providers resend …]

Each figure is a process of its own, timed from its start to its end: ours is the whole `newsletter
send` with its ledger, the peer only posts finished bodies, on as many connections. Both post to the
server of the contract suite, which reads every mail as the provider would, in a process of its own.
The rounds alternate, the medians count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.delivery_editions import COMMAND, Prepared, prepare  # noqa: E402
from tests.contracts.api_peers import API_PEERS, as_variables  # noqa: E402

HERE = ROOT / "benchmarks"
BAR = 0.8
FLAT = 1.25
"""At most so much more memory for ten times as many messages."""
CONNECTIONS = 4


def main() -> int:
    asked = _ask()
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        edition = prepare("real", asked.messages, work / "real")
        tenth = prepare("real", asked.messages // 10, work / "tenth")
        for name in asked.providers:
            missed |= _measure(name, edition, tenth, work / name, asked.rounds)
    return int(missed)


def _ask() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--providers", nargs="+", choices=list(API_PEERS), default=list(API_PEERS))
    return parser.parse_args()


def _measure(name: str, edition: Prepared, tenth: Prepared, bodies: Path, rounds: int) -> bool:
    """Whether a bar was missed."""
    bodies.mkdir()
    with _server(name, edition.messages, bodies) as port:
        _send(name, edition, port)
    size = sum(path.stat().st_size for path in bodies.glob("*.body")) / edition.messages
    print(f"\n{name}: {edition.messages:,} messages, {size / 1000:,.1f} kB of request each", flush=True)
    rates: dict[str, list[float]] = {"ours": [], "httpx": []}
    memory = 0.0
    for number in range(rounds):
        with _server(name, edition.messages) as port:
            seconds, memory = _send(name, edition, port)
            rates["ours"].append(edition.messages / seconds)
        with _server(name, edition.messages) as port:
            started = time.perf_counter()
            peer = [sys.executable, HERE / "providers_peer.py", str(port), str(CONNECTIONS), bodies]
            subprocess.run(peer, check=True)
            rates["httpx"].append(edition.messages / (time.perf_counter() - started))
        print(
            f"  round {number + 1}: ours {rates['ours'][-1]:,.0f}/s, httpx {rates['httpx'][-1]:,.0f}/s",
            flush=True,
        )
    with _server(name, tenth.messages) as port:
        _, less = _send(name, tenth, port)
    ratio = statistics.median(rates["ours"]) / statistics.median(rates["httpx"])
    _say(f"{name}: ours / httpx", ratio, f"at least {BAR}", missed=ratio < BAR)
    grown = memory / less
    told = f"{name}: memory, MB ({less:.0f} MB for a tenth)"
    _say(told, memory, f"at most {FLAT} times as much", missed=grown > FLAT)
    return ratio < BAR or grown > FLAT


def _say(what: str, figure: float, bar: str, *, missed: bool) -> None:
    print(f"{what:<52} {figure:7.2f}   (bar: {bar}){'   MISSED' if missed else ''}", flush=True)


def _send(name: str, edition: Prepared, port: int) -> tuple[float, float]:
    """`newsletter send` with an empty ledger: seconds, and the most memory in MB."""
    edition.renew()
    variables = {
        "PYTHONPATH": str(ROOT),
        "NEWSLETTER_TRANSPORT__KIND": name,
        **as_variables(name, f"http://127.0.0.1:{port}"),
        f"NEWSLETTER_TRANSPORT__{name.upper()}__CONNECTIONS": str(CONNECTIONS),
    }
    started = time.perf_counter()
    command = [*COMMAND, "send", "--force"]
    with subprocess.Popen(
        command, cwd=edition.folder, env=os.environ | variables, stdout=subprocess.DEVNULL
    ) as process:
        _, state, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(state)
    if process.returncode:
        raise SystemExit(f"newsletter send by {name}: exit {process.returncode}")
    return time.perf_counter() - started, used.ru_maxrss / 1000


@contextmanager
def _server(name: str, messages: int, bodies: Path | None = None) -> Iterator[int]:
    """Its port; it must have taken so many messages in the end."""
    command = [sys.executable, str(HERE / "providers_server.py"), name, *([str(bodies)] if bodies else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        output = cast(TextIO, server.stdout)
        try:
            yield int(output.readline())
        finally:
            server.terminate()
        taken = output.read().strip()
    if taken != str(messages):
        raise SystemExit(f"{name}: the server took {taken} messages, not {messages}")


if __name__ == "__main__":
    sys.exit(main())
