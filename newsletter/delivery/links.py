"""The personal links of a mail: each token allows one thing, and test mails carry tokens of nobody."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.model import Newsletter
from newsletter.render.layout import PersonalLinks
from newsletter.tokens import Purpose, make_token


@dataclass(frozen=True, slots=True)
class LinkMaker:
    """Makes the links of one newsletter; `key` signs them."""

    newsletter: Newsletter
    key: bytes

    def make(self, subject: str, address: str) -> PersonalLinks:
        """`subject` is the subscriber's public id, or tokens.TEST_SUBJECT."""
        return PersonalLinks(
            unsubscribe=self._url("unsubscribe/{}", Purpose.UNSUBSCRIBE, subject), address=address
        )

    def _url(self, path: str, purpose: Purpose, subject: str) -> str:
        return self.newsletter.url(path.format(make_token(self.key, purpose, subject)))
