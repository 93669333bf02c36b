"""Makes the messages and calls that the transports are tried with."""

from __future__ import annotations

from typing import Any

from newsletter.delivery.headers import encode_head
from newsletter.model import Call, Fragment, Message

SENDER = "digest@papers.test"
BOUNDARY = "=_contract"


def make_message(number: int = 0, **changes: Any) -> Message:
    recipient = changes.get("recipient", f"reader{number}@mail.test")
    headers = (
        ("From", f"每日论文 <{SENDER}>"),
        ("To", f"读者{number} <{recipient}>"),
        ("Subject", f"每日论文 · {number}"),
    )
    facts: dict[str, Any] = {
        "delivery_id": f"2025-09-24.{number}",
        "sender": SENDER,
        "recipient": recipient,
        "headers": headers,
        "head": encode_head(headers, BOUNDARY),
        "boundary": BOUNDARY,
        "text_fragments": (Fragment("第一篇论文。\n".encode() * 300),),
        "html_fragments": (Fragment("<p>第一篇论文。</p>\n".encode() * 300),),
    }
    return Message(**facts | changes)


def make_call(*messages: Message) -> Call:
    return Call(key="-".join(message.delivery_id for message in messages), messages=messages)
