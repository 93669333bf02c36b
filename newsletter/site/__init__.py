"""Public files → the folder that any static host can serve::

    feeds of feeds/, pages of render/ ──▶ PublicFile ──write_site──▶ public/ ──▶ SiteChange ──▶ ping_hubs

What stands in a page is left to `render/`, what stands in a feed to `feeds/`; when to publish, to
`daily/`. `hubs`, `sitemap` and `files` are imported by their names: they need the feeds and their libraries,
which a run that finds nothing to publish does without.
"""

from newsletter.site.public import PublicFile, PublicRank, SiteChange
from newsletter.site.writer import write_site

__all__ = [
    "PublicFile",
    "PublicRank",
    "SiteChange",
    "write_site",
]
