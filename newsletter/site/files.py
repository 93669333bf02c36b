"""Which files a feed has: feeds → public files. The bytes are made by `feeds/`.

Which keywords have feeds is decided in `daily/`, and what a page says is left to `render/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from newsletter.feeds import (
    STYLE_PATH,
    Archive,
    Feed,
    FeedBuilder,
    Words,
    archive_feed,
    build_style,
    link_archives,
    plan_archives,
)
from newsletter.model import FeedFormat, PublishedPaper, Theme, feed_path
from newsletter.site.public import PublicFile, PublicRank


def style_file(words: Words, theme: Theme) -> PublicFile:
    """What every feed looks like in a browser; there before the feeds that name it."""
    return PublicFile(STYLE_PATH, build_style(words, theme), PublicRank.PAGE)


def keyword_files(builder: FeedBuilder, feed: Feed, *, former: Iterable[str] = ()) -> Iterator[PublicFile]:
    """The feed of a keyword, also where the feeds of the `former` slugs stood that it took in.

    There too it names its own address as its self, so that readers move on even from static hosts.
    """
    for feed_format, path in feed.paths.items():
        data = builder.build(feed, feed_format)
        for address in (path, *(feed_path(feed_format, slug) for slug in former)):
            yield PublicFile(address, data, PublicRank.KEYWORD_FEED)


def all_papers_files(
    builder: FeedBuilder,
    live: Feed,
    *,
    days: Iterable[date],
    load_papers: Callable[[Archive], Sequence[PublishedPaper]],
    is_wanted: Callable[[Archive], bool] = lambda archive: True,
) -> Iterator[PublicFile]:
    """The feed of all papers, and before it the archives it leads to that are wanted.

    The papers of `live` need not reach beyond what it shows by more than one. `days` are those (UTC)
    on which any paper was published; `load_papers` gives those of an archive.
    """
    archives = plan_archives(days, builder.find_edge(live, FeedFormat.ATOM))
    for archive in filter(is_wanted, archives):
        feed = archive_feed(live, archive, load_papers(archive))
        for feed_format, path in feed.paths.items():
            yield PublicFile(path, builder.build(feed, feed_format), PublicRank.KEYWORD_FEED)
    linked = link_archives(live, archives)
    for feed_format, path in linked.paths.items():
        yield PublicFile(path, builder.build(linked, feed_format), PublicRank.ALL_FEED)
