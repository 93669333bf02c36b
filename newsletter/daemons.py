"""Work in threads that do not keep the program from ending: some waits of the system, that for the answer of
a name server first of all, have no end that can be set.

Python itself waits for the threads of its executors, and asyncio asks for names in one of those.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def start(work: Callable[[], _Result]) -> Future[_Result]:
    """Begins at once, in a thread of its own."""
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class DaemonExecutor(ThreadPoolExecutor):
    """What an event loop takes for its names."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return start(lambda: fn(*args, **kwargs))
