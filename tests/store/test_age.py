"""What a day costs does not grow with the archive: each of its lookups has an index."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.keywords import NO_TOPICS
from newsletter.store import Store
from newsletter.store.vocabulary import load_vocabulary_around


def test_no_lookup_of_the_keywords_of_a_day_reads_a_whole_table(store: Store) -> None:
    statements: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    with store.read() as tx:
        sa.event.listen(tx, "before_cursor_execute", note)
        load_vocabulary_around(tx, NO_TOPICS, {"one", "other"})
        sa.event.remove(tx, "before_cursor_execute", note)
        assert len(statements) > 3
        for statement, parameters in statements:
            plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
            assert not [step for step in plan if step[3].startswith("SCAN")], statement
