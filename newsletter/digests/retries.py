"""Decides whether a failed attempt is worth another one, and when. Pure: `fetch` does the waiting."""

from __future__ import annotations

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""What may be over in a moment; every other 4xx would be answered the same again."""


class AttemptFailed(Exception):
    """What is wrong, in words that may be shown, and the fix.

    `again`: it may be over in a moment; `wait`: the seconds that the server asked for.
    """

    def __init__(
        self, message: str, *, fix: str = "", again: bool = False, wait: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.again = again
        self.wait = wait


def choose_wait(
    attempt: int, *, backoff: float, asked: float | None, longest: float, luck: float
) -> float | None:
    """The seconds to wait after the `attempt`-th failure (from 1); None: not worth waiting for.

    Twice as long after each, a half of it by `luck` (0 to 1), so that many who failed together do not come
    back together; never less than the server `asked` for, nor more than `longest`.
    """
    if asked is not None and asked > longest:
        return None
    return min(longest, max(backoff * 2.0 ** (attempt - 1) * (0.5 + luck / 2), asked or 0.0))
