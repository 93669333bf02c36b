"""Digests: where one comes from (`source`), what it says (`read`, `formats/`), how it is shown (`show`).

    source: bytes → read: text → formats: the one that claims it → Digest → merge: one of several sources

Places are read by `places`, addresses by `fetch` and what stands beside it: `attempt`, `connect`,
`addresses`, `body`, `retries`, `kept`, `limits`. What was read is judged by `reading`. The pieces that
formats share stand beside them: `dates`, `written_links`, `links`, and for summaries `summary`,
`sections`, `numerals`, `keyword_list`, `sentences`. Nothing here decides whether a digest is fresh,
complete or to be mailed.
"""

from newsletter.digests.kept import KeptDocument, KeptDocuments
from newsletter.digests.limits import FetchLimits
from newsletter.digests.read import parse_digest
from newsletter.digests.reading import SourceReading
from newsletter.digests.show import digest_as_json, digest_as_text
from newsletter.digests.source import read_source, read_sources

__all__ = [
    "FetchLimits",
    "KeptDocument",
    "KeptDocuments",
    "SourceReading",
    "digest_as_json",
    "digest_as_text",
    "parse_digest",
    "read_source",
    "read_sources",
]
