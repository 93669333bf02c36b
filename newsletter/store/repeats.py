"""Which papers of an edition were mailed before: a paper goes by mail once to the readers of a kind.

It goes with the first edition of the kind that is mailed and holds it. Editions count in the order in which
they were planned, so that one sent by hand after a later one repeats nothing either, and one that is taken up
again after a later one loses nothing. One of which nobody was offered anything, and for which nobody waits,
mailed nothing: never planned, cancelled or given up before its first mail.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from newsletter.model import DeliveryState
from newsletter.store import schema
from newsletter.store.editions import EditionFacts
from newsletter.store.engine import Transaction
from newsletter.store.slices import select_in

_EDITION = schema.edition
_DELIVERY = schema.delivery
_PAPER = schema.paper
_PLACE = schema.edition_paper


def find_mailed_before(
    tx: Transaction, facts: EditionFacts, identities: Iterable[str], *, transport: str
) -> frozenset[str]:
    """Those of these papers that go by mail with another edition of the same kind, planned before.

    What only went to files was not mailed, unless files are what `transport` makes.
    """
    went_out = sa.or_(_DELIVERY.c.offered_at.is_not(None), _DELIVERY.c.state == DeliveryState.PENDING)
    if transport != "file":
        went_out = sa.and_(went_out, _DELIVERY.c.transport.is_distinct_from("file"))
    was_mailed = sa.exists().where(_DELIVERY.c.edition_id == _EDITION.c.id, went_out)
    statement = (
        sa.select(_PAPER.c.identity)
        .join(_PLACE, _PLACE.c.paper_id == _PAPER.c.id)
        .join(_EDITION, _EDITION.c.id == _PLACE.c.edition_id)
        .where(
            _EDITION.c.kind == facts.kind,
            _EDITION.c.id != facts.id,
            _is_before(facts),
            was_mailed,
        )
    )
    found = select_in(tx, statement, _PAPER.c.identity, identities)
    return frozenset(row.identity for row in found)


def _is_before(facts: EditionFacts) -> sa.ColumnElement[bool]:
    planned_at = _EDITION.c.planned_at
    if facts.planned_at is None:
        return planned_at.is_not(None)
    same_moment = sa.and_(planned_at == facts.planned_at, _EDITION.c.period_end < facts.period_end)
    return sa.or_(planned_at < facts.planned_at, same_moment)
