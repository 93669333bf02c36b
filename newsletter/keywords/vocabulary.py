"""Resolves what a digest or a reader wrote to a `Keyword`.

First by the groups of the vocabulary (`grounding`), then by what the store knows: the aliases that digests
themselves taught (`合成自举预训练 (SBP)`), which no group's name is, and the merges of the operator, which
move all but the groups of his own file. A spelling nobody knows is a keyword of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from newsletter.keywords.grounding import NO_TOPICS, Topics
from newsletter.keywords.slugs import make_slug
from newsletter.model import Keyword, Paper


class PinnedKeyword(NamedTuple):
    """A keyword as the store remembers it: the label first seen, the slug fixed then."""

    label: str
    slug: str


class Vocabulary:
    """Every known keyword and alias, or those around some papers; immutable once made."""

    def __init__(
        self,
        topics: Topics = NO_TOPICS,
        *,
        pinned: Mapping[str, PinnedKeyword] | None = None,
        learned: Mapping[str, str] | None = None,
        merged: Mapping[str, str] | None = None,
    ) -> None:
        """`pinned` has the known keywords by normal form; `learned` and `merged` map a normal form to that
        of the keyword it is an alias of, or was merged into."""
        self._topics = topics
        self._pinned = pinned or {}
        names = topics.names
        target = {normal: into for normal, into in (learned or {}).items() if normal not in names}
        moved = {topics.ground_normal(normal): into for normal, into in (merged or {}).items()}
        target |= {normal: into for normal, into in moved.items() if normal not in topics.own}
        self._target = {normal: topics.ground_normal(into) for normal, into in target.items()}
        self._resolved: dict[str, Keyword] = {}
        self._of_papers: dict[tuple[str, ...], tuple[tuple[Keyword, ...], tuple[Keyword, ...]]] = {}

    def resolve(self, written: str) -> Keyword:
        """The keyword that `written` means."""
        keyword = self._resolved.get(written)
        if keyword is None:
            canonical = self._canonical(self._topics.ground(written))
            keyword = self._resolved[written] = self._keyword(canonical, self._topics.label(written))
        return keyword

    def resolve_normal(self, normal: str) -> Keyword:
        """The keyword that a normal form means; as `resolve`, for what is normalised already."""
        return self._keyword(self._canonical(self._topics.ground_normal(normal)), normal)

    def resolve_all(self, written: Iterable[str]) -> tuple[Keyword, ...]:
        """Each keyword once, in the order written; what has no normal form is left out."""
        found = [self.resolve(each) for each in written if self._topics.ground(each)]
        return tuple({keyword.slug: keyword for keyword in found}.values())

    def keywords_of(self, paper: Paper) -> tuple[tuple[Keyword, ...], tuple[Keyword, ...]]:
        """Those written in its digest, then the topics found inside these and its title; and apart from
        them the topics that are only broader than one of these."""
        asked = (paper.title, paper.original_title, *paper.keywords)
        found = self._of_papers.get(asked)
        if found is None:
            shown, every = map(self.resolve_all, self._topics.list_shown_and_all(paper))
            found = self._of_papers[asked] = shown, tuple(each for each in every if each not in shown)
        return found

    def normals_of(self, paper: Paper) -> tuple[str, ...]:
        """The normal forms under which the paper is found, before aliases are followed."""
        return self._topics.list_normals(paper)

    def spellings(self, normals: Iterable[str]) -> set[str]:
        """All normal forms that mean the same keywords as these, themselves included."""
        found = set(normals)
        for canonical in {self._canonical(self._topics.ground_normal(normal)) for normal in found}:
            found.update(self._spellings.get(canonical, (canonical,)))
        return found

    @property
    def aliased(self) -> set[str]:
        """The normal forms that are aliases or have any."""
        return {*self._target.keys(), *self._target.values(), *self._topics.names}

    @cached_property
    def _spellings(self) -> dict[str, set[str]]:
        spellings: dict[str, set[str]] = {}
        for normal in self._target:
            canonical = self._canonical(normal)
            spellings.setdefault(canonical, {canonical}).add(normal)
        return spellings

    def _canonical(self, normal: str) -> str:
        if normal not in self._target:
            return normal
        seen = {normal}
        while (target := self._target.get(normal)) is not None and target not in seen:
            seen.add(target)
            normal = target
        return normal

    def _keyword(self, normal: str, written_label: str) -> Keyword:
        pinned, group = self._pinned.get(normal), self._topics.find_group(normal)
        label = group.label if group else pinned.label if pinned else written_label
        slug = pinned.slug if pinned else make_slug(normal)
        return Keyword(label=label, slug=slug, aliases=group.spellings if group else ())
