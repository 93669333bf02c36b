"""The known keywords: each pinned to its label and slug at first sight, with the aliases digests taught."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.errors import AlreadyExists, NotFound
from newsletter.keywords import Topics, Vocabulary, make_slug, normal_form, split_abbreviation
from newsletter.model import Keyword, Paper
from newsletter.store import schema
from newsletter.store.engine import Transaction
from newsletter.store.settings import count_merge
from newsletter.store.slices import select_in
from newsletter.store.vocabulary import load_vocabulary_around


def pin_keywords(tx: Transaction, papers: Iterable[Paper], topics: Topics, *, now: datetime) -> None:
    """Remembers keywords never seen before; what is known already stays as it is.

    `合成自举预训练 (SBP)` also teaches the alias SBP, unless that was a keyword before, or is somebody
    else's alias.
    """
    labels, taught = _split(papers, topics)
    column = schema.keyword.c.normal
    known = {row.normal for row in select_in(tx, sa.select(column), column, {*labels, *taught})}
    taught = {alias: normal for alias, normal in taught.items() if alias not in known}
    rows = [
        {"normal": normal, "label": label, "slug": make_slug(normal), "first_seen_at": now}
        for normal, label in labels.items()
        if normal not in known and normal not in taught
    ]
    if rows:
        tx.execute(sa.insert(schema.keyword), rows)
    if taught:
        statement = insert(schema.keyword_alias).on_conflict_do_nothing()
        tx.execute(statement, [{"normal": alias, "keyword": normal} for alias, normal in taught.items()])


def _split(papers: Iterable[Paper], topics: Topics) -> tuple[dict[str, str], dict[str, str]]:
    """Normal form → label as first written, and normal form of an alias → that of its keyword."""
    labels: dict[str, str] = {}
    taught: dict[str, str] = {}
    for paper in papers:
        for word in topics.list_words(paper):
            labels.setdefault(topics.ground(word), topics.label(word))
        for written in paper.keywords:
            alias, normal = normal_form(split_abbreviation(written)[1]), topics.ground(written)
            # A group has its names whatever digests teach, and its label must be pinned.
            if alias and normal and alias != normal and alias not in topics.names:
                taught.setdefault(alias, normal)
    # `A (B)` beside `B (A)`: both are keywords, neither is an alias.
    return labels, {alias: normal for alias, normal in taught.items() if normal not in taught}


def read_first_seen(tx: Transaction) -> dict[str, datetime]:
    """When each keyword was first taken in, by normal form."""
    columns = schema.keyword.c
    return dict(map(tuple, tx.execute(sa.select(columns.normal, columns.first_seen_at))))


def list_published(tx: Transaction, vocabulary: Vocabulary) -> dict[str, Keyword]:
    """The keywords that have a page and feeds, by slug; not those that others took in."""
    return _stand(tx.execute(_select_published()).all(), vocabulary)


def find_published(tx: Transaction, vocabulary: Vocabulary, slugs: Iterable[str]) -> dict[str, Keyword]:
    """Those of `list_published` with these slugs."""
    return _stand(select_in(tx, _select_published(), schema.keyword.c.slug, slugs), vocabulary)


def list_former_addresses(tx: Transaction, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """Of the slug of each keyword that others became, by a merge or a group, theirs where they had pages."""
    statement = _select_published()
    rows = [
        *select_in(tx, statement, schema.keyword.c.normal, vocabulary.aliased),
        *tx.execute(statement.where(schema.keyword_use.c.normal.is_(None))),
    ]
    former: dict[str, list[str]] = {}
    for slug, row in {row.slug: row for row in rows}.items():
        becomes = _find_today(row, vocabulary).slug
        if becomes != slug:
            former.setdefault(becomes, []).append(slug)
    return {slug: tuple(sorted(slugs)) for slug, slugs in former.items()}


def _select_published() -> sa.Select[Any]:
    return _select_known().where(schema.keyword.c.published_at.is_not(None))


def _select_known() -> sa.Select[Any]:
    """Every keyword, and whether any paper is found under it."""
    keyword, use = schema.keyword, schema.keyword_use
    is_used = use.c.normal.is_not(None).label("is_used")
    return sa.select(keyword.c.normal, keyword.c.label, keyword.c.slug, is_used).select_from(
        keyword.outerjoin(use, use.c.normal == keyword.c.normal)
    )


def _stand(rows: Iterable[Any], vocabulary: Vocabulary) -> dict[str, Keyword]:
    """Those of the rows that are keywords of their own today."""
    return {
        row.slug: Keyword(row.label, row.slug)
        for row in rows
        if _find_today(row, vocabulary).slug == row.slug
    }


def _find_today(row: Any, vocabulary: Vocabulary) -> Keyword:
    """What a keyword that was known once is today.

    One that no paper is found under may have been pinned before there was the group that its plural, or its
    spelling with a hyphen, belongs to: a normal form does not tell, its label does.
    """
    becomes = vocabulary.resolve_normal(row.normal)
    return becomes if row.is_used or becomes.slug != row.slug else vocabulary.resolve(row.label)


class Address(Enum):
    """What became of a keyword's address besides moving."""

    UNKNOWN = "unknown"
    RETIRED = "retired"


def find_address(tx: Transaction, topics: Topics, slug: str) -> str | Address:
    """The slug under which the keyword of `slug` stands today: another's, where it became that."""
    columns = schema.keyword.c
    row = tx.execute(_select_known().where(columns.slug == slug)).first()
    if row is None:
        return Address.UNKNOWN
    around = load_vocabulary_around(tx, topics, {row.normal, topics.ground(row.label)})
    today = _find_today(row, around).slug
    is_retired = sa.select(columns.retired_at).where(columns.slug == today, columns.retired_at.is_not(None))
    return today if tx.execute(is_retired).scalar() is None else Address.RETIRED


def retire_keyword(tx: Transaction, vocabulary: Vocabulary, written: str, *, now: datetime) -> Keyword:
    """From now on the keyword has no page, no feeds and no links. Raises NotFound."""
    keyword = _find(tx, vocabulary, written)
    columns = schema.keyword.c
    tx.execute(sa.update(schema.keyword).where(columns.slug == keyword.slug).values(retired_at=now))
    count_merge(tx)
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
    count_merge(tx)
    return was, becomes


def find_merged(tx: Transaction, vocabulary: Vocabulary, normal: str) -> Keyword | None:
    """The keyword of this normal form as it was, where a merge made it another's spelling; else None."""
    columns = schema.keyword.c
    statement = sa.select(columns.normal, columns.label, columns.slug).where(
        columns.normal == normal, columns.merged_into.is_not(None)
    )
    row = tx.execute(statement).first()
    if row is None or vocabulary.resolve_normal(row.normal).slug == row.slug:
        return None
    return Keyword(row.label, row.slug)


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
