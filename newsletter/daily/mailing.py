"""One way over an edition with one transport: what a run needs once somebody is left to be mailed.

Whether anybody is, and what is done with the outcome, is left to `deliver`: most runs of a day find nobody,
and neither templates nor an event loop are for them.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import threading
from dataclasses import dataclass
from datetime import datetime

from newsletter.daily.composer import open_composer
from newsletter.daily.publisher import Publisher
from newsletter.delivery.desk import Assignment
from newsletter.delivery.send import Job, Outcome, Progress, deliver
from newsletter.delivery.transports import Transport
from newsletter.store.editions import EditionFacts


@dataclass(frozen=True, slots=True)
class Mailing:
    """What the runs of an edition share, whichever transport they hand over to."""

    publisher: Publisher
    edition: EditionFacts
    give_up_at: datetime
    stop: threading.Event
    progress: Progress

    def deliver(self, transport: Transport, *, fresh_only: bool = False) -> Outcome:
        """One pass over what is due; `fresh_only`: but for whoever another transport may have mailed."""
        publisher, edition = self.publisher, self.edition
        with publisher.store.read() as tx:
            composer = open_composer(tx, publisher, edition)
        assignment = Assignment(
            edition_id=edition.id,
            revision=edition.revision,
            transport=transport.name,
            decide=composer.decide,
            owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
            fresh_only=fresh_only,
        )
        job = Job(
            composer=composer,
            clock=publisher.clock,
            stop=self.stop,
            give_up_at=self.give_up_at,
            rate_per_second=publisher.config.delivery.rate_per_second,
            progress=self.progress,
        )
        return asyncio.run(deliver(publisher.store, assignment, transport, job))
