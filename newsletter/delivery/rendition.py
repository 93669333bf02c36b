"""A rendition: what a reader gets of an edition, in one line that the ledger keeps.

`zh-CN *`, `en k-1,k-2|10`: language and choice; then, behind ` -`, marks of the papers that he would get by
his choice and that were mailed with an earlier edition. It is kept as it was at the first offer, so that the
same delivery has the same bytes whatever is known of earlier editions later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from newsletter.keywords import Choice


@dataclass(frozen=True, slots=True)
class Rendition:
    """`repeats` are the marks of papers that are left out."""

    language: str
    choice: Choice
    repeats: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The rendition in one line, the same for everybody who gets the same."""
        repeats = f" -{','.join(sorted(self.repeats))}" if self.repeats else ""
        return f"{self.language} {self.choice.key}{repeats}"

    @classmethod
    def from_key(cls, key: str) -> Rendition:
        """The rendition whose `key` this is."""
        language, _, rest = key.partition(" ")
        choice, _, repeats = rest.partition(" -")
        return cls(
            language, Choice.from_key(choice), frozenset(repeats.split(",")) if repeats else frozenset()
        )


def mark_paper(identity: str) -> str:
    """A paper in a few characters, whatever its place in a revision."""
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:10]
