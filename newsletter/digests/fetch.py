"""Fetches one document by HTTPS, within limits of time and size; tries again what may be over in a moment.

`attempt` makes one attempt, `retries` decides what comes of a failed one, and here is the loop. No message
carries credentials. Which address is fetched, and what the bytes mean, is for `source` and `read`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from newsletter.digests.addresses import public_address
from newsletter.digests.kept import KeptDocuments
from newsletter.digests.limits import FetchLimits
from newsletter.digests.retries import AttemptFailed, choose_wait
from newsletter.errors import DigestError


def fetch_document(
    url: str,
    limits: FetchLimits,
    *,
    kept: KeptDocuments | None = None,
    sleep: Callable[[float], None] = time.sleep,
    luck: Callable[[], float] = random.random,
) -> bytes:
    """The body at `url`; from `kept`, where the server says that it is the same as then.

    Raises DigestNotFound where the server says there is none (404, 410), DigestError for anything
    else that goes wrong, after `limits.attempts` where another attempt could have helped.
    """
    from newsletter.digests.attempt import Attempt  # noqa: PLC0415 - slow to import, and folders do not need it

    deadline = time.monotonic() + limits.total_seconds
    attempt = Attempt(url, limits, deadline, kept)
    for number in range(1, limits.attempts + 1):
        try:
            return attempt.make()
        except AttemptFailed as failure:
            wait = choose_wait(
                number,
                backoff=limits.backoff_seconds,
                asked=failure.wait,
                longest=limits.longest_wait_seconds,
                luck=luck(),
            )
            is_last = not failure.again or number == limits.attempts
            if is_last or wait is None or time.monotonic() + wait >= deadline:
                raise _error(url, failure, number) from failure
        sleep(wait)
    raise AssertionError("every attempt returns or raises")


def _error(url: str, failure: AttemptFailed, tried: int) -> DigestError:
    address = public_address(url)
    times = f" (tried {tried} times)" if tried > 1 else ""
    fix = failure.fix or ("check the address, and that its server is up" if failure.again else "")
    return DigestError(f"{address}: {failure.message}{times}", source=address, fix=fix)
