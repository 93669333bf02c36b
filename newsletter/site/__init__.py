"""Public files → the folder that any static host can serve::

    feeds of feeds/, pages of render/ ──▶ PublicFile ──write_site──▶ public/ ──▶ SiteChange ──▶ ping_hubs

What stands in a page is left to `render/`, what stands in a feed to `feeds/`; when to publish, to
`daily/`.
"""

from newsletter.site.hubs import changed_topics, ping_hubs
from newsletter.site.public import PublicFile, PublicRank, SiteChange
from newsletter.site.sitemap import SitemapPage, build_sitemap
from newsletter.site.writer import write_site

__all__ = [
    "PublicFile",
    "PublicRank",
    "SiteChange",
    "SitemapPage",
    "build_sitemap",
    "changed_topics",
    "ping_hubs",
    "write_site",
]
