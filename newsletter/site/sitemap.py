"""The sitemap (sitemaps.org, protocol 0.9): which pages there are, and when each last changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from lxml import etree

from newsletter.feeds import encode_url
from newsletter.model import Newsletter

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MAXIMUM_PAGES = 50_000  # the protocol's limit for one file


@dataclass(frozen=True, slots=True)
class SitemapPage:
    """A public path, and when what stands there last changed (None: nobody knows)."""

    path: str
    updated: datetime | None


def build_sitemap(newsletter: Newsletter, pages: Iterable[SitemapPage]) -> bytes:
    """The sitemap of `pages`, the most important first: what exceeds the limit is left out."""
    root = etree.Element("urlset", nsmap={None: _NAMESPACE})
    for page in islice(pages, _MAXIMUM_PAGES):
        url = etree.SubElement(root, "url")
        etree.SubElement(url, "loc").text = encode_url(newsletter.url(page.path))
        if page.updated is not None:
            etree.SubElement(url, "lastmod").text = page.updated.astimezone(UTC).isoformat()
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return data
