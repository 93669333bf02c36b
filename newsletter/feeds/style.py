"""How a feed looks to somebody who opens it in a browser: one CSS file, and a word on what it is.

Feeds name it in a processing instruction, which browsers follow without XSLT. It works on the
elements of Atom and RSS as they stand; JSON Feed has the word alone.
"""

from __future__ import annotations

from pathlib import Path

from newsletter.feeds.content import Words
from newsletter.model import Theme

STYLE_PATH = "feeds/style.css"
"""Its public path."""

_SOURCE = Path(__file__).with_name("style.css")
_NOTE = '"NOTE"'


def explain(words: Words) -> str:
    """What a feed is for, to people."""
    return words("This is a feed. Give its address to a feed reader, and new papers come to you.")


def build_style(words: Words, theme: Theme) -> bytes:
    """The stylesheet of all feeds in the newsletter's colours, with the word in the language of `words`."""
    note = explain(words).replace("\\", "\\\\").replace('"', '\\"')
    style = _SOURCE.read_text(encoding="utf-8").replace(_NOTE, f'"{note}"')
    return style.replace("LIGHT", theme.light.variables).replace("DARK", theme.dark.variables).encode()
