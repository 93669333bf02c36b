"""Validators and 304 (RFC 9110 §8.8, §13): readers of feeds ask far more often than feeds change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes to be answered with. `version` is the same exactly as long as they are.

    `modified` (whole seconds) is left out where a document can change without being newer.
    """

    data: bytes
    content_type: str
    version: str
    modified: datetime | None = None


_READ_AS_XML = ("application/atom+xml", "application/rss+xml")


def answer_document(request: Request, document: Document, headers: Mapping[str, str]) -> Response:
    """The document, or 304 where the client has it; HEAD has the headers of GET.

    A browser, which asks for HTML and for no feed, gets a feed as plain XML: under a feed's own type it
    would show the source or offer a download, and the feed's style would never be seen.
    """
    headers = {**headers, **_validators(document)}
    content_type, _, charset = document.content_type.partition("; ")
    if content_type in _READ_AS_XML:
        headers["Vary"] = "Accept"
        wanted = request.headers.get("accept", "")
        if "text/html" in wanted and content_type not in wanted:
            content_type = "application/xml"
    if not has_document(request.headers, document):
        return Response(
            document.data,
            headers={**headers, "Content-Type": "; ".join(filter(None, (content_type, charset)))},
        )
    # A 304 says what the 200 would have said (§15.4.5); that one gets this from the compression.
    headers["Vary"] = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
    return Response(status_code=304, headers=headers)


def has_document(request_headers: Mapping[str, str], document: Document) -> bool:
    """Whether a request says so. If-None-Match, where there is one, decides alone (§13.2.2)."""
    tags = request_headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or document.version in map(_read_tag, tags.split(","))
    since = _read_date(request_headers.get("if-modified-since", ""))
    return since is not None and document.modified is not None and document.modified <= since


def _validators(document: Document) -> dict[str, str]:
    # Weak, because the compressed document has the same tag.
    headers = {"ETag": f'W/"{document.version}"'}
    if document.modified is not None:
        headers["Last-Modified"] = format_datetime(document.modified, usegmt=True)
    return headers


def _read_tag(tag: str) -> str:
    """What a tag names, compared weakly; proxies that compress add `-gzip` and give it back."""
    return tag.strip().removeprefix("W/").replace('"', "").removesuffix("-gzip")


def _read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
