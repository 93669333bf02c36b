"""The one module that knows feedgen: an `Entry` → its bytes, a `Head` and entries → a document.

feedgen 1.0.0 is wrong in places, and is put right through its own `register_extension`, whose
extensions may rewrite the tree:

- an Atom entry's links lose rel, type and title → `_EntryExtension` writes them anew;
- RSS dates are formatted between two `setlocale` calls, which are not thread-safe → feedgen gets
  none, the extensions write them;
- RSS has no authors without a mail address, and no hub → `dc:creator` and `atom:link`;
- the channel's link is that of the last `link()` call → the page comes last;
- `updated` is the time of the build → it is always given.

Entries are made one by one and joined as bytes: one paper stands in many feeds, and the size of
each decides on the window. Cleaning is left to `entry` and `feed`, choosing to `window`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from newsletter.feeds.entry import Entry
from newsletter.feeds.feed import Head

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_NAME = "newsletter"
_GENERATOR = "research-newsletter"


def render_atom_entry(entry: Entry) -> bytes:
    """`<entry>` (RFC 4287 §4.1.2), without a declaration of its namespace."""
    draft = _draft_entry(entry)
    draft.published(entry.published)
    draft.updated(entry.updated)
    draft.summary(entry.summary)
    draft.content(entry.content, type="html")
    return _to_bytes(draft.atom_entry())


def render_rss_entry(entry: Entry) -> bytes:
    """`<item>` of RSS 2.0: the description is the whole content."""
    draft = _draft_entry(entry)
    draft.content(entry.content)
    return _to_bytes(draft.rss_entry())


def render_atom_feed(head: Head, entries: Sequence[bytes]) -> bytes:
    """An Atom document (RFC 4287) of entries that `render_atom_entry` made."""
    draft = _draft_feed(head)
    draft.updated(head.updated)
    return _join(draft.atom_str(), entries, b"</feed>")


def render_rss_feed(head: Head, entries: Sequence[bytes]) -> bytes:
    """An RSS 2.0 document of entries that `render_rss_entry` made."""
    draft = _draft_feed(head)
    draft.lastBuildDate(_UNWRITTEN)
    return _join(draft.rss_str(), entries, b"</channel></rss>")


def _draft_entry(entry: Entry) -> Any:
    draft = FeedEntry()
    draft.id(entry.id)
    draft.title(entry.title)
    draft.link(href=entry.url)
    draft.author([{"name": name} for name in entry.authors])
    draft.category([{"term": c.term, "scheme": c.scheme, "label": c.label} for c in entry.categories])
    draft.register_extension(_NAME, _EntryExtension)
    getattr(draft, _NAME).entry = entry
    return draft


def _draft_feed(head: Head) -> Any:
    draft = FeedGenerator()
    draft.id(head.id)
    draft.title(head.title)
    draft.subtitle(head.subtitle)
    draft.language(head.language)
    draft.author(name=head.author)
    draft.generator(_GENERATOR)
    for hub in head.hubs:
        draft.link(rel="hub", href=hub)
    draft.link(rel="self", type=head.media_type, href=head.self_url)
    draft.link(rel="alternate", type="text/html", href=head.page_url)
    draft.register_extension(_NAME, _ChannelExtension, atom=False)
    getattr(draft, _NAME).head = head
    return draft


class _EntryExtension:
    """What feedgen leaves out of an entry, or writes wrong."""

    entry: Entry

    def extend_atom(self, node: Any) -> None:
        for bare in node.findall("link"):
            node.remove(bare)
        etree.SubElement(node, "link", rel="alternate", href=self.entry.url)
        if self.entry.url != self.entry.page_url:
            etree.SubElement(node, "link", rel="related", type="text/html", href=self.entry.page_url)

    def extend_rss(self, node: Any) -> None:
        for author in self.entry.authors:
            etree.SubElement(node, f"{{{_DC}}}creator", nsmap={"dc": _DC}).text = author
        etree.SubElement(node, "pubDate").text = format_datetime(self.entry.published)


class _ChannelExtension:
    """What feedgen leaves out of an RSS channel, or writes wrong."""

    head: Head

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DC}

    def extend_rss(self, root: Any) -> None:
        [channel] = root
        etree.SubElement(channel, "lastBuildDate").text = format_datetime(self.head.updated)
        etree.SubElement(channel, f"{{{_DC}}}creator").text = self.head.author
        for hub in self.head.hubs:
            etree.SubElement(channel, f"{{{_ATOM}}}link", rel="hub", href=hub)


class _Unwritten(datetime):
    """A date that feedgen takes and, since it is false, does not write."""

    def __bool__(self) -> bool:
        return False


_UNWRITTEN = _Unwritten(1970, 1, 1, tzinfo=UTC)


def _to_bytes(node: Any) -> bytes:
    data: bytes = etree.tostring(node, encoding="UTF-8", xml_declaration=False)
    return data + b"\n"


def _join(empty: bytes, entries: Sequence[bytes], closing: bytes) -> bytes:
    """The document `empty` with `entries` before its `closing` tags."""
    return b"".join([empty.removesuffix(closing), b"\n", *entries, closing, b"\n"])
