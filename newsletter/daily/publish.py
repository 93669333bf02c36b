"""Publishes pages and feeds: the third step of the job. Only what a plan wants is rendered, and of that
only what differs is written."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from newsletter.daily.plan import SitePlan, make_plan
from newsletter.daily.publisher import Publisher
from newsletter.model import FeedFormat, feed_path
from newsletter.site import PublicFile, SiteChange, write_site
from newsletter.store import Transaction
from newsletter.store.keywords import mark_published
from newsletter.store.outdated import forget_outdated
from newsletter.store.settings import write_site_fingerprint
from newsletter.store.topics import refresh_topics

_log = logging.getLogger(__name__)


def publish_site(publisher: Publisher, *, out: Path | None = None, everything: bool = False) -> SiteChange:
    """Writes what changed of public/, and tells the hubs which feeds did.

    `out` is another folder, which gets everything. Raises RenderError and StoreError; what stood before
    then stands, and the next publication does what this one did not. Hubs that cannot be reached are
    logged: readers poll.
    """
    publisher = publisher.with_fixed_ids()
    refresh_topics(publisher.store, publisher.topics, now=publisher.clock())
    with publisher.store.read() as tx:
        plan = make_plan(tx, publisher, out=out, everything=everything)
        folder = out or publisher.out
        change = write_site(folder, _render_files(tx, publisher, plan, folder))
    if out is None:
        _record(publisher, plan)
        _tell_hubs(publisher, _without_former(plan, change.written))
    return change


def _render_files(
    tx: Transaction, publisher: Publisher, plan: SitePlan, folder: Path
) -> Iterable[PublicFile]:
    if plan.is_empty:
        return ()
    from newsletter.daily.pages import render_files  # noqa: PLC0415 - 0.2 s, and most runs render nothing

    return render_files(tx, publisher, plan, out=folder)


def _tell_hubs(publisher: Publisher, written: Iterable[str]) -> None:
    hubs = publisher.config.feeds.hubs
    if not hubs:
        return
    from newsletter.site.hubs import changed_topics, ping_hubs  # noqa: PLC0415 - most have none

    for problem in ping_hubs(hubs, changed_topics(publisher.newsletter, written)):
        _log.warning("%s", problem)


def _without_former(plan: SitePlan, written: Iterable[str]) -> Iterator[str]:
    """A feed at a former address names another as its self, and that is the topic."""
    former = {
        feed_path(feed_format, slug)
        for slugs in plan.former_addresses.values()
        for slug in slugs
        for feed_format in FeedFormat
    }
    return (path for path in written if path not in former)


def _record(publisher: Publisher, plan: SitePlan) -> None:
    """After the files stand: what was outdated no longer is."""
    if plan.is_empty and not plan.outdated.seen:
        return
    with publisher.store.write() as tx:
        forget_outdated(tx, plan.outdated)
        mark_published(tx, plan.wanted_keywords, now=publisher.clock())
        write_site_fingerprint(tx, plan.fingerprint)
