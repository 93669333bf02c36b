"""The feeds a page offers: those of its keyword, where it is about one, and those of all papers."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.model import FeedFormat, Keyword, Newsletter, feed_path
from newsletter.render.views import flatten

_FORMATS = {
    FeedFormat.ATOM: ("Atom", "application/atom+xml"),
    FeedFormat.RSS: ("RSS", "application/rss+xml"),
    FeedFormat.JSON: ("JSON Feed", "application/feed+json"),
}


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed: its title and format in words, its media type and public path."""

    title: str
    format: str
    type: str
    path: str


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """The feeds in every format."""

    of_keyword: tuple[FeedLink, ...]
    of_all: tuple[FeedLink, ...]

    @property
    def own(self) -> tuple[FeedLink, ...]:
        """What a page shows in its text."""
        return self.of_keyword or self.of_all

    @property
    def all(self) -> tuple[FeedLink, ...]:
        """What a page declares, its own first: readers take the first one they find."""
        return self.of_keyword + self.of_all


def list_feeds(newsletter: Newsletter, keyword: Keyword | None = None) -> FeedLinks:
    """The feeds of a page about `keyword`, or about no one keyword."""
    title = newsletter.title
    of_keyword = () if keyword is None else _all_formats(f"{title} · {flatten(keyword.label)}", keyword.slug)
    return FeedLinks(of_keyword, _all_formats(title, None))


def _all_formats(title: str, slug: str | None) -> tuple[FeedLink, ...]:
    return tuple(
        FeedLink(title, name, media_type, feed_path(feed_format, slug))
        for feed_format, (name, media_type) in _FORMATS.items()
    )
