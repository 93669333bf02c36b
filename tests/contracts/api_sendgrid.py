"""SendGrid's side: POST /v3/mail/send as its documentation describes it, substitution included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .api_server import Accepted

_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_KNOWN = {
    "personalizations", "from", "reply_to", "subject", "content", "headers", "tracking_settings",
    "mail_settings", "asm", "categories", "custom_args", "send_at", "batch_id",
}  # fmt: skip
_KNOWN_OF_EACH = {"from", "to", "cc", "bcc", "subject", "headers", "substitutions", "custom_args", "send_at"}
_RESERVED = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
    "to", "from", "subject", "reply-to", "cc", "bcc",
}  # fmt: skip

Problem = tuple[str, str]
"""The field that is wrong, and how."""


class Sendgrid:
    """Knows the key and the one domain that is authenticated; what an account can track is on by default."""

    def __init__(self, key: str = "SG.test") -> None:
        self.key = key
        self.scopes = ["mail.send"]
        self.calls = 0

    async def answer(self, request: Request) -> tuple[Response, list[Accepted]]:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _refuse(401, None, "The provided authorization grant is invalid, expired, or revoked"), []
        match request.method, request.url.path:
            case "GET", "/v3/scopes":
                return JSONResponse({"scopes": self.scopes}), []
            case "POST", "/v3/mail/send":
                return await self._take(request)
        return _refuse(404, None, "not found"), []

    async def _take(self, request: Request) -> tuple[Response, list[Accepted]]:
        body = await request.body()
        if request.headers.get("content-type") != "application/json":
            return _refuse(415, None, "Content-Type should be application/json."), []
        if len(body) > 30_000_000:
            return _refuse(413, None, "content too large"), []
        mail = json.loads(body)
        if problem := next(_find_problems(mail), None):
            return _refuse(400, *problem), []
        if not mail["from"]["email"].endswith("@papers.test"):
            words = "The from address does not match a verified Sender Identity. Mail cannot be sent"
            return _refuse(403, "from", words), []
        self.calls += 1
        answer = Response(status_code=202, headers={"X-Message-Id": f"call-{self.calls}"})
        return answer, [_accept(mail, each) for each in mail["personalizations"]]


def _find_problems(mail: dict[str, Any]) -> Iterator[Problem]:
    if unknown := mail.keys() - _KNOWN:
        yield unknown.pop(), "Additional property is not allowed"
    members = mail.get("personalizations", [])
    if not members:
        yield "personalizations", "You must have at least one personalization."
    if len(members) > 1000:
        yield (
            "personalizations",
            "The personalization block is limited to 1000 personalizations per API request.",
        )
    seen = [to["email"].lower() for each in members for to in each.get("to", [])]
    if len(set(seen)) < len(seen):
        yield (
            "personalizations",
            "Each unique email address in the personalizations array should only be included once.",
        )
    for place, each in enumerate(members):
        yield from _find_problems_of_one(each, f"personalizations.{place}")
    if not _ADDRESS.fullmatch(mail.get("from", {}).get("email", "")):
        yield "from.email", "The from email does not contain a valid address."
    if not mail.get("subject"):
        yield "subject", "The subject is required."
    kinds = [(each["type"], bool(each["value"])) for each in mail.get("content", [])]
    if kinds != [("text/plain", True), ("text/html", True)]:
        yield "content", "If present, text/plain and text/html may only be provided once, in this order."


def _find_problems_of_one(each: dict[str, Any], field: str) -> Iterator[Problem]:
    if unknown := each.keys() - _KNOWN_OF_EACH:
        yield f"{field}.{unknown.pop()}", "Additional property is not allowed"
    if len(each.get("to", [])) != 1:
        yield f"{field}.to", "The to array is required for all personalization objects."
    for to in each["to"]:
        if not _ADDRESS.fullmatch(to["email"]) or to["email"].startswith("gone@"):
            yield f"{field}.to.0.email", "Does not contain a valid address."
        if re.search("[,;]", to.get("name", "")):
            yield f"{field}.to.0.name", "The name must not contain ; or ,"
    for name, value in each.get("headers", {}).items():
        if name.lower() in _RESERVED or not isinstance(value, str) or not value.isascii():
            yield f"{field}.headers", f"The header {name} is reserved or not encoded."
    filled = each.get("substitutions", {})
    if not all(isinstance(value, str) for value in filled.values()):
        yield f"{field}.substitutions", "The substitution values must be strings."
    if len("".join([*filled, *filled.values()]).encode()) > 10_000:
        yield f"{field}.substitutions", "The substitutions must be less than 10000 bytes."


def _accept(mail: dict[str, Any], each: dict[str, Any]) -> Accepted:
    """The mail of one reader. Keys are replaced one after the other, wherever they stand."""
    shown = [mail["subject"], *(part["value"] for part in mail["content"])]
    for tag, value in each.get("substitutions", {}).items():
        shown = [words.replace(tag, value) for words in shown]
    subject, text, html = shown
    tracked = mail.get("tracking_settings", {})
    if _is_on(tracked, "click_tracking"):
        html = re.sub('href="[^"]*"', 'href="https://track.sendgrid.test/"', html)
    if _is_on(tracked, "open_tracking"):
        html += '<img src="https://track.sendgrid.test/open">'
    if _is_on(tracked, "subscription_tracking"):
        tag = re.compile(r"\[unsubscribe\]|<%[^%]*%>|\[Unsubscribe\]")
        text, html = (tag.sub("https://sendgrid.test/unsubscribe", words) for words in (text, html))
    if _is_on(mail.get("mail_settings", {}), "footer"):
        text, html = f"{text}\nfooter", f"{html}<p>footer</p>"
    headers = {name.lower(): value for name, value in {**mail.get("headers", {}), **each["headers"]}.items()}
    return Accepted(_show(mail["from"]), _show(each["to"][0]), subject, text, html, headers)


def _is_on(settings: dict[str, Any], name: str) -> bool:
    return bool(settings.get(name, {}).get("enable", True))


def _show(mailbox: dict[str, str]) -> str:
    return f"{mailbox.get('name', '')} <{mailbox['email']}>".strip()


def _refuse(status: int, field: str | None, message: str) -> Response:
    return JSONResponse({"errors": [{"message": message, "field": field, "help": None}]}, status)
