"""How much of time and size a source may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """`max_bytes` holds for files too; the rest for one fetch, all its attempts together.

    `private_addresses`: also from this machine and its networks, and by plain http there.
    """

    max_bytes: int = 20_000_000
    connect_seconds: float = 10.0
    silence_seconds: float = 20.0
    total_seconds: float = 120.0
    redirects: int = 5
    attempts: int = 3
    backoff_seconds: float = 1.0
    longest_wait_seconds: float = 30.0
    private_addresses: bool = False
