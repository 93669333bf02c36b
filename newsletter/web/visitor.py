"""Who opened a personal link: the token in the address is all that says so."""

from __future__ import annotations

from typing import TypeGuard

from starlette.requests import Request

from newsletter.daily.publisher import Publisher
from newsletter.errors import NotFound
from newsletter.model import Subscriber, SubscriberStatus
from newsletter.store import Transaction
from newsletter.store.subscribers import find_subscriber_by_public_id
from newsletter.tokens import Purpose, check_token


def read_subject(publisher: Publisher, purpose: Purpose, request: Request) -> str:
    """The public id in the link, or tokens.TEST_SUBJECT. Raises TokenError."""
    token = request.path_params["token"]
    return check_token(publisher.key, purpose, token, now=publisher.clock())


def find_visitor(tx: Transaction, public_id: str) -> Subscriber | None:
    """The subscriber; None where he was erased since the link was made."""
    try:
        return find_subscriber_by_public_id(tx, public_id)
    except NotFound:
        return None


def is_subscribed(visitor: Subscriber | None) -> TypeGuard[Subscriber]:
    return visitor is not None and visitor.status is not SubscriberStatus.UNSUBSCRIBED
