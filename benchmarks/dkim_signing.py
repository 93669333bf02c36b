"""What signing adds to a mail, beside dkimpy's own.

    python benchmarks/dkim_signing.py [--mails N] [--rounds N]

The mails are those of benchmarks/delivery.py's real edition, composed for readers of their own, finished
before anything is timed. Both sides use the same key and sign the same fields of the same bytes, relaxed/
relaxed; ours reads them as the composer has them, head and pieces of the body. Rounds alternate, the medians
count, times are those of the processor; dkimpy must find every signature good. Composing with and without
signing stands beside it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dkim

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.delivery_editions import prepare  # noqa: E402
from newsletter.config import load_config  # noqa: E402
from newsletter.daily.composer import rehearse_edition  # noqa: E402
from newsletter.daily.publisher import Publisher, open_publisher  # noqa: E402
from newsletter.daily.read import read_digests  # noqa: E402
from newsletter.daily.signing import find_record  # noqa: E402
from newsletter.delivery.compose import EditionComposer  # noqa: E402
from newsletter.delivery.dkim import SIGNED  # noqa: E402
from newsletter.model import Message, Preferences, Subscriber, SubscriberStatus  # noqa: E402
from newsletter.store.batches import Lease  # noqa: E402
from newsletter.store.offering import Offer  # noqa: E402

TARGET = 8
SELECTOR = "newsletter"
NOON = datetime(2024, 1, 1, 4, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mails", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        edition = prepare("real", 1, Path(folder) / "real")
        return _compare(edition.folder, asked.mails, asked.rounds)


def _compare(folder: Path, mails: int, rounds: int) -> int:
    unsigning, signing = _open(folder, {}), _open(folder, {"NEWSLETTER_DKIM__SELECTOR": SELECTOR})
    config, signer, pem = signing.config, signing.signer, (folder / "dkim.pem").read_bytes()
    if signer is None:
        raise SystemExit("the key is not used")
    plain, signed = _open_composer(unsigning), _open_composer(signing)
    messages = [_compose(plain, number) for number in range(mails)]
    raws = [message.raw for message in messages]
    domain, record = config.dkim.domain.encode(), find_record(config)
    head = b"\r\n" + messages[0].head.lower()
    names = [name.encode() for name in SIGNED if f"\r\n{name}:".encode() in head]

    def sign_ours(number: int) -> bytes:
        message = messages[number]
        return signer.sign(message.head, message.encoded_body, NOON)

    def sign_theirs(number: int) -> bytes:
        field: bytes = dkim.sign(
            raws[number],
            SELECTOR.encode(),
            domain,
            pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*names, *names, b"reply-to"],
        )
        return field

    for sign in (sign_ours, sign_theirs):
        for number, raw in enumerate(raws):
            found = dkim.verify(sign(number) + raw, dnsfunc=lambda *_, **__: record.value.encode())
            if not found:
                raise SystemExit(f"{sign.__name__}: a signature does not hold")
    works: dict[str, Callable[[int], object]] = {
        "ours": sign_ours,
        "dkimpy": sign_theirs,
        "composing, unsigned": lambda number: _compose(plain, number).raw,
        "composing, signed": lambda number: _compose(signed, number).raw,
    }
    print(
        f"{mails} mails of {len(raws[0]) / 1000:,.1f} kB, RSA of 2,048 bits; processor milliseconds a mail",
        flush=True,
    )
    medians = _measure(works, mails, rounds)
    ratio = medians["dkimpy"] / medians["ours"]
    print(f"\ndkimpy / ours {ratio:.1f}   (bar: {TARGET}){'' if ratio >= TARGET else '   MISSED'}")
    return int(ratio < TARGET)


def _open(folder: Path, variables: dict[str, str]) -> Publisher:
    config = load_config(folder / "newsletter.toml", variables, folder)
    return open_publisher(config, lambda: NOON + timedelta(days=1))


def _open_composer(publisher: Publisher) -> EditionComposer:
    return rehearse_edition(publisher, read_digests(publisher).digest)[1]


def _compose(composer: EditionComposer, number: int) -> Message:
    address = f"reader{number:06}@mail.bench.test"
    reader = Subscriber(number, f"{number:020x}", address, "", SubscriberStatus.CONFIRMED, Preferences())
    return composer.compose(Offer(Lease(1, 0, 1, 0, number), reader, 1, " *", 1))


def _measure(works: dict[str, Callable[[int], object]], mails: int, rounds: int) -> dict[str, float]:
    """Milliseconds a mail, the median of the rounds."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started = time.process_time()
            for number in range(mails):
                work(number)
            taken[name].append((time.process_time() - started) * 1000 / mails)
    medians = {name: statistics.median(each) for name, each in taken.items()}
    for name, median in medians.items():
        print(f"  {name:<20} {median:7.3f}", flush=True)
    return medians


if __name__ == "__main__":
    sys.exit(main())
