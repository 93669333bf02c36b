"""Mailgun's side: POST /v3/{domain}/messages as its documentation describes it, variables included."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from email import message_from_bytes

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from .api_server import Accepted

_MAILBOX = re.compile(r"([^<>]*<)?([^@<>\s]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+)>?")
_TAG = re.compile(r"%([A-Za-z_]{3}[\w.:-]*)%")
DOMAIN = "papers.test"

Form = Mapping[str, list[str]]


class Mailgun:
    """Knows the key and the one domain that is verified; what a domain can track is on by default."""

    def __init__(self, key: str = "key-test") -> None:
        self.key = key
        self.calls = 0

    async def answer(self, request: Request) -> tuple[Response, list[Accepted]]:
        login = b64encode(f"api:{self.key}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return PlainTextResponse("Forbidden", 401), []
        match request.method, request.url.path.split("/")[1:]:
            case "GET", ["v4", "domains"]:
                return JSONResponse({"total_count": 1, "items": [{"name": DOMAIN, "state": "active"}]}), []
            case "POST", ["v3", domain, "messages"]:
                return await self._take(request, domain)
        return PlainTextResponse("Mailgun Magnificent API", 200), []

    async def _take(self, request: Request, domain: str) -> tuple[Response, list[Accepted]]:
        if len(await request.body()) > 25_000_000:
            return JSONResponse({"message": "Request Entity Too Large"}, 413), []
        if domain == f"unverified.{DOMAIN}":
            why = "The domain is unverified and requires DNS configuration."
            return JSONResponse({"message": f"Domain {domain} is not allowed to send: {why}"}, 403), []
        if domain != DOMAIN:
            return JSONResponse({"message": f"Domain not found: {domain}"}, 404), []
        form = read_form(request.headers["content-type"], await request.body())
        if problem := _find_problem(form):
            return JSONResponse({"message": problem}, 400), []
        self.calls += 1
        answer = JSONResponse({"id": f"<{self.calls}@{domain}>", "message": "Queued. Thank you."})
        return answer, [] if _read(form, "o:testmode") == "yes" else _accept(form)


def read_form(content_type: str, body: bytes) -> Form:
    """multipart/form-data is MIME (RFC 7578 §4)."""
    form: dict[str, list[str]] = {}
    parts = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body).get_payload()
    for part in parts:
        name, value = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        form.setdefault(str(name), []).append(value.decode())
    return form


def _find_problem(form: Form) -> str:
    for field in ("from", "to"):
        if field not in form:
            return f"'{field}' parameter is missing"
        for mailbox in form[field]:
            matched = _MAILBOX.fullmatch(mailbox)
            if not matched or matched[2].startswith("gone@"):
                return f"'{field}' parameter is not a valid address. please check documentation"
    if not _read(form, "text") and not _read(form, "html"):
        return "Need at least one of 'text' or 'html' parameters specified"
    if len(form["to"]) > 1000:
        return "'to' parameter has too many recipients"
    if not isinstance(json.loads(_read(form, "recipient-variables", "{}")), dict):
        return "recipient-variables is not a valid JSON dictionary"
    return ""


def _accept(form: Form) -> list[Accepted]:
    """The mail of each reader; without variables all see all."""
    variables = json.loads(_read(form, "recipient-variables", "{}"))
    mailboxes = form["to"]
    return [_fill(form, mailbox if variables else ", ".join(mailboxes), variables) for mailbox in mailboxes]


def _fill(form: Form, to: str, variables: dict[str, dict[str, str]]) -> Accepted:
    """Words of the form of a tag are replaced in one pass, by nothing where no variable is known."""
    matched = _MAILBOX.fullmatch(to)
    own = variables.get(matched[2], {}) if matched else {}

    def fill(words: str) -> str:
        return _TAG.sub(lambda tag: _find_value(tag[1], own), words)

    sender, subject, text, html = (fill(_read(form, field)) for field in ("from", "subject", "text", "html"))
    if _read(form, "o:tracking-clicks", _read(form, "o:tracking", "yes")) != "no":
        html = re.sub('href="[^"]*"', 'href="https://track.mailgun.test/"', html)
    if _read(form, "o:tracking-opens", _read(form, "o:tracking", "yes")) != "no":
        html += '<img src="https://track.mailgun.test/open">'
    headers = {name[2:].lower(): fill(values[0]) for name, values in form.items() if name.startswith("h:")}
    return Accepted(sender, fill(to), subject, text, html, headers)


def _read(form: Form, field: str, default: str = "") -> str:
    return form.get(field, [default])[0]


def _find_value(name: str, own: dict[str, str]) -> str:
    if name.startswith("recipient."):
        return own.get(name.removeprefix("recipient."), "")
    return f"https://mailgun.test/{name}"
