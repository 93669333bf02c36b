"""The formats of digests: one file a format, one registry, sniffed from the text.

A new format is a file here with a `DigestFormat`, a line in the registry, and a sample in
tests/contracts/test_digest_format.py.
"""

from __future__ import annotations

from newsletter.digests.formats.papers_for import PapersFor
from newsletter.digests.formats.reading import DigestFormat, FoundPaper, Reading

__all__ = ["FORMATS", "DigestFormat", "FoundPaper", "Reading", "find_format"]

FORMATS: dict[str, DigestFormat] = {digest_format.name: digest_format for digest_format in (PapersFor(),)}


def find_format(text: str) -> DigestFormat | None:
    """The format that `text` claims; None where no format knows it."""
    return next((known for known in FORMATS.values() if known.sniff(text)), None)
