"""The personal links of a mail: each token allows one thing, and test mails carry tokens of nobody."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.model import FeedFormat, Newsletter
from newsletter.render.layout import PersonalLinks
from newsletter.tokens import Purpose, make_token


@dataclass(frozen=True, slots=True)
class LinkMaker:
    """Makes the links of one newsletter; `key` signs them."""

    newsletter: Newsletter
    key: bytes

    def make(self, subject: str, address: str) -> PersonalLinks:
        """`subject` is the subscriber's public id, or tokens.TEST_SUBJECT."""
        url = self.newsletter.url
        feed_token = make_token(self.key, Purpose.FEED, subject)
        return PersonalLinks(
            unsubscribe=url(f"unsubscribe/{make_token(self.key, Purpose.UNSUBSCRIBE, subject)}"),
            address=address,
            preferences=url(f"preferences/{make_token(self.key, Purpose.PREFERENCES, subject)}"),
            feed=url(personal_feed_path(feed_token, FeedFormat.ATOM)),
        )


def personal_feed_path(token: str, feed_format: FeedFormat) -> str:
    """The public path of a subscriber's own feed."""
    return f"feeds/personal/{token}.{feed_format}"
