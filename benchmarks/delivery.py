"""How fast an edition is handed over by SMTP, beside postfix's smtp-source, nodemailer and others.

    python benchmarks/delivery.py [--messages 20000] [--rounds 3]

Each figure is a process of its own, timed from its start to its end: ours is the whole `newsletter
send` with its ledger, the peers only send finished bytes. All send to postfix's smtp-sink, or to a
server that answers 20 ms later; both count what they took. The rounds alternate, the medians count.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.delivery_editions import Prepared, prepare, run_newsletter  # noqa: E402

HERE = ROOT / "benchmarks"
CONNECTIONS = 10
DELAY_MS = 20
DELAYED = 3_000

Run = Callable[[Prepared, int, int], None]
"""Sends so many messages of an edition to a port."""


@dataclass(frozen=True)
class Peer:
    """`share` of the messages are enough where nothing is judged by it and it is slow."""

    name: str
    run: Run
    share: float = 1


@dataclass(frozen=True)
class Bar:
    """Ours must be so many times as fast as a peer."""

    what: str
    ratio: float
    target: float

    def __str__(self) -> str:
        verdict = "" if self.ratio >= self.target else "   MISSED"
        return f"{self.what:<52} {self.ratio:6.2f}   (bar: {self.target}){verdict}"


def main() -> int:
    asked = _ask()
    bars: list[Bar] = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in asked.editions:
            print(f"\n{name} edition", flush=True)
            edition = prepare(name, asked.messages, work / name)
            rates = _measure_round_by_round(edition, asked.rounds)
            source, nodemailer = rates["smtp-source"], rates["nodemailer"]
            target = 0.7 if name == "real" else 0.35
            bars.append(Bar(f"{name}: ours / smtp-source", rates["ours"] / source, target))
            bars.append(Bar(f"{name}: ours / nodemailer", rates["ours"] / nodemailer, 2))
        if asked.delayed:
            bars += _measure_delayed(work, min(DELAYED, asked.delayed))
        if asked.profile:
            for name in asked.editions:
                _show_profile(prepare(name, min(asked.messages, 5_000), work / f"profile-{name}"))
    print()
    for bar in bars:
        print(bar)
    return int(any(bar.ratio < bar.target for bar in bars))


def _ask() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--editions", nargs="+", choices=["real", "small"], default=["real", "small"])
    parser.add_argument("--delayed", type=int, default=DELAYED, help="messages to the late server; 0: none")
    parser.add_argument("--profile", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


# --- To smtp-sink ---------------------------------------------------------------------------------


def _measure_round_by_round(edition: Prepared, rounds: int) -> dict[str, float]:
    """Messages a second of each peer, the median of its rounds."""
    rates: dict[str, list[float]] = {peer.name: [] for peer in PEERS}
    print(f"{edition.messages:,} messages of {edition.mail.stat().st_size / 1000:,.1f} kB", flush=True)
    for number in range(rounds):
        for peer in PEERS:
            messages = max(CONNECTIONS, int(edition.messages * peer.share))
            with _sink(messages) as port:
                rates[peer.name].append(messages / _time(peer.run, edition, port, messages))
        said = ", ".join(f"{name} {each[-1]:,.0f}" for name, each in rates.items())
        print(f"  round {number + 1}: {said}", flush=True)
    medians = {name: statistics.median(each) for name, each in rates.items()}
    for name, rate in medians.items():
        print(f"  {name:<14} {rate:>9,.0f}/s   ours is {medians['ours'] / rate:.2f} times as fast")
    return medians


def _time(run: Run, edition: Prepared, port: int, messages: int) -> float:
    """Seconds, with a ledger that is empty before."""
    edition.renew()
    started = time.perf_counter()
    run(edition, port, messages)
    return time.perf_counter() - started


@contextmanager
def _sink(messages: int) -> Iterator[int]:
    """The port of a smtp-sink, which must have taken so many messages in the end."""
    port = _free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [_find("smtp-sink"), *user, "-c", f"127.0.0.1:{port}", "1000"]
    # Its counter goes through a pipe: in a file it would be flushed with each commit of our ledger.
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sink:
        counter = _Counter(cast(BinaryIO, sink.stdout))
        counter.start()
        try:
            _await_port(port)
            yield port
            time.sleep(0.1)
        finally:
            sink.terminate()
            counter.join()
    if counter.taken != messages:
        raise SystemExit(f"the sink took {counter.taken} messages, not {messages}")


class _Counter(threading.Thread):
    """Reads `quit=… mesg=…` again and again, and keeps the last."""

    def __init__(self, output: BinaryIO) -> None:
        super().__init__()
        self._output = output
        self.taken = 0

    def run(self) -> None:
        rest = b""
        while some := self._output.read(65_536):
            said = re.findall(rb"mesg=\s*(\d+)\s*\r", rest + some)
            self.taken = int(said[-1]) if said else self.taken
            rest = some[-200:]


def _run_ours(
    edition: Prepared, port: int, messages: int, connections: int = CONNECTIONS, **variables: str
) -> None:
    run_newsletter(
        edition.folder,
        "send",
        "--force",
        NEWSLETTER_TRANSPORT__SMTP__PORT=str(port),
        NEWSLETTER_TRANSPORT__SMTP__CONNECTIONS=str(connections),
        **variables,
    )


def _run_signed(edition: Prepared, port: int, messages: int) -> None:
    _run_ours(edition, port, messages, NEWSLETTER_DKIM__SELECTOR="newsletter")


def _run_source(edition: Prepared, port: int, messages: int) -> None:
    size = str(edition.mail.stat().st_size)
    sessions = ["-s", str(CONNECTIONS), "-m", str(messages), "-l", size]
    subprocess.run([_find("smtp-source"), "-d", *sessions, f"127.0.0.1:{port}"], check=True)


def _run_nodemailer(edition: Prepared, port: int, messages: int) -> None:
    script = HERE / "delivery_nodemailer.mjs"
    subprocess.run(["node", script, str(port), str(messages), edition.mail], check=True)


def _python_peer(name: str) -> Run:
    def run(edition: Prepared, port: int, messages: int) -> None:
        script = HERE / "delivery_peers.py"
        subprocess.run([sys.executable, script, name, str(port), str(messages), edition.mail], check=True)

    return run


PEERS = (
    Peer("ours", _run_ours),
    Peer("ours, signed", _run_signed),
    Peer("smtp-source", _run_source),
    Peer("nodemailer", _run_nodemailer),
    Peer("aiosmtplib", _python_peer("aiosmtplib"), share=0.5),
    Peer("smtplib", _python_peer("smtplib"), share=0.5),
    Peer("smtplib-anew", _python_peer("smtplib-anew"), share=0.05),
)


# --- To a server that answers late ----------------------------------------------------------------


def _measure_delayed(work: Path, messages: int) -> list[Bar]:
    """One round: here the wire decides, not the machine."""
    print(f"\nevery answer {DELAY_MS} ms later, real edition", flush=True)
    rates = {
        "smtplib": _time_delayed(work, messages // 10, _python_peer("smtplib")),
        "one": _time_delayed(work, messages // 5, lambda *given: _run_ours(*given, connections=1)),
        "ten": _time_delayed(work, messages, _run_ours),
    }
    print(", ".join(f"{name} {rate:,.1f}/s" for name, rate in rates.items()))
    return [
        Bar("20 ms: ours on one connection / smtplib", rates["one"] / rates["smtplib"], 1.8),
        Bar("20 ms: ours on ten connections / smtplib", rates["ten"] / rates["smtplib"], 16),
    ]


def _time_delayed(work: Path, messages: int, run: Run) -> float:
    edition = prepare("real", messages, work / f"late-{messages}")
    with _late_server(messages) as port:
        return messages / _time(run, edition, port, messages)


@contextmanager
def _late_server(messages: int) -> Iterator[int]:
    command = [sys.executable, HERE / "delivery_server.py", str(DELAY_MS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        output = cast(TextIO, server.stdout)
        try:
            yield int(output.readline())
            time.sleep(0.1)
        finally:
            server.terminate()
        counts = output.read().split()
    if not counts or int(counts[-1]) != messages:
        raise SystemExit(f"the late server took {counts[-1:]} messages, not {messages}")


# --- Where the time goes --------------------------------------------------------------------------


def _show_profile(edition: Prepared) -> None:
    print(f"\nprofile of the {edition.name} edition, {edition.messages:,} messages (not timed)", flush=True)
    with _sink(edition.messages) as port:
        done = run_newsletter(
            edition.folder,
            "send",
            "--force",
            command=(sys.executable, str(HERE / "delivery_profile.py")),
            NEWSLETTER_TRANSPORT__SMTP__PORT=str(port),
        )
    print(done.stdout)


# --- Processes ------------------------------------------------------------------------------------


def _find(program: str) -> str:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/lib/postfix/sbin")
    if found is None:
        raise SystemExit(f"{program} is missing: it comes with postfix")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("smtp-sink does not start")


if __name__ == "__main__":
    sys.exit(main())
