"""What stands in the store, for `newsletter status`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from newsletter.daily.publisher import Publisher
from newsletter.model import DeliveryCounts, SubscriberStatus
from newsletter.store.editions import EditionFacts, list_editions
from newsletter.store.held import HeldDigest, list_held
from newsletter.store.ledger import count_deliveries
from newsletter.store.runs import Run, last_run
from newsletter.store.subscribers import count_subscribers

_EDITIONS_SHOWN = 7


@dataclass(frozen=True, slots=True)
class Status:
    """The latest editions with the sum of their deliveries, the latest first."""

    editions: tuple[tuple[EditionFacts, DeliveryCounts], ...]
    subscribers: dict[SubscriberStatus, int]
    run: Run | None
    held: tuple[HeldDigest, ...] = ()

    def as_json(self) -> dict[str, Any]:
        run = self.run
        last_run = run and {"day": run.day.isoformat(), "done": bool(run.finished_at), "outcome": run.outcome}
        return {
            "editions": [
                {
                    "edition": facts.name,
                    "kind": facts.kind.value,
                    "revision": facts.revision,
                    "papers": facts.papers,
                    "planned": counts.planned,
                    **dataclasses.asdict(counts),
                }
                for facts, counts in self.editions
            ],
            "subscribers": {state.value: self.subscribers.get(state, 0) for state in SubscriberStatus},
            "last_run": last_run,
            "held": [{"day": held.day.isoformat(), "reason": held.reason} for held in self.held],
        }

    def summary_lines(self) -> list[str]:
        """All but the editions."""
        subscribers = ", ".join(f"{self.subscribers.get(state, 0)} {state}" for state in SubscriberStatus)
        lines = [f"subscribers: {subscribers}"]
        if self.run is not None:
            lines.append(f"last daily run: {self.run.day}: {self.run.outcome or 'not ended'}")
        lines += [
            f"held: {held.day}: {held.reason}; newsletter release {held.day} lets it go" for held in self.held
        ]
        return lines

    def as_lines(self) -> list[str]:
        lines = self.summary_lines()
        if not self.editions:
            return [*lines, "no edition yet: newsletter build makes one of the latest digest"]
        names = [field.name for field in dataclasses.fields(DeliveryCounts)]
        lines += ["", " ".join(["edition     rev  papers  planned", *(f"{name:>9}" for name in names)])]
        for facts, counts in self.editions:
            numbers = " ".join(f"{getattr(counts, name):>9}" for name in names)
            row = f"{facts.name:<11} {facts.revision:>3}  {facts.papers:>6}  {counts.planned:>7}"
            state = "  paused" if facts.paused_at else "  cancelled" if facts.cancelled_at else ""
            lines.append(f"{row} {numbers}{state}" if facts.planned_at else f"{row}   not mailed{state}")
        return lines


def read_status(publisher: Publisher) -> Status:
    """Raises StoreError."""
    with publisher.store.read() as tx:
        editions = tuple(
            (facts, count_deliveries(tx, facts.id)) for facts in list_editions(tx, newest=_EDITIONS_SHOWN)
        )
        return Status(editions, count_subscribers(tx), last_run(tx), tuple(list_held(tx)))
