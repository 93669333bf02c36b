"""What a fetch may remember: a document with what its server knows it by, so that it is not sent again.

Where it is kept is for others (`newsletter.store.fetched`); without such a place everything is fetched.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """What an address gave, and its validators as they were received (RFC 9110 §8.8); empty: none."""

    content: bytes
    etag: str = ""
    last_modified: str = ""

    def conditions(self) -> dict[str, str]:
        """The header that asks for it only if it is another now.

        The entity tag alone where there is one: a server must ignore the date beside it (RFC 9110 §13.1.3).
        """
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified else {}


class KeptDocuments(Protocol):
    """A bounded place for documents. A key is `name_kept`'s."""

    def find(self, key: str) -> KeptDocument | None:
        """What is kept under `key`."""

    def keep(self, key: str, document: KeptDocument) -> None:
        """Keeps it instead of what was there; one that is kept again counts as used."""


def name_kept(url: str) -> str:
    """The key of a URL with all that belongs to it, credentials too: SHA-256 in hex, because it is stored."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
