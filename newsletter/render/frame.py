"""What every public page has: its place, from which it links, and what it declares of itself.

Links between pages are relative and name `index.html`: so the folder works opened from disk, under
any path, and on hosts that know no index files. What the world is to remember (the canonical
address, feeds) is absolute and names folders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment

from newsletter.model import Keyword, Newsletter
from newsletter.render.environment import render_template
from newsletter.render.feed_links import list_feeds
from newsletter.render.words import Words


@dataclass(frozen=True, slots=True)
class Frame:
    """A public page at `path`; `keyword` is its own, where it is about one."""

    newsletter: Newsletter
    words: Words
    path: str
    keyword: Keyword | None = None

    def link(self, target: str) -> str:
        """The relative address of another public path."""
        is_folder = not target or target.endswith("/")
        return "../" * self.path.count("/") + target + ("index.html" if is_folder else "")

    def render(self, environment: Environment, template: str, **values: Any) -> bytes:
        text = render_template(
            environment,
            self.words,
            template,
            newsletter=self.newsletter,
            link=self.link,
            canonical=self.newsletter.url(self.path),
            feeds=list_feeds(self.newsletter, self.keyword),
            **values,
        )
        return text.encode()
