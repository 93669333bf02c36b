"""The examples of the documentation: each is read, and by the format it is an example of."""

from __future__ import annotations

import re
from pathlib import Path

from newsletter.digests.formats import FORMATS
from tests.digests.digest_texts import read

PAGE = Path(__file__).resolve().parents[2] / "docs/howto/write-a-digest.md"
EXAMPLE = re.compile(r"^## (\S+)$.*?^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_format_has_an_example_that_is_read() -> None:
    examples = dict(EXAMPLE.findall(PAGE.read_text(encoding="utf-8")))
    assert examples.keys() == FORMATS.keys()
    for name, text in examples.items():
        digest = read(text)
        assert (digest.format, digest.date.isoformat(), digest.problems) == (name, "2025-09-24", ())
        [paper] = digest.papers
        assert paper.arxiv_id == "2509.17567"
        assert paper.sections.one_line
