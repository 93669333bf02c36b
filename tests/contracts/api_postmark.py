"""Postmark's side: POST /email/batch as its documentation describes it (email-api#send-batch-emails,
overview#error-codes), and the stream that it is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .api_server import Accepted

_FIELDS = {
    "From": str,
    "To": str,
    "Subject": str,
    "HtmlBody": str,
    "TextBody": str,
    "ReplyTo": str,
    "MessageStream": str,
    "TrackOpens": bool,
    "TrackLinks": str,
    "Headers": list,
}
_MAILBOX = re.compile(r"([^<>]*<)?[A-Za-z0-9.!#$%&'`*+/=^_{}|~-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+>?")
_BODY = 5_000_000  # bytes of each body
_CALL = 50_000_000

INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive. Found inactive addresses: {}. "
    "Inactive recipients are ones that have generated a hard bounce, a spam complaint, "
    "or a manual suppression. "
)

Verdict = Callable[[dict[str, Any]], tuple[int, str] | None]
"""What a message is refused with, by code and words; None: taken."""


class Postmark:
    """Knows the token and one stream; judges each message alone and answers 200 whatever came of them."""

    def __init__(self, key: str = "pm_test", *, verdict: Verdict = lambda message: None) -> None:
        self.key = key
        self.verdict = verdict
        self.unsubscribes = "Custom"
        self.taken = 0

    async def answer(self, request: Request) -> tuple[Response, list[Accepted]]:
        if request.headers.get("accept") != "application/json":
            return _refuse(415, 409, "The 'Accept' header must be 'application/json'."), []
        if request.headers.get("x-postmark-server-token") != self.key:
            return _refuse(401, 10, "Request does not contain a valid Server token."), []
        match request.method, request.url.path:
            case "GET", "/message-streams/broadcast":
                return JSONResponse(self._describe_stream()), []
            case "POST", "/email/batch":
                return await self._take(request)
        return _refuse(422, 1226, "The message stream for the provided 'ID' was not found."), []

    async def _take(self, request: Request) -> tuple[Response, list[Accepted]]:
        body = await request.body()
        if len(body) > _CALL:
            return Response("Payload Too Large", 413), []
        messages = json.loads(body)
        if not isinstance(messages, list):
            return _refuse(422, 403, "Invalid request field(s)."), []
        if len(messages) > 500:
            return _refuse(422, 410, "You may only send up to 500 messages in a single batched request."), []
        answers, accepted = [], []
        for message in messages:
            if problem := _find_fault(message) or _find_reason(message) or self.verdict(message):
                answers.append({"ErrorCode": problem[0], "Message": problem[1]})
                continue
            self.taken += 1
            answers.append(
                {
                    "To": message["To"],
                    "SubmittedAt": "2025-09-24T08:00:01.1794748-05:00",
                    "MessageID": f"b7bc2f4a-{self.taken}",
                    "ErrorCode": 0,
                    "Message": "OK",
                }
            )
            accepted.append(_accept(message))
        return JSONResponse(answers), accepted

    def _describe_stream(self) -> dict[str, Any]:
        return {
            "ID": "broadcast",
            "ServerID": 1,
            "MessageStreamType": "Broadcasts",
            "SubscriptionManagementConfiguration": {"UnsubscribeHandlingType": self.unsubscribes},
        }


def _find_fault(message: dict[str, Any]) -> tuple[int, str] | None:
    """What is wrong with the form of a message."""
    for name, value in message.items():
        if not isinstance(value, _FIELDS.get(name, ())):
            return 403, f"Invalid request field(s): '{name}'."
    for name in ("From", "To"):
        if not _MAILBOX.fullmatch(message.get(name, "")):
            return 300, f"Invalid '{name}' address: '{message.get(name, '')}'."
    bodies = [message.get(name, "").encode() for name in ("HtmlBody", "TextBody")]
    if not any(bodies) or max(map(len, bodies)) > _BODY:
        return 300, "Provide either email TextBody or HtmlBody or both, of at most 5 MB."
    if any(set(header) != {"Name", "Value"} for header in message.get("Headers", [])):
        return 300, "Invalid email headers."
    return None


def _find_reason(message: dict[str, Any]) -> tuple[int, str] | None:
    """Why a message that is well formed is not taken."""
    if message.get("MessageStream") != "broadcast":
        return 1235, "The 'MessageStream' provided does not exist on this server."
    if "gone@" in message["To"]:
        return 406, INACTIVE.format(message["To"])
    return None


def _accept(message: dict[str, Any]) -> Accepted:
    headers = {header["Name"].lower(): header["Value"] for header in message["Headers"]}
    return Accepted(
        message["From"], message["To"], message["Subject"], message["TextBody"], message["HtmlBody"], headers
    )


def _refuse(status: int, code: int, message: str) -> Response:
    return JSONResponse({"ErrorCode": code, "Message": message}, status)
