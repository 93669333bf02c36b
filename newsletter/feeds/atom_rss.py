"""`Entry` and `Head` → Atom (RFC 4287) and RSS 2.0, by filling the moulds of `generator`.

Entries are made one by one and joined as bytes: one paper stands in many feeds, and the size of
each decides on the window. Cleaning is left to `entry` and `feed`, choosing to `window`.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from newsletter.feeds import generator
from newsletter.feeds.entry import Entry
from newsletter.feeds.feed import Head
from newsletter.feeds.mould import Mould, Values, escape_attribute, escape_text

_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
_FORBIDDEN = bytes({*range(0x20)} - {0x09, 0x0A, 0x0D})
"""XML 1.0 §2.2."""


def render_atom_entry(entry: Entry) -> bytes:
    """`<entry>` (RFC 4287 §4.1.2), without a declaration of its namespace."""
    dates = {"published": entry.published.isoformat(), "updated": entry.updated.isoformat()}
    values = {**_escape_entry(entry), **dates, "summary": escape_text(entry.summary)}
    return _close(generator.make_atom_entry(), values)


def render_rss_entry(entry: Entry) -> bytes:
    """`<item>` of RSS 2.0: the description is the summary, `content:encoded` everything."""
    # A description is HTML, also where it is plain text.
    summary = escape_text(escape(entry.summary, quote=False))
    values = {**_escape_entry(entry), "published": format_datetime(entry.published), "summary": summary}
    return _close(generator.make_rss_entry(), values)


def render_atom_feed(head: Head, entries: Sequence[bytes]) -> bytes:
    """An Atom document (RFC 4287) of entries that `render_atom_entry` made."""
    values = {**_escape_head(head), "updated": head.updated.isoformat()}
    return _join(generator.make_atom_head(is_archive=head.is_archive), values, entries)


def render_rss_feed(head: Head, entries: Sequence[bytes]) -> bytes:
    """An RSS 2.0 document of entries that `render_rss_entry` made."""
    values = {**_escape_head(head), "updated": format_datetime(head.updated)}
    return _join(generator.make_rss_head(), values, entries)


@lru_cache(maxsize=1024)  # a feed's worth: one format is written after the other
def _escape_entry(entry: Entry) -> Values:
    """What both formats say alike."""
    return {
        "id": escape_text(entry.id),
        "title": escape_text(entry.title),
        "url": escape_attribute(entry.url),
        "related": [] if entry.url == entry.page_url else [{"href": escape_attribute(entry.page_url)}],
        "authors": [{"name": escape_text(name)} for name in entry.authors],
        "categories": [
            {
                "term": escape_attribute(category.term),
                "scheme": escape_attribute(category.scheme),
                "label": escape_attribute(category.label),
            }
            for category in entry.categories
        ],
        "content": escape_text(entry.content),
    }


def _escape_head(head: Head) -> Values:
    return {
        "id": escape_text(head.id),
        "title": escape_text(head.title),
        "subtitle": escape_text(head.subtitle),
        "language": escape_attribute(head.language),
        "author": escape_text(head.author),
        "self": escape_attribute(head.self_url),
        "type": escape_attribute(head.media_type),
        "page": escape_attribute(head.page_url),
        "style": escape_attribute(head.style_url),
        "hubs": [{"href": escape_attribute(hub)} for hub in head.hubs],
        "archives": [{"rel": rel, "href": escape_attribute(url)} for rel, url in head.archives],
    }


def _close(mould: Mould, values: Values) -> bytes:
    return _encode(f"{mould.fill(values)}{mould.closing}\n")


def _join(mould: Mould, values: Values, entries: Sequence[bytes]) -> bytes:
    """The document with `entries` before its closing tags."""
    head = _encode(f"{_DECLARATION}{mould.fill(values)}\n")
    return b"".join([head, *entries, mould.closing.encode(), b"\n"])


def _encode(text: str) -> bytes:
    """UTF-8 without what XML forbids: values are clean, but one that is not would lose every feed."""
    if "\ufffe" in text or "\uffff" in text:
        text = text.replace("\ufffe", "").replace("\uffff", "")
    return text.encode(errors="ignore").translate(None, _FORBIDDEN)  # lone surrogates are the errors
