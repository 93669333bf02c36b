"""An edition too old: its open deliveries are given up, and the operator is told."""

from __future__ import annotations

from datetime import timedelta

from newsletter.daily.job import SendOptions
from newsletter.model import DeliveryCounts, DeliveryState
from newsletter.store.saving import SubscriberRow
from tests.daily.conftest import DAY, Newsroom
from tests.running import write_paper


def test_what_is_too_old_is_given_up_and_told_and_can_be_mailed_all_the_same(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(SubscriberRow("ann@readers.test"))
    newsroom.send()
    with newsroom.open().store.write() as tx:  # as if the machine had died before it
        tx.exec_driver_sql("UPDATE delivery SET state = 'pending', rendition_id = NULL")
        tx.exec_driver_sql("UPDATE edition_batch SET state = 'open'")
    for mail in (newsroom.folder / "outbox").glob("*.eml"):
        mail.unlink()
    newsroom.now += timedelta(days=20)
    newsroom.write_digest([write_paper(5)], DAY + timedelta(days=20))
    (old,) = newsroom.send().resumed
    assert old.counts == DeliveryCounts(failed=1)
    assert not old.is_complete
    assert old.notes() == [
        "edition 2025-09-24 is too old: 1 readers never got it; "
        "newsletter send --date 2025-09-24 --force --retry failed mails it all the same"
    ]
    assert len(list((newsroom.folder / "outbox").glob("2025-09-24*"))) == 0
    again = newsroom.send(SendOptions(DAY, force=True, retry=(DeliveryState.FAILED,)))
    assert again.counts == DeliveryCounts(submitted=1)
    assert len(list((newsroom.folder / "outbox").glob("2025-09-24*"))) == 1
