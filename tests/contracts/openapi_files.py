"""The providers' own OpenAPI files, beside the checkout, and our requests as these see them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers

from newsletter.delivery.headers import format_address
from newsletter.delivery.transports.api import ApiTransport, Dialect
from newsletter.delivery.transports.api_wire import Request
from newsletter.model import Call, Message

from .api_peers import API_PEERS, reach
from .messages import make_message

_FILES = {"resend": "resend.yaml", "sendgrid": "sendgrid_mail.json"}
PUBLISHED = [name for name in API_PEERS if name in _FILES]
"""The providers here that publish one; what is in it is MIT."""
PUBLISHED_WITH_CHECK = [name for name in PUBLISHED if name != "sendgrid"]
"""SendGrid's file is of mail alone."""


def find_specification(shared_folder: Path, name: str) -> Path:
    return shared_folder / "openapi" / _FILES[name]


def make_dialect(name: str) -> Dialect:
    transport = reach(name, "http://127.0.0.1:1")
    assert isinstance(transport, ApiTransport)
    return transport.dialect


def make_request(name: str, messages: Sequence[Message]) -> Request:
    dialect = make_dialect(name)
    return dialect.make_request(Call.of(messages), [dialect.encode(message) for message in messages])


def make_messages(name: str) -> dict[str, list[Message]]:
    """By what is special about them, the messages of a call each."""
    one = make_message(1)
    fields = dict(one.headers)
    reply = (*one.headers, ("Reply-To", "编辑部 <editors@papers.test>"))
    names = fields | {
        "To": '"王, 小明 (研究)" <reader1@mail.test>',
        "From": "每日论文 📄 <digest@papers.test>",
    }
    far = "wang@例子.测试"
    beyond = fields | {"To": format_address("读者", far)}
    bare = fields | {"To": "reader1@mail.test", "From": "digest@papers.test"}
    most = make_dialect(name).features.messages_per_call
    return {
        "one": [one],
        "a reply address": [make_message(1, headers=reply)],
        "names with all kinds of characters": [make_message(1, headers=tuple(names.items()))],
        "no names": [make_message(1, headers=tuple(bare.items()))],
        "a domain beyond ASCII": [make_message(recipient=far, headers=tuple(beyond.items()))],
        "as many as a call may have": [make_message(number) for number in range(most)],
    }


@dataclass
class AsPublished:
    """A request of ours under the names that openapi-core reads, sent to the provider's own host."""

    host_url: str
    path: str
    method: str
    parameters: RequestParameters
    content_type: str
    body: bytes

    @classmethod
    def of(cls, request: Request, host: str) -> AsPublished:
        headers = Headers(dict(request.headers))
        parameters = RequestParameters(header=headers)
        content_type = headers.get("Content-Type", "")
        return cls(host, request.path, request.method.lower(), parameters, content_type, request.body)


def change_first(request: Request, **fields: Any) -> Request:
    """With these fields of the first object of its body set anew."""
    body = json.loads(request.body)
    first = body[0] if isinstance(body, list) else body
    first |= fields
    return replace(request, content=(json.dumps(body).encode(),))
