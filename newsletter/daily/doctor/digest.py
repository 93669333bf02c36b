"""Whether the source has a digest that may be mailed today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from newsletter.config import Config
from newsletter.daily.doctor.findings import MEND, Area, Finding, explain, warn, well, wrong
from newsletter.daily.doctor.stored import StoreLook
from newsletter.daily.hold import find_reason, judge_age, list_usual
from newsletter.daily.read import choose_digest
from newsletter.digests import FetchLimits, read_sources
from newsletter.errors import DigestStale
from newsletter.model import Clock, Digest
from newsletter.store.intake import find_changed
from newsletter.store.look import look_into

_SECONDS = 12.0


def look_at_digest(config: Config, clock: Clock, store: StoreLook) -> Iterator[Finding]:
    """Read as for a sending, but once, quickly, and kept nowhere. Raises DigestError, StoreError."""
    section, today = config.digest, clock().astimezone(ZoneInfo(config.newsletter.timezone)).date()
    if "-" in section.source:
        yield warn("digest", "not looked at: it comes from standard input", "newsletter digest show -")
        return
    limits = FetchLimits(
        connect_seconds=_SECONDS / 2,
        silence_seconds=_SECONDS,
        total_seconds=_SECONDS,
        attempts=1,
        private_addresses=section.private_addresses,
    )
    found = read_sources(section.source, today=today, limits=limits)
    latest = choose_digest(found)
    for error in found.broken:
        yield warn("digest", error.message, error.fix or MEND)
    yield from _judge(config, latest, store, today)


def _judge(config: Config, latest: Digest, store: StoreLook, today: date) -> Iterator[Finding]:
    try:
        judge_age(latest, config.digest, today=today)
    except DigestStale as error:
        yield from explain("digest", error)
        return
    if reason := _find_reason(config, latest, store, today):
        fix = f"mend {latest.source}, or send it with --force"
        yield wrong("digest", f"that of {latest.date} would be held: {reason}", fix, Area.DIGEST)
        return
    count = len(latest.papers)
    yield well("digest", f"the latest is of {latest.date}: {count} paper{'s' if count != 1 else ''}")


def _find_reason(config: Config, latest: Digest, store: StoreLook, today: date) -> str:
    """Why it would be held; what is usual only the store knows."""
    usual: list[int] = []
    if store.is_current:
        is_new, usual = look_into(
            store.path, lambda tx: (bool(find_changed(tx, [latest])), list_usual(tx, latest))
        )
        if not is_new:
            return ""
    return find_reason(latest, usual, config.digest, today=today, is_latest=True)
