"""The known keywords: each pinned to its label and slug at first sight, with the aliases digests taught."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.keywords import PinnedKeyword, Vocabulary, make_slug, normal_form, split_abbreviation
from newsletter.keywords.vocabulary import Aliases
from newsletter.store import schema
from newsletter.store.engine import Transaction


def pin_keywords(tx: Transaction, written: Iterable[str], *, now: datetime) -> None:
    """Remembers keywords never seen before; what is known already stays as it is.

    `合成自举预训练 (SBP)` also teaches the alias SBP, unless that was a keyword before, or is somebody
    else's alias.
    """
    keywords, aliases = schema.keyword, schema.keyword_alias
    known = set(tx.execute(sa.select(keywords.c.normal)).scalars())
    labels, taught = _split(written)
    taught = {alias: normal for alias, normal in taught.items() if alias not in known}
    for normal, label in labels.items():
        if normal not in known and normal not in taught:
            row = {"normal": normal, "label": label, "slug": make_slug(normal), "first_seen_at": now}
            tx.execute(sa.insert(keywords).values(row))
    for alias, normal in taught.items():
        statement = insert(aliases).values(normal=alias, keyword=normal)
        tx.execute(statement.on_conflict_do_nothing())


def _split(written: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Normal form → label as first written, and normal form of an alias → that of its keyword."""
    labels: dict[str, str] = {}
    taught: dict[str, str] = {}
    for each in written:
        label, alias = split_abbreviation(each)
        normal = normal_form(label)
        if normal:
            labels.setdefault(normal, label)
        if normal and normal_form(alias):
            taught.setdefault(normal_form(alias), normal)
    # `A (B)` beside `B (A)`: both are keywords, neither is an alias.
    return labels, {alias: normal for alias, normal in taught.items() if normal not in taught}


def load_vocabulary(tx: Transaction, aliases: Aliases) -> Vocabulary:
    """All that is known, with the operator's `aliases` over it."""
    keyword, learned = schema.keyword.c, schema.keyword_alias.c
    pinned = tx.execute(sa.select(keyword.normal, keyword.label, keyword.slug))
    taught = tx.execute(sa.select(learned.normal, learned.keyword))
    return Vocabulary(
        aliases,
        pinned={normal: PinnedKeyword(label, slug) for normal, label, slug in pinned},
        learned={row.normal: row.keyword for row in taught},
    )
