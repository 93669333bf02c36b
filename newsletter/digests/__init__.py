"""Digests: where one comes from (`source`), what it says (`read`, `formats/`), how it is shown (`show`).

    source: bytes → read: text → formats: the one that claims it → Digest

The pieces that formats share stand beside them: `dates`, `written_links`, `links`, and for summaries
`summary`, `sections`, `numerals`, `keyword_list`, `sentences`. Nothing here decides whether a digest is
fresh, complete or to be mailed.
"""

from newsletter.digests.fetch import FetchLimits
from newsletter.digests.read import parse_digest
from newsletter.digests.show import digest_as_json, digest_as_text
from newsletter.digests.source import SourceReading, read_source

__all__ = [
    "FetchLimits",
    "SourceReading",
    "digest_as_json",
    "digest_as_text",
    "parse_digest",
    "read_source",
]
