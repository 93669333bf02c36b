"""Reads what the store knows of keywords into a `Vocabulary`: all of it, or what concerns some papers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import cast

import sqlalchemy as sa

from newsletter.keywords import PinnedKeyword, Topics, Vocabulary
from newsletter.model import Paper
from newsletter.store import schema
from newsletter.store.engine import Transaction
from newsletter.store.slices import select_in

_KEYWORD = schema.keyword.c
_ALIAS = schema.keyword_alias.c


def load_vocabulary(tx: Transaction, topics: Topics) -> Vocabulary:
    """All that is known, over the groups of `topics`."""
    return _read(tx, topics, None)


def load_vocabulary_of(tx: Transaction, topics: Topics, papers: Iterable[Paper]) -> Vocabulary:
    """What is known of the keywords of these papers, and of whatever else means them.

    It resolves these papers, and every choice as far as these papers are concerned, as the whole
    vocabulary does, and takes as long as the papers are many, whatever the age of the archive.
    """
    normals = {normal for paper in papers for normal in topics.list_normals(paper)}
    return load_vocabulary_around(tx, topics, normals)


def load_vocabulary_around(tx: Transaction, topics: Topics, normals: Collection[str]) -> Vocabulary:
    """What is known of these normal forms, and of whatever else means the same."""
    found: set[str] = set()
    edge = {*normals, *map(topics.ground_normal, normals)}
    while edge:
        # A name of a group may have been pinned, and merged, before there was the group.
        edge |= {name for normal in edge for name in topics.names_of(normal)}
        found |= edge
        near = {topics.ground_normal(normal) for normal in _find_neighbours(tx, edge)}
        edge = near - found
    return _read(tx, topics, found)


def _find_neighbours(tx: Transaction, normals: Iterable[str]) -> set[str]:
    """What these are aliases of or were merged into, and what are their aliases or was merged into them."""
    near: set[str] = set()
    for here, there in (
        (_ALIAS.normal, _ALIAS.keyword),
        (_KEYWORD.normal, _KEYWORD.merged_into),
        # Each merge is an alias as well, and only those have an index that leads back.
        (_ALIAS.keyword, _ALIAS.normal),
    ):
        statement = sa.select(there.label("near")).where(there.is_not(None))
        near.update(row.near for row in select_in(tx, statement, here, normals))
    return near


def _read(tx: Transaction, topics: Topics, normals: set[str] | None) -> Vocabulary:
    """`normals`: of these alone."""
    pinned = sa.select(_KEYWORD.normal, _KEYWORD.label, _KEYWORD.slug)
    learned = sa.select(_ALIAS.normal, _ALIAS.keyword)
    merged = sa.select(_KEYWORD.normal, _KEYWORD.merged_into).where(_KEYWORD.merged_into.is_not(None))
    return Vocabulary(
        topics,
        # The rows as they are: they have a label and a slug, and there are tens of thousands of them.
        pinned=cast(
            "Mapping[str, PinnedKeyword]",
            {row[0]: row for row in select_in(tx, pinned, _KEYWORD.normal, normals)},
        ),
        learned=dict(map(tuple, select_in(tx, learned, _ALIAS.normal, normals))),
        merged=dict(map(tuple, select_in(tx, merged, _KEYWORD.normal, normals))),
    )
