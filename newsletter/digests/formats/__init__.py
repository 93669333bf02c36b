"""The formats of digests: one file a format, one registry, sniffed from the text.

A new format is a file here with a `DigestFormat`, a line in the registry, and a sample in
tests/contracts/test_digest_format.py; one in Markdown has its marks in `marks` too.
"""

from __future__ import annotations

from newsletter.digests.formats.daily_ai_papers import DailyAiPapers
from newsletter.digests.formats.hf_chinese import HfChinese
from newsletter.digests.formats.json_digest import JsonDigest
from newsletter.digests.formats.papers_for import PapersFor
from newsletter.digests.formats.reading import DigestFormat, FoundPaper, Reading

__all__ = ["FORMATS", "DigestFormat", "FoundPaper", "Reading", "find_format"]

_KNOWN: tuple[DigestFormat, ...] = (PapersFor(), DailyAiPapers(), HfChinese(), JsonDigest())
FORMATS: dict[str, DigestFormat] = {digest_format.name: digest_format for digest_format in _KNOWN}


def find_format(text: str) -> DigestFormat | None:
    """The format that `text` claims; None where no format knows it."""
    return next((known for known in FORMATS.values() if known.sniff(text)), None)
