"""The one module that knows feedgen, which writes each kind of element once, with slots for its values.

feedgen 1.0.0 is wrong in places, and is put right through its own `register_extension`, whose
extensions may rewrite the tree:

- an Atom entry's links lose rel, type and title → `_AtomEntry` writes them anew;
- RSS dates are formatted between two `setlocale` calls, which are not thread-safe → feedgen gets
  none, the slots are for dates ready written;
- RSS has no authors without a mail address, and no hub → `dc:creator` and `atom:link`;
- the channel's link is that of the last `link()` call → the page comes last;
- `updated` is the time of the build → it is a slot.

Filling the slots is left to `atom_rss`, whose values bear the names used here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from newsletter.feeds.mould import Mould, make_mould

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_HISTORY = "http://purl.org/syndication/history/1.0"
_RSS_NAMESPACES: Mapping[str | None, str] = {"atom": _ATOM, "content": _CONTENT, "dc": _DC}
_GENERATOR = "research-newsletter"
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""Satisfies feedgen where it insists on a date; a slot takes its place."""


@cache
def make_atom_entry() -> Mould:
    """`<entry>` (RFC 4287 §4.1.2), without a declaration of its namespace."""
    draft = _draft_entry(_AtomEntry)
    draft.summary("{summary}")
    draft.content("{content}", type="html")
    node = draft.atom_entry()
    return make_mould(node, node, {})


@cache
def make_rss_entry() -> Mould:
    """`<item>` of RSS 2.0."""
    draft = _draft_entry(_RssItem)
    draft.description("{summary}")
    node = draft.rss_entry()
    return make_mould(node, node, _RSS_NAMESPACES)


def _draft_entry(extension: type[Any]) -> Any:
    draft = FeedEntry()
    draft.id("{id}")
    draft.title("{title}")
    draft.link(href="{url}")
    draft.author({"name": "{authors.name}"})
    draft.category(
        {"term": "{categories.term}", "scheme": "{categories.scheme}", "label": "{categories.label}"}
    )
    draft.updated(_NO_DATE)
    draft.register_extension("slots", extension)
    return draft


@cache
def make_atom_head(*, is_archive: bool) -> Mould:
    """An Atom document; as an archive it says so."""
    draft = _draft_feed()
    draft.updated(_NO_DATE)
    draft.register_extension("slots", _AtomArchive if is_archive else _AtomFeed, rss=False)
    root = etree.fromstring(draft.atom_str())
    return make_mould(root.getroottree(), root, root.nsmap)


@cache
def make_rss_head() -> Mould:
    """An RSS 2.0 document."""
    draft = _draft_feed()
    draft.register_extension("slots", _RssChannel, atom=False)
    root = etree.fromstring(draft.rss_str())
    return make_mould(root.getroottree(), root[0], root.nsmap)


def _draft_feed() -> Any:
    draft = FeedGenerator()
    draft.id("{id}")
    draft.title("{title}")
    draft.subtitle("{subtitle}")
    draft.language("{language}")
    draft.author(name="{author}")
    draft.generator(_GENERATOR)
    draft.link(rel="hub", href="{hubs.href}")
    draft.link(rel="self", type="{type}", href="{self}")
    draft.link(rel="alternate", type="text/html", href="{page}")
    draft.lastBuildDate(_UNWRITTEN)
    return draft


class _AtomEntry:
    """What feedgen leaves out of an Atom entry, or writes wrong."""

    def extend_atom(self, node: Any) -> None:
        for bare in node.findall("link"):
            node.remove(bare)
        etree.SubElement(node, "link", rel="alternate", href="{url}")
        etree.SubElement(node, "link", rel="related", type="text/html", href="{related.href}")
        node.find("updated").text = "{updated}"
        etree.SubElement(node, "published").text = "{published}"


class _RssItem:
    """What feedgen leaves out of an RSS item, or writes wrong."""

    def extend_rss(self, node: Any) -> None:
        # The validator wants it behind the description (NeedDescriptionBeforeContent).
        etree.SubElement(node, f"{{{_CONTENT}}}encoded", nsmap={"content": _CONTENT}).text = "{content}"
        etree.SubElement(node, f"{{{_DC}}}creator", nsmap={"dc": _DC}).text = "{authors.name}"
        etree.SubElement(node, "pubDate").text = "{published}"


class _AtomFeed:
    """The style of an Atom document, its date, and its place among archives (RFC 5005 §4)."""

    def extend_ns(self) -> dict[str, str]:
        return {}

    def extend_atom(self, root: Any) -> None:
        root.addprevious(_style())
        root.find("updated").text = "{updated}"
        etree.SubElement(
            root, "link", rel="{archives.rel}", type="application/atom+xml", href="{archives.href}"
        )


class _AtomArchive(_AtomFeed):
    """The mark that nobody need subscribe to this document."""

    def extend_ns(self) -> dict[str, str]:
        return {"fh": _HISTORY}

    def extend_atom(self, root: Any) -> None:
        super().extend_atom(root)
        etree.SubElement(root, f"{{{_HISTORY}}}archive")


class _RssChannel:
    """What feedgen leaves out of an RSS channel, or writes wrong."""

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DC}

    def extend_rss(self, root: Any) -> None:
        root.addprevious(_style())
        [channel] = root
        etree.SubElement(channel, "lastBuildDate").text = "{updated}"
        etree.SubElement(channel, f"{{{_DC}}}creator").text = "{author}"
        etree.SubElement(channel, f"{{{_ATOM}}}link", rel="hub", href="{hubs.href}")


class _Unwritten(datetime):
    """A date that feedgen takes and, since it is false, does not write."""

    def __bool__(self) -> bool:
        return False


_UNWRITTEN = _Unwritten(1970, 1, 1, tzinfo=UTC)


def _style() -> Any:
    return etree.ProcessingInstruction("xml-stylesheet", 'type="text/css" href="{style}"')
