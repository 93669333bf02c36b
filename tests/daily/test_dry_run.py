"""A dry run says of everybody what a send of the same state then does, to the byte."""

from __future__ import annotations

import re
from datetime import timedelta

from newsletter.daily.read import read_digests
from newsletter.daily.rehearse import DryRun, Rehearsed, rehearse_send
from newsletter.model import EditionKind, Preferences, SubscriberStatus, SuppressionReason
from newsletter.store.saving import SubscriberRow
from newsletter.store.suppressions import suppress
from tests.daily.conftest import DAY, Newsroom
from tests.daily.test_mails import read, reader
from tests.running import write_paper


def rehearse(newsroom: Newsroom) -> tuple[DryRun, dict[str, Rehearsed]]:
    publisher = newsroom.open()
    told: dict[str, Rehearsed] = {}
    dry_run = rehearse_send(
        publisher, read_digests(publisher).digest, tell=lambda each: told.update({each.email: each})
    )
    return dry_run, told


def subscribe_readers_of_all_kinds(newsroom: Newsroom) -> None:
    newsroom.subscribe(
        reader("all@readers.test"),
        reader("english@readers.test", language="en"),
        reader("own@readers.test", keywords=("强化学习",)),
        reader("limited@readers.test", limit=2),
        reader("a-rather-long-address-of-somebody@department.university.readers.test", limit=1),
        SubscriberRow("nameless@readers.test"),
        reader("old@readers.test", keywords=("扩散模型",)),
        reader("nothing@readers.test", keywords=("没有的",)),
        reader("李@readers.test"),
        reader("weekly@readers.test", frequency=EditionKind.WEEKLY),
        reader("gone@readers.test")._replace(status=SubscriberStatus.UNSUBSCRIBED),
        reader("new@readers.test")._replace(status=SubscriberStatus.UNCONFIRMED),
        reader("bad@readers.test"),
    )
    with newsroom.open().store.write() as tx:
        suppress(tx, "bad@readers.test", SuppressionReason.BOUNCE, detail="550", now=newsroom.now)


def test_a_dry_run_foretells_the_send_byte_for_byte(newsroom: Newsroom) -> None:
    newsroom.subscribe(reader("before@readers.test"))
    newsroom.write_digest([write_paper(9, keywords="**关键词**：**扩散模型**")])
    newsroom.send()
    for path in (newsroom.folder / "outbox").glob("*.eml"):
        path.unlink()
    newsroom.now += timedelta(days=1)
    papers = [write_paper(number) for number in range(5)]
    repeated = write_paper(9, keywords="**关键词**：**扩散模型**")
    newsroom.write_digest([*papers, repeated], DAY + timedelta(days=1))
    subscribe_readers_of_all_kinds(newsroom)

    dry_run, told = rehearse(newsroom)
    assert not list((newsroom.folder / "outbox").glob("*.eml"))
    report = newsroom.send()

    mails = [path.read_bytes() for path in (newsroom.folder / "outbox").glob("*.eml")]
    sizes = {read(raw)["To"].addresses[0].addr_spec: len(raw) for raw in mails}
    assert {email: each.size for email, each in told.items() if each.size} == sizes
    assert len(sizes) == 7
    assert {email: each.skipped for email, each in told.items() if each.skipped} == {
        "old@readers.test": "no_match",
        "nothing@readers.test": "no_match",
    }
    assert {email: each.left_out for email, each in told.items() if each.left_out} == {
        "weekly@readers.test": "weekly",
        "gone@readers.test": "unsubscribed",
        "new@readers.test": "unconfirmed",
        "bad@readers.test": "suppressed",
    }
    assert re.search("SMTPUTF8", told["李@readers.test"].problem)
    counts = report.counts
    assert (counts.submitted, counts.skipped, counts.failed) == (
        dry_run.counts.pending,
        dry_run.counts.skipped,
        dry_run.counts.failed,
    )
    assert counts.planned == dry_run.counts.planned == 10
    assert dry_run.left_out == 4


def test_a_dry_run_after_the_send_has_nobody_left(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(reader("all@readers.test"), SubscriberRow("b@readers.test", None, Preferences()))
    newsroom.send()
    dry_run, told = rehearse(newsroom)
    assert not told
    assert dry_run.counts.planned == 0
