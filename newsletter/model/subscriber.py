"""Who gets it, and what each asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsletter.model.edition import EditionKind


class SubscriberStatus(StrEnum):
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class SuppressionReason(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a subscriber asked for. `keywords` as he wrote them; None: all papers.

    `language` is that of the interface words (empty: the newsletter's); `limit` the most papers
    in one mail (None: no limit).
    """

    keywords: tuple[str, ...] | None = None
    frequency: EditionKind = EditionKind.DAILY
    language: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person. `public_id` is what links and Message-IDs carry; `id` never leaves the store."""

    id: int
    public_id: str
    email: str
    name: str
    status: SubscriberStatus
    preferences: Preferences
