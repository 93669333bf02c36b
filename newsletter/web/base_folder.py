"""The folder of base_url: proxies may take it off an address or leave it on, both lead to the same."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send


class BaseFolder:
    """Takes the folder off addresses that begin with it, as ASGI's `root_path` says.

    It is compared as servers hand paths on: with escapes undone.
    """

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self._app = app
        self._folder = unquote(urlsplit(base_url).path).rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._folder and scope["type"] == "http" and scope["path"].startswith(f"{self._folder}/"):
            scope = {**scope, "root_path": self._folder}
        await self._app(scope, receive, send)
