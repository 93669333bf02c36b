"""Publishes pages and feeds: the third step of the job. Only what a plan wants is rendered, and of that
only what differs is written."""

from __future__ import annotations

import logging
from pathlib import Path

from newsletter.daily.pages import render_files
from newsletter.daily.plan import SitePlan, make_plan
from newsletter.daily.publisher import Publisher
from newsletter.site import SiteChange, changed_topics, ping_hubs, write_site
from newsletter.store.keywords import mark_published
from newsletter.store.outdated import forget_outdated
from newsletter.store.settings import write_site_fingerprint

_log = logging.getLogger(__name__)


def publish_site(publisher: Publisher, *, out: Path | None = None, everything: bool = False) -> SiteChange:
    """Writes what changed of public/, and tells the hubs which feeds did.

    `out` is another folder, which gets everything. Raises RenderError and StoreError; what stood before
    then stands, and the next publication does what this one did not. Hubs that cannot be reached are
    logged: readers poll.
    """
    with publisher.store.read() as tx:
        plan = make_plan(tx, publisher, out=out, everything=everything)
        folder = out or publisher.out
        change = write_site(folder, render_files(tx, publisher, plan, out=folder))
    if out is None:
        _record(publisher, plan)
        hubs = publisher.config.feeds.hubs
        for problem in ping_hubs(hubs, changed_topics(publisher.newsletter, change.written)):
            _log.warning("%s", problem)
    return change


def _record(publisher: Publisher, plan: SitePlan) -> None:
    """After the files stand: what was outdated no longer is."""
    if plan.is_empty and not plan.outdated.seen:
        return
    with publisher.store.write() as tx:
        forget_outdated(tx, plan.outdated)
        mark_published(tx, plan.wanted_keywords, now=publisher.clock())
        write_site_fingerprint(tx, plan.fingerprint)
