"""Serves public/ as it stands on the disk: GET and HEAD, never anything outside or hidden.

What stands there is left to `site/`, which writes whole files and renames them, so that one opened
file is one version.
"""

from __future__ import annotations

import errno
import mimetypes
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.daily.publisher import Publisher
from newsletter.errors import StoreError
from newsletter.web.conditional import Document, answer_document
from newsletter.web.lifetime import Lifetime
from newsletter.web.moved import MovedKeywords
from newsletter.web.pages import Pages

CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".atom": "application/atom+xml; charset=utf-8",
        ".rss": "application/rss+xml; charset=utf-8",
        ".opml": "text/x-opml; charset=utf-8",
        ".xml": "application/xml; charset=utf-8",
        ".json": "application/feed+json; charset=utf-8",  # all that `site/` writes so are feeds
        ".txt": "text/plain; charset=utf-8",
        ".css": "text/css; charset=utf-8",
    }
)
"""Of what `site/` writes; an operator may lay other files beside it."""

_FEEDS = (".atom", ".rss", ".json")
_NO_SUCH_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}


class PublicFolder:
    """Answers with the files of the folder `out`."""

    def __init__(
        self, publisher: Publisher, pages: Pages, *, lifetime: Lifetime, moved: MovedKeywords
    ) -> None:
        self._newsletter = publisher.newsletter
        self._hubs = publisher.config.feeds.hubs
        self._out = publisher.out
        self._pages = pages
        self._lifetime = lifetime
        self._moved = moved

    async def answer(self, request: Request) -> Response:
        """Raises StoreError where the disk fails."""
        return await to_thread.run_sync(self._answer, request)

    def _answer(self, request: Request) -> Response:
        path = request.path_params["path"]
        match self._moved.find(path):
            case (301, new_path):
                return RedirectResponse(self._newsletter.url(new_path), 301)
            case (status, _):
                return self._pages.show("not_found", status=status)
        target = find_target(self._out, path)
        if target is None:
            return self._pages.show("not_found", status=404)
        if target.is_dir():
            # Relative, so that it is right behind any proxy.
            return RedirectResponse(f"./{quote(target.name)}/", 301)
        return answer_document(request, read_document(target), self._headers(path))

    def _headers(self, path: str) -> dict[str, str]:
        if not path.endswith(_FEEDS):
            return {**self._pages.security_headers, "Cache-Control": "public, max-age=300"}
        # WebSub §4 finds hubs here, whatever the format of the feed.
        links = [
            f'<{self._newsletter.url(path)}>; rel="self"',
            *(f'<{hub}>; rel="hub"' for hub in self._hubs),
        ]
        return {
            **self._pages.security_headers,
            "Cache-Control": f"public, max-age={self._lifetime.seconds()}",
            "Link": ", ".join(links),
        }


def find_target(out: Path, path: str) -> Path | None:
    """The file that the decoded `path` shows; a folder where its slash is missing; None: nothing.

    Raises StoreError.
    """
    is_folder = not path or path.endswith("/")
    names = path.removesuffix("/").split("/") if path else []
    if not all(map(_may_be_shown, names)):
        return None
    target = out.joinpath(*names, "index.html" if is_folder else "")
    if not Path(os.path.realpath(target)).is_relative_to(os.path.realpath(out)):
        return None
    mode = _read_mode(target)
    return target if stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not is_folder) else None


def _may_be_shown(name: str) -> bool:
    """Not hidden (also the writer's unfinished files), not a way up or out, a name at all."""
    return bool(name) and not name.startswith(".") and "\\" not in name and "\0" not in name


def _read_mode(target: Path) -> int:
    try:
        return target.stat().st_mode
    except OSError as error:
        if error.errno in _NO_SUCH_FILE:
            return 0
        raise StoreError(f"{target}: {error.strerror}") from error


def read_document(file: Path) -> Document:
    """The file and its validators. Raises StoreError."""
    try:
        with file.open("rb") as stream:
            facts = os.fstat(stream.fileno())
            data = stream.read()
    except OSError as error:
        raise StoreError(f"{file}: {error.strerror}") from error
    return Document(
        data,
        CONTENT_TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        version=f"{facts.st_mtime_ns:x}-{facts.st_size:x}",
        modified=datetime.fromtimestamp(int(facts.st_mtime), UTC),
    )
