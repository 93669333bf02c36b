"""The personal links of a mail: each token allows one thing, and test mails carry tokens of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from newsletter.model import FeedFormat, Newsletter
from newsletter.render.layout import PersonalLinks
from newsletter.tokens import Purpose, TokenMaker


@dataclass(frozen=True)
class LinkMaker:
    """Makes the links of one newsletter; `key` signs them."""

    newsletter: Newsletter
    key: bytes

    def make(self, subject: str, address: str) -> PersonalLinks:
        """`subject` is the subscriber's public id, or tokens.TEST_SUBJECT."""
        base = self.newsletter.url()
        unsubscribe, preferences, feed = [tokens.make(subject) for tokens in self._tokens]
        return PersonalLinks(
            unsubscribe=f"{base}unsubscribe/{unsubscribe}",
            address=address,
            preferences=f"{base}preferences/{preferences}",
            feed=base + personal_feed_path(feed, FeedFormat.ATOM),
        )

    @cached_property
    def _tokens(self) -> tuple[TokenMaker, ...]:
        purposes = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.FEED)
        return tuple(TokenMaker(self.key, purpose) for purpose in purposes)


def personal_feed_path(token: str, feed_format: FeedFormat) -> str:
    """The public path of a subscriber's own feed."""
    return f"feeds/personal/{token}.{feed_format}"
