"""The demo: the whole job on the sample digest, in a folder of its own, with a clock of its own."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.config import Config, load_config
from newsletter.daily.job import SendOptions, run_daily
from newsletter.daily.publisher import open_publisher
from newsletter.daily.report import SendReport
from newsletter.digests import read_sources
from newsletter.errors import StoreError
from newsletter.render.words import known_languages
from newsletter.shipped import shipped_path
from newsletter.store.subscriber_list import import_subscribers

_OURS = ("public", "outbox", *(f"newsletter.db{ending}" for ending in ("", "-wal", "-shm", ".lock")))
"""What a demo makes, and may make anew."""

_MARKER = ".newsletter-demo"


def run_demo(folder: Path) -> SendReport:
    """Makes `folder`/public and `folder`/outbox anew. Raises StoreError where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
    except OSError as error:
        fix = "give another folder with --out"
        raise StoreError(f"cannot write the demo to {folder}: {error.strerror}", fix=fix) from error
    config = _configure(folder)
    hour = _morning_of_sample(config)
    publisher = open_publisher(config, lambda: hour)
    try:
        with shipped_path("subscribers/example.csv").open(encoding="utf-8") as file:
            import_subscribers(publisher.store, file, languages=known_languages(), now=hour)
        return run_daily(publisher, SendOptions(), stop=threading.Event())
    finally:
        publisher.close()


def _clear(folder: Path) -> None:
    """Takes away what an earlier demo made; a folder with a newsletter of its own is left alone."""
    marker = folder / _MARKER
    mine = [folder / name for name in _OURS if (folder / name).exists()]
    if mine and not marker.exists():
        fix = "give another folder with --out"
        raise StoreError(f"{mine[0]} is not of a demo: nothing is touched", fix=fix)
    marker.touch()
    for path in mine:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _configure(folder: Path) -> Config:
    """The defaults, with the sample for a source and without any file of the user's."""
    config = load_config(None, {}, folder.resolve())
    source = str(shipped_path("digests")) + "/"
    return dataclasses.replace(config, digest=dataclasses.replace(config.digest, source=(source,)))


def _morning_of_sample(config: Config) -> datetime:
    """Nine o'clock on the day of the newest sample, so that it is never stale."""
    zone = ZoneInfo(config.newsletter.timezone)
    newest = read_sources(config.digest.source, today=datetime.now(zone).date()).latest()
    return datetime.combine(newest.date, time(9), zone)
