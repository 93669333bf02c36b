"""How long 3,000 keyword feeds of 20 entries take in Atom and RSS, beside plain feedgen.

    python benchmarks/feeds.py

Both sides start from the same finished entries (what making those costs, once a paper, is printed
beside) and end with bytes; the rounds alternate. What feedparser reads from either must be equal.
The seconds are those of the processor, so that a busy machine changes the ratio little.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
from feedgen.feed import FeedGenerator

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.archive import make_digests  # noqa: E402
from newsletter.feeds import Feed, FeedBuilder, keyword_feed  # noqa: E402
from newsletter.feeds.entry import Entry  # noqa: E402
from newsletter.model import FeedFormat, Keyword, Newsletter, PublishedPaper  # noqa: E402

FEEDS, ENTRIES, DAYS, ROUNDS, COMPARED = 3_000, 20, 300, 5, 60
FORMATS = (FeedFormat.ATOM, FeedFormat.RSS)
TARGET = 0.25
Build = Callable[[Sequence[Feed], FeedBuilder], Iterable[object]]
START = datetime(2024, 1, 1, tzinfo=UTC)

newsletter = Newsletter(
    title="每日论文",
    base_url="https://papers.test/",
    language="zh-CN",
    timezone="Asia/Shanghai",
    sender_name="每日论文",
    sender_address="digest@papers.test",
    tag_authority="papers.test",
    tag_date=START.date(),
)


def main() -> None:
    papers = make_papers()
    feeds = make_feeds(papers)
    compare(feeds, warm_builder(papers))
    content = clock(
        lambda feeds, builder: [builder.entry(paper) for paper in papers], feeds, FeedBuilder(newsletter)
    )
    ours, plain = [], []
    for _ in range(ROUNDS):
        builder = warm_builder(papers)
        ours.append(clock(build_ours, feeds, builder))
        plain.append(clock(build_plain, feeds, builder))
    ratio = statistics.median(ours) / statistics.median(plain)
    print(
        f"{FEEDS} feeds × {ENTRIES} entries of {len(papers)} papers, {' and '.join(FORMATS)}, {ROUNDS} rounds"
    )
    print(f"{'ours':<16} {statistics.median(ours):6.2f} s")
    print(f"{'plain feedgen':<16} {statistics.median(plain):6.2f} s")
    print(f"{'ratio':<16} {ratio:6.2f}   (target: at most {TARGET})")
    print(f"{'entries, both':<16} {content:6.2f} s   (Markdown to HTML, once a paper)")
    sys.exit(ratio > TARGET)


def make_papers() -> list[PublishedPaper]:
    """The papers of an archive, the newest first."""
    papers = [
        PublishedPaper(
            paper=paper,
            keywords=tuple(Keyword(written, f"k{written.encode().hex()[:24]}") for written in paper.keywords),
            published_at=START + timedelta(days=day, seconds=-position),
            updated_at=START + timedelta(days=day, seconds=-position),
            edition=digest.date.isoformat(),
        )
        for day, digest in enumerate(make_digests(DAYS))
        for position, paper in enumerate(digest.papers)
    ]
    return sorted(papers, key=lambda paper: paper.published_at, reverse=True)


def make_feeds(papers: Sequence[PublishedPaper]) -> list[Feed]:
    """Each with papers of its own choice, spread over the archive; a paper stands in five of them."""
    step = len(papers) // ENTRIES
    return [
        keyword_feed(
            newsletter,
            Keyword(f"主题 {number}", f"topic-{number}"),
            [papers[(number + place * step) % len(papers)] for place in range(ENTRIES)],
            empty_at=START,
        )
        for number in range(FEEDS)
    ]


def warm_builder(papers: Sequence[PublishedPaper]) -> FeedBuilder:
    """A builder that has made every entry, but no bytes, and has room for them all: the papers of these
    feeds lie all over the archive, while a publication goes through its keywords by their newest papers."""
    builder = FeedBuilder(newsletter, kept=len(papers))
    for paper in papers:
        builder.entry(paper)
    return builder


def build_ours(feeds: Iterable[Feed], builder: FeedBuilder) -> Iterable[bytes]:
    for feed in feeds:
        for feed_format in FORMATS:
            yield builder.build(feed, feed_format)


def build_plain(feeds: Iterable[Feed], builder: FeedBuilder) -> Iterable[bytes]:
    for feed in feeds:
        papers = sorted(feed.papers, key=lambda paper: paper.published_at, reverse=True)
        draft = draft_feed(feed, [builder.entry(paper) for paper in papers])
        for feed_format in FORMATS:
            draft.link(rel="self", href=newsletter.url(feed.paths[feed_format]), replace=True)
            draft.link(rel="alternate", href=newsletter.url(feed.page_path))
            yield draft.atom_str() if feed_format is FeedFormat.ATOM else draft.rss_str()


def draft_feed(feed: Feed, entries: Sequence[Entry]) -> Any:
    """As feedgen's README does it, with all that our entries say."""
    draft = FeedGenerator()
    draft.id(feed.id)
    draft.title(feed.title)
    draft.subtitle(feed.subtitle)
    draft.language(feed.language)
    draft.author({"name": newsletter.sender_name})
    draft.updated(max(entry.updated for entry in entries))
    for entry in entries:
        item = draft.add_entry(order="append")
        item.id(entry.id)
        item.title(entry.title)
        item.link(href=entry.url)
        item.author([{"name": name} for name in entry.authors])
        item.category([{"term": c.term, "scheme": c.scheme, "label": c.label} for c in entry.categories])
        item.summary(entry.summary)
        item.content(entry.content, type="html")
        item.published(entry.published)
        item.updated(entry.updated)
    return draft


def compare(feeds: Sequence[Feed], builder: FeedBuilder) -> None:
    """Fails where a reader would see a difference: ids, titles, links, dates, text."""
    some = feeds[:: len(feeds) // COMPARED]
    for ours, plain in zip(build_ours(some, builder), build_plain(some, builder), strict=True):
        mine, theirs = read(ours), read(plain)
        if mine != theirs:
            raise SystemExit(f"not equal:\n{mine}\n{theirs}")


def read(data: bytes) -> tuple[object, ...]:
    parsed = feedparser.parse(data)
    entries = [
        (entry.id, entry.title, entry.link, entry.published_parsed, entry.content[0].value)
        for entry in parsed.entries
    ]
    return parsed.feed.title, parsed.feed.link, entries


def clock(build: Build, feeds: Sequence[Feed], builder: FeedBuilder) -> float:
    """Seconds of the processor until all has been built, and let go."""
    start = time.process_time()
    for _ in build(feeds, builder):
        pass
    return time.process_time() - start


if __name__ == "__main__":
    main()
