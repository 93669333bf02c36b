"""The formats of feeds: one row says how each writes an entry and a document.

A new format is a row here and a module that writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from newsletter.feeds import atom_rss, json_feed
from newsletter.feeds.entry import Entry
from newsletter.feeds.feed import Head
from newsletter.model import FeedFormat


@dataclass(frozen=True, slots=True)
class FormatWriter:
    """How one format is written; `media_type` is that of its self link."""

    media_type: str
    render_entry: Callable[[Entry], bytes]
    render_feed: Callable[[Head, Sequence[bytes]], bytes]


FORMATS: Mapping[FeedFormat, FormatWriter] = MappingProxyType(
    {
        FeedFormat.ATOM: FormatWriter(
            "application/atom+xml", atom_rss.render_atom_entry, atom_rss.render_atom_feed
        ),
        FeedFormat.RSS: FormatWriter(
            "application/rss+xml", atom_rss.render_rss_entry, atom_rss.render_rss_feed
        ),
        FeedFormat.JSON: FormatWriter(
            "application/feed+json", json_feed.render_json_entry, json_feed.render_json_feed
        ),
    }
)
