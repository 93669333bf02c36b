"""Resend's side: POST /emails/batch as its documentation describes it."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .api_server import Accepted

_MAILBOX = re.compile(r"([^<>]*<)?[^@<>\s]+@[^@<>\s]+\.[^@<>\s]+>?")


class Resend:
    """Knows the key, remembers every call by its idempotency key, refuses a batch for one bad message."""

    def __init__(self, key: str = "re_test") -> None:
        self.key = key
        self.may_only_send = False
        self.answered: dict[str, tuple[bytes, dict[str, Any]]] = {}

    async def answer(self, request: Request) -> tuple[Response, list[Accepted]]:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _refuse(403, "invalid_api_key", "API key is invalid"), []
        match request.method, request.url.path:
            case "GET", "/domains" if self.may_only_send:
                return _refuse(
                    401, "restricted_api_key", "This API key is restricted to only send emails"
                ), []
            case "GET", "/domains":
                domains = [{"id": "d-1", "name": "papers.test", "status": "verified"}]
                return JSONResponse({"object": "list", "data": domains}), []
            case "POST", "/emails/batch":
                return await self._take(request)
        return _refuse(404, "not_found", "The requested endpoint does not exist"), []

    async def _take(self, request: Request) -> tuple[Response, list[Accepted]]:
        body, key = await request.body(), request.headers.get("idempotency-key", "")
        if key in self.answered:
            first, answer = self.answered[key]
            if first == body:
                return JSONResponse(answer), []
            return _refuse(409, "invalid_idempotent_request", "Same key, another payload"), []
        emails = json.loads(body)
        if problem := _find_problem(emails):
            return _refuse(422, "validation_error", problem), []
        answer = {"data": [{"id": f"id-{len(self.answered)}-{number}"} for number in range(len(emails))]}
        if key:
            self.answered[key] = (body, answer)
        return JSONResponse(answer), [_accept(email) for email in emails]


def _find_problem(emails: list[dict[str, Any]]) -> str:
    if not 1 <= len(emails) <= 100:
        return "The batch must have 1 to 100 emails"
    for email in emails:
        for field in ("from", "to", "subject", "html", "text"):
            if not email.get(field):
                return f"Missing `{field}` field"
        (to,) = email["to"]
        if not _MAILBOX.fullmatch(to) or to.startswith("gone@"):
            return "Invalid `to` field"
    return ""


def _accept(email: dict[str, Any]) -> Accepted:
    headers = {name.lower(): value for name, value in email["headers"].items()}
    return Accepted(email["from"], email["to"][0], email["subject"], email["text"], email["html"], headers)


def _refuse(status: int, name: str, message: str) -> Response:
    return JSONResponse({"statusCode": status, "name": name, "message": message}, status)
