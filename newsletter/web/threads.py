"""Where blocking calls run: beside the event loop, readers and writers apart.

SQLite lets one writer in at a time and readers always, so writers that wait for their turn must
neither hold up a page nor use up the store's connections (15). Who gets no thread waits in the
loop, where waiting is free.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")

_READERS = 8
_WRITERS = 4


class StoreThreads:
    """The threads in which the store is called."""

    def __init__(self) -> None:
        self._readers = CapacityLimiter(_READERS)
        self._writers = CapacityLimiter(_WRITERS)

    async def read(self, function: Callable[[*_Arguments], _Result], *arguments: *_Arguments) -> _Result:
        return await to_thread.run_sync(function, *arguments, limiter=self._readers)

    async def write(self, function: Callable[[*_Arguments], _Result], *arguments: *_Arguments) -> _Result:
        return await to_thread.run_sync(function, *arguments, limiter=self._writers)
