"""The known keywords: each pinned to its label and slug at first sight, with the aliases digests taught."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.errors import AlreadyExists, NotFound
from newsletter.keywords import PinnedKeyword, Vocabulary, make_slug, normal_form, split_abbreviation
from newsletter.keywords.vocabulary import Aliases
from newsletter.model import Keyword
from newsletter.store import schema
from newsletter.store.engine import Transaction
from newsletter.store.settings import write_site_fingerprint


def pin_keywords(tx: Transaction, written: Iterable[str], *, now: datetime) -> None:
    """Remembers keywords never seen before; what is known already stays as it is.

    `合成自举预训练 (SBP)` also teaches the alias SBP, unless that was a keyword before, or is somebody
    else's alias.
    """
    keywords, aliases = schema.keyword, schema.keyword_alias
    labels, taught = _split(written)
    asked = {*labels, *taught}
    known = set(tx.execute(sa.select(keywords.c.normal).where(keywords.c.normal.in_(asked))).scalars())
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
    pinned = tx.execute(sa.select(keyword.normal, keyword.label, keyword.slug)).all()
    taught = tx.execute(sa.select(learned.normal, learned.keyword)).all()
    return Vocabulary(
        aliases,
        # The rows as they are: they have a label and a slug, and there are tens of thousands of them.
        pinned=cast("Mapping[str, PinnedKeyword]", {row[0]: row for row in pinned}),
        learned=dict(map(tuple, taught)),
    )


def list_published(tx: Transaction) -> dict[str, Keyword]:
    """The keywords that have a page and feeds, by slug; not those merged into others."""
    return _read_published(tx, sa.true())


def find_published(tx: Transaction, slugs: Iterable[str]) -> dict[str, Keyword]:
    """Those of `list_published` with these slugs."""
    return _read_published(tx, schema.keyword.c.slug.in_(list(slugs)))


def _read_published(tx: Transaction, which: sa.ColumnElement[bool]) -> dict[str, Keyword]:
    columns = schema.keyword.c
    stands = sa.and_(columns.published_at.is_not(None), columns.merged_into.is_(None))
    rows = tx.execute(sa.select(columns.label, columns.slug).where(which, stands))
    return {slug: Keyword(label, slug) for label, slug in rows}


def list_former_addresses(tx: Transaction) -> dict[str, tuple[str, ...]]:
    """Of the slug of each keyword that took others in, theirs, where they had pages."""
    columns = schema.keyword.c
    merged = {
        row.normal: row
        for row in tx.execute(sa.select(schema.keyword).where(columns.merged_into.is_not(None)))
    }
    former: dict[str, list[str]] = {}
    for row in merged.values():
        target, seen = row.merged_into, {row.normal}
        while target in merged and target not in seen:
            seen.add(target)
            target = merged[target].merged_into
        if row.published_at is not None and target not in seen:
            former.setdefault(target, []).append(row.slug)
    slugs = tx.execute(sa.select(columns.normal, columns.slug).where(columns.normal.in_(former)))
    return {slug: tuple(sorted(former[normal])) for normal, slug in slugs}


class Address(Enum):
    """What became of a keyword's address besides moving."""

    UNKNOWN = "unknown"
    RETIRED = "retired"


def find_address(tx: Transaction, slug: str) -> str | Address:
    """The slug under which the keyword of `slug` stands today: another's, where it was merged."""
    columns = schema.keyword.c
    row = tx.execute(sa.select(schema.keyword).where(columns.slug == slug)).first()
    while row is not None and row.merged_into is not None:
        row = tx.execute(sa.select(schema.keyword).where(columns.normal == row.merged_into)).first()
    if row is None:
        return Address.UNKNOWN
    return Address.RETIRED if row.retired_at is not None else str(row.slug)


def retire_keyword(tx: Transaction, vocabulary: Vocabulary, written: str, *, now: datetime) -> Keyword:
    """From now on the keyword has no page, no feeds and no links. Raises NotFound."""
    keyword = _find(tx, vocabulary, written)
    columns = schema.keyword.c
    tx.execute(sa.update(schema.keyword).where(columns.slug == keyword.slug).values(retired_at=now))
    write_site_fingerprint(tx, "")
    return keyword


def list_retired(tx: Transaction) -> frozenset[str]:
    """The slugs of retired keywords."""
    columns = schema.keyword.c
    return frozenset(tx.execute(sa.select(columns.slug).where(columns.retired_at.is_not(None))).scalars())


def merge_keywords(tx: Transaction, vocabulary: Vocabulary, old: str, new: str) -> tuple[Keyword, Keyword]:
    """From now on `old` is a spelling of `new`, in papers, in choices and under its old address.

    Returns both as they were. Raises NotFound for a keyword nobody ever wrote, AlreadyExists where both
    are one already.
    """
    columns = schema.keyword.c
    was, becomes = (_find(tx, vocabulary, written) for written in (old, new))
    if was.slug == becomes.slug:
        raise AlreadyExists(f"{old} and {new} are one keyword already: {becomes.label}")
    normals = {
        slug: tx.execute(sa.select(columns.normal).where(columns.slug == slug)).scalar_one()
        for slug in (was.slug, becomes.slug)
    }
    target = normals[becomes.slug]
    # What takes the other in stands for itself from now on, whatever it was merged into before.
    tx.execute(sa.update(schema.keyword).where(columns.normal == target).values(merged_into=None))
    tx.execute(sa.delete(schema.keyword_alias).where(schema.keyword_alias.c.normal == target))
    tx.execute(sa.update(schema.keyword).where(columns.slug == was.slug).values(merged_into=target))
    alias = insert(schema.keyword_alias).values(normal=normals[was.slug], keyword=target)
    tx.execute(alias.on_conflict_do_update(index_elements=["normal"], set_={"keyword": target}))
    write_site_fingerprint(tx, "")  # the label stands wherever its papers do: everything is rendered again
    return was, becomes


def _find(tx: Transaction, vocabulary: Vocabulary, written: str) -> Keyword:
    keyword = vocabulary.resolve(written)
    known = sa.select(schema.keyword.c.slug).where(schema.keyword.c.slug == keyword.slug)
    if tx.execute(known).scalar() is None:
        raise NotFound(f"no paper ever had the keyword {written}", fix="newsletter keywords list shows them")
    return keyword


def mark_published(tx: Transaction, slugs: Iterable[str], *, now: datetime) -> None:
    """From now on these keywords keep their page and feeds, however rare they become."""
    statement = (
        sa.update(schema.keyword)
        .where(schema.keyword.c.slug == sa.bindparam("address"), schema.keyword.c.published_at.is_(None))
        .values(published_at=now)
    )
    rows = [{"address": slug} for slug in slugs]
    if rows:
        tx.execute(statement, rows)
