"""What a reader's own mail costs, beside one premailer run of the page.

    python benchmarks/mail.py [SOURCE] [--readers N] [--rounds N]

The edition is a digest of 40 papers (default: made like that of benchmarks/delivery.py), its parts rendered
before anything is timed. Every reader has an address and links of his own. `own choice`: no two readers
chose the same one to eight of the edition's keywords; decided, laid out and composed from nothing. `cached`:
all chose every paper. Both end with a message whose pieces are encoded; joining them is copying and stands
apart. The peer is premailer with our settings on the page of all papers, as it would run for each reader.
Rounds alternate; the fastest of each counts, for whoever else uses the machine only adds; times are those of
the processor. The exit code is 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.archive import make_digests  # noqa: E402
from newsletter.delivery.compose import EditionComposer, MailFacts  # noqa: E402
from newsletter.delivery.links import LinkMaker  # noqa: E402
from newsletter.digests import parse_digest  # noqa: E402
from newsletter.keywords import Topics, Vocabulary, join_groups, shipped_groups  # noqa: E402
from newsletter.model import (  # noqa: E402
    Digest,
    Edition,
    EditionKind,
    Message,
    Newsletter,
    Preferences,
    PublishedPaper,
    Subscriber,
    SubscriberStatus,
)
from newsletter.render.environment import make_environment, render_template  # noqa: E402
from newsletter.render.inline import inline_css  # noqa: E402
from newsletter.render.words import load_words  # noqa: E402
from newsletter.store.batches import Lease  # noqa: E402
from newsletter.store.offering import Offer  # noqa: E402

RATIO, OWN_MS, CACHED_MS = 100, 0.2, 0.05
LANGUAGE = "zh-CN"
NOON = datetime(2025, 9, 24, 4, tzinfo=UTC)
"""Of planning."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", nargs="?", type=Path, help="a digest in any known format")
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    digest = next(make_digests(1)) if asked.source is None else _read(asked.source)
    edition, vocabulary = _publish(digest)
    newsletter = _make_newsletter(edition)
    composer = _make_composer(edition, newsletter, vocabulary)
    page = _draw_page(newsletter, composer)
    readers = _make_readers(edition, asked.readers * asked.rounds)
    rounds = cycle(readers[start :: asked.rounds] for start in range(asked.rounds))
    everybody = [_make_reader(number, None) for number in range(asked.readers)]
    messages = [_compose(composer, reader) for reader in everybody]
    works: dict[str, Callable[[], int]] = {
        "premailer": lambda: _run_premailer(page),
        "own choice": lambda: _compose_all(composer, next(rounds)),  # more than the composer keeps
        "cached": lambda: _compose_all(composer, everybody),
        "joining the pieces": lambda: _join_all(messages),
    }
    papers = len(edition.papers)
    print(f"{papers} papers, {len(messages[0].raw) / 1000:.0f} kB a mail; processor milliseconds", flush=True)
    best = _measure(works, asked.rounds)
    ratio = best["premailer"] / best["own choice"]
    return max(
        _judge("premailer / own choice", ratio, RATIO, ratio >= RATIO),
        _judge("own choice, ms", best["own choice"], OWN_MS, best["own choice"] <= OWN_MS),
        _judge("cached, ms", best["cached"], CACHED_MS, best["cached"] <= CACHED_MS),
    )


def _read(source: Path) -> Digest:
    return parse_digest(source.read_bytes(), source=str(source))


def _publish(digest: Digest) -> tuple[Edition, Vocabulary]:
    vocabulary = Vocabulary(Topics(join_groups((), shipped_groups(LANGUAGE))))
    papers = []
    for paper in digest.papers:
        keywords, broader = vocabulary.keywords_of(paper)
        papers.append(PublishedPaper(paper, keywords, NOON, NOON, digest.date.isoformat(), broader))
    return Edition(EditionKind.DAILY, digest.date, 1, NOON, NOON, tuple(papers)), vocabulary


def _make_newsletter(edition: Edition) -> Newsletter:
    return Newsletter(
        title="每日论文",
        base_url="https://papers.bench.test/",
        language=LANGUAGE,
        timezone="Asia/Shanghai",
        sender_name="每日论文",
        sender_address="digest@papers.bench.test",
        tag_authority="papers.bench.test",
        tag_date=edition.period_end,
    )


def _make_composer(edition: Edition, newsletter: Newsletter, vocabulary: Vocabulary) -> EditionComposer:
    facts = MailFacts(
        newsletter=newsletter,
        subject="{title} {date} · {count} · {keywords}",
        intro="",
        environment=make_environment(),
        keyword_pages=None,
        links=LinkMaker(newsletter, b"key"),
        date=NOON,
    )
    return EditionComposer(facts, vocabulary, lambda revision: edition, 1)


def _draw_page(newsletter: Newsletter, composer: EditionComposer) -> str:
    """The mail of a reader of every paper, its styles taken back into a sheet."""
    html = _compose(composer, _make_reader(0, None)).html
    environment, words = make_environment(), load_words(LANGUAGE)
    sheet = render_template(environment, words, "email/style.css", newsletter=newsletter)
    head, _, rest = html.partition("</head>")
    return f"{head}<style>{sheet}</style></head>{rest}"


def _make_readers(edition: Edition, count: int) -> list[Subscriber]:
    """Readers of whom no two chose the same keywords."""
    labels = sorted({each.label for paper in edition.papers for each in paper.all_keywords})
    lot = random.Random(7)
    choices: dict[tuple[str, ...], None] = {}
    while len(choices) < count:
        choices[tuple(sorted(lot.sample(labels, lot.randint(1, 8))))] = None
    return [_make_reader(number, choice) for number, choice in enumerate(choices)]


def _make_reader(number: int, keywords: tuple[str, ...] | None) -> Subscriber:
    email = f"reader{number:06}@mail.bench.test"
    return Subscriber(
        number, f"{number:020x}", email, "", SubscriberStatus.CONFIRMED, Preferences(keywords=keywords)
    )


def _offer(composer: EditionComposer, reader: Subscriber) -> Offer:
    return Offer(Lease(1, 0, 1, 0, reader.id), reader, 1, composer.decide(reader) or "", 1)


def _compose(composer: EditionComposer, reader: Subscriber) -> Message:
    message = composer.compose(_offer(composer, reader))
    _ = message.head
    for fragments in (message.text_fragments, message.html_fragments):
        for fragment in (fragments[0], fragments[-1]):
            _ = fragment.encoded
    return message


def _run_premailer(page: str) -> int:
    inline_css(page)
    return 1


def _compose_all(composer: EditionComposer, readers: Sequence[Subscriber]) -> int:
    for reader in readers:
        _compose(composer, reader)
    return len(readers)


def _join_all(messages: Sequence[Message]) -> int:
    for message in messages:
        b"".join((message.head, *message.encoded_body))
    return len(messages)


def _measure(works: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """Milliseconds a piece of work, the fastest round."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            started = time.process_time()
            pieces = work()
            best[name] = min(best[name], (time.process_time() - started) * 1000 / pieces)
    for name, each in best.items():
        print(f"  {name:<20} {each:8.3f}", flush=True)
    return best


def _judge(name: str, value: float, bar: float, reached: bool) -> int:
    print(f"{name:<24} {value:8.3f}   (bar: {bar}){'' if reached else '   MISSED'}")
    return int(not reached)


if __name__ == "__main__":
    sys.exit(main())
