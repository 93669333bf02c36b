"""Brevo's side: POST /v3/smtp/email with messageVersions as its documentation describes it.

developers.brevo.com: reference/send-transac-email, docs/batch-send-transactional-emails,
docs/heterogenous-versions-batch-emails.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .api_server import Accepted

_ADDRESS = re.compile(r"[^@<>\s]+@[^@<>\s]+\.[^@<>\s]+")
_COMMON = {"sender", "subject", "htmlContent", "textContent", "headers", "replyTo", "messageVersions"}
_VERSION = {"to", "subject", "htmlContent", "textContent", "headers", "replyTo"}
_TEMPLATE = re.compile(r"\{[{%#]")
_REQUEST = 20_000_000


class Brevo:
    """Knows the key; takes a call or refuses it whole, and for one bad version; knows keys for good."""

    def __init__(self, key: str = "xkeysib-test") -> None:
        self.key = key
        self.known: set[str] = set()
        self.taken = 0

    async def answer(self, request: Request) -> tuple[Response, list[Accepted]]:
        if request.headers.get("api-key") != self.key:
            return _refuse(401, "unauthorized", "Key not found"), []
        match request.method, request.url.path:
            case "GET", "/v3/account":
                plan = {"type": "free", "creditsType": "sendLimit", "credits": 300}
                return JSONResponse({"email": "owner@papers.test", "plan": [plan]}), []
            case "POST", "/v3/smtp/email":
                return await self._take(request)
        return _refuse(404, "document_not_found", "Route not found"), []

    async def _take(self, request: Request) -> tuple[Response, list[Accepted]]:
        content = await request.body()
        if len(content) > _REQUEST:
            return Response("<html>Request Entity Too Large</html>", 413), []
        body = json.loads(content)
        if problem := _find_problem(body):
            return _refuse(400, *problem), []
        key = body["headers"].get("idempotencyKey")
        if key and uuid.UUID(key).version != 4:
            return _refuse(400, "invalid_parameter", "idempotencyKey is not valid"), []
        if key in self.known:
            words = "Email for the idempotency key has already been processed"
            return _refuse(400, "duplicate_parameter", words), []
        if key:
            self.known.add(key)
        mails = [_accept(body, version) for version in body["messageVersions"]]
        ids = [f"<202509240800.{self.taken + number}@smtp-relay.mailin.fr>" for number in range(len(mails))]
        self.taken += len(mails)
        return JSONResponse({"messageIds": ids}, 201), mails


def _find_problem(body: dict[str, Any]) -> tuple[str, str] | None:
    versions = body.get("messageVersions", [])
    for name in ("sender", "subject", "htmlContent"):
        if not body.get(name):
            return "missing_parameter", f"{name} is missing"
    if set(body) - _COMMON or not 1 <= len(versions) <= 1000:
        return "invalid_parameter", "messageVersions is not valid"
    if not _is_address(body["sender"]):
        return "invalid_parameter", "valid sender email required"
    return next(filter(None, map(_find_problem_of_version, versions)), None)


def _find_problem_of_version(version: dict[str, Any]) -> tuple[str, str] | None:
    if set(version) - _VERSION:
        return "invalid_parameter", "messageVersions is not valid"
    (to,) = version["to"]
    if not _is_address(to) or to["email"].startswith("gone@"):
        return "invalid_parameter", "email is not valid in to"
    if not all(name.isascii() and value.isascii() for name, value in version["headers"].items()):
        return "invalid_parameter", "headers are not valid in messageVersions"
    if any(_TEMPLATE.search(version[name]) for name in ("subject", "htmlContent", "textContent")):
        return "invalid_parameter", "a template, where none is meant"  # Brevo itself would fill or drop it
    return None


def _is_address(field: dict[str, str]) -> bool:
    return bool(_ADDRESS.fullmatch(field["email"])) and len(field.get("name", "")) <= 70


def _accept(body: dict[str, Any], version: dict[str, Any]) -> Accepted:
    headers = {name.lower(): value for name, value in version["headers"].items()}
    sender = f"{body['sender'].get('name', '')} <{body['sender']['email']}>"
    (to,) = version["to"]
    return Accepted(
        sender, to["email"], version["subject"], version["textContent"], version["htmlContent"], headers
    )


def _refuse(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status)
