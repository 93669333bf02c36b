"""What the store says, looked at without a trace: nothing of it is opened for writing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter.config import Config
from newsletter.daily.doctor.findings import Area, Finding, explain, warn, well, wrong
from newsletter.errors import StoreError
from newsletter.model import DeliveryCounts, EditionKind, SubscriberStatus
from newsletter.store import Transaction
from newsletter.store.editions import EditionFacts, list_editions
from newsletter.store.held import list_held
from newsletter.store.ledger import count_deliveries
from newsletter.store.look import find_store_path, look_into
from newsletter.store.migrate import HEAD, check_known, find_revision
from newsletter.store.settings import find_secret_key
from newsletter.store.subscribers import count_subscribers

_EDITIONS_ADDED_UP = 7
_MIGRATES = "the next command migrates it, after a copy; or now: newsletter store migrate"


@dataclass(frozen=True, slots=True)
class StoreLook:
    """`is_current`: its tables are those that this program reads."""

    path: Path
    findings: tuple[Finding, ...]
    is_current: bool = False


def look_at_store(config: Config) -> StoreLook:
    """What is there, without making or migrating it."""
    path = find_store_path(config.store.url)
    if not os.path.isdir(path.parent):  # noqa: PTH112 - never raises
        missing = f"the folder of the store is missing: {path.parent}"
        return StoreLook(path, (wrong("store", missing, f"mkdir -p {path.parent}", Area.STORE),))
    if not os.path.exists(path):  # noqa: PTH110 - never raises
        return StoreLook(path, (_look_at_rights(path, "will be made by the first command that needs it"),))
    try:
        revision = look_into(path, lambda tx: find_revision(tx, path))
        check_known(revision, path)
    except StoreError as error:
        return StoreLook(path, tuple(explain("store", error)))
    if revision == HEAD:
        return StoreLook(path, (_look_at_rights(path, f"revision {revision}"),), is_current=True)
    rights = _look_at_rights(path, f"revision {revision or 'none'}")
    older = warn("store", f"{path} is of an older version (revision {revision or 'none'})", _MIGRATES)
    return StoreLook(path, (rights if rights.fix else older,))


def find_key(config: Config, store: StoreLook) -> bytes | None:
    """What signs the links; None where none was made yet, or it cannot be read."""
    if config.newsletter.secret_key:
        return config.newsletter.secret_key.encode()
    try:
        return look_into(store.path, find_secret_key) if store.is_current else None
    except StoreError:
        return None


def look_at_subscribers(store: StoreLook) -> Iterator[Finding]:
    """Raises StoreError."""
    if not store.is_current:
        return
    counts = look_into(store.path, count_subscribers)
    confirmed = counts.get(SubscriberStatus.CONFIRMED, 0)
    if confirmed:
        yield well("subscribers", f"{confirmed:,} confirmed")
    else:
        fix = "newsletter subscribers import FILE"
        yield warn("subscribers", "none is confirmed: nobody would be mailed", fix)


def look_at_deliveries(store: StoreLook) -> Iterator[Finding]:
    """Those of the latest editions that wait for a person. Raises StoreError."""
    if not store.is_current:
        return
    mailed = look_into(store.path, _count_mailed)
    findings = []
    for facts, count in mailed:
        if count.unknown:
            told = f"edition {facts.name}: {count.unknown:,} of unknown outcome, taken or not"
            fix = f"ask the server's log, then {_again(facts, 'unknown')}"
            findings.append(warn("deliveries", told, fix))
        # What failed for good in earlier editions is history.
        if count.failed and facts is mailed[0][0]:
            told = f"edition {facts.name}: {count.failed:,} failed"
            fix = f"newsletter why ADDRESS says why; then {_again(facts, 'failed')}"
            findings.append(warn("deliveries", told, fix))
    yield from findings or [well("deliveries", "none waits for a person" if mailed else "none yet")]


def look_at_editions(store: StoreLook) -> Iterator[Finding]:
    """Digests that are held, and editions that are paused. Raises StoreError."""
    if not store.is_current:
        return
    held, editions = look_into(store.path, lambda tx: (list_held(tx), list_editions(tx)))
    findings = [
        warn(
            "editions",
            f"the digest of {each.day} is held: {each.reason}",
            f"mend it, or let it go: newsletter release {each.day}",
        )
        for each in held
    ]
    findings += [
        warn("editions", f"edition {facts.name} is paused", f"newsletter resume {facts.name}, or cancel")
        for facts in editions
        if facts.paused_at and not facts.cancelled_at
    ]
    yield from findings or [well("editions", "none is held or paused")]


def _count_mailed(tx: Transaction) -> list[tuple[EditionFacts, DeliveryCounts]]:
    """The latest editions that were mailed, with their deliveries added up."""
    editions = list_editions(tx, newest=_EDITIONS_ADDED_UP)
    return [(each, count_deliveries(tx, each.id)) for each in editions if each.planned_at]


def _look_at_rights(path: Path, said: str) -> Finding:
    """SQLite keeps its log beside the file: the folder must be writable too."""
    real = path.resolve()
    for each, needed in ((real, os.W_OK | os.R_OK), (real.parent, os.W_OK | os.X_OK)):
        if os.path.exists(each) and not os.access(each, needed):  # noqa: PTH110 - never raises
            fix = "give this user the right to write it and its folder"
            return wrong("store", f"{each} cannot be written", fix, Area.STORE)
    return well("store", f"{path}, {said}")


def _again(facts: EditionFacts, state: str) -> str:
    day = f" --date {facts.name}" if facts.kind is EditionKind.DAILY else ""
    return f"newsletter send{day} --retry {state}"
