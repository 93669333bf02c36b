"""`/healthz`: whether the store answers, for whatever watches over this process."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse

from newsletter.daily.publisher import Publisher
from newsletter.errors import StoreError
from newsletter.store.editions import list_editions
from newsletter.web.threads import StoreThreads

_log = logging.getLogger(__name__)


class Health:
    """200 and `ok`, or 503."""

    def __init__(self, publisher: Publisher, threads: StoreThreads) -> None:
        self._store = publisher.store
        self._threads = threads

    async def answer(self, _request: Request) -> JSONResponse:
        healthy = await self._threads.read(self._ask_store)
        return JSONResponse(
            {"status": "ok" if healthy else "unavailable"},
            200 if healthy else 503,
            {"Cache-Control": "no-store"},
        )

    def _ask_store(self) -> bool:
        try:
            with self._store.read() as tx:
                list_editions(tx, newest=1)
        except StoreError as error:
            _log.error("%s", error.message)
            return False
        return True
