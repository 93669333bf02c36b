"""Resolves what a digest or a reader wrote to a `Keyword`.

Two kinds of alias are followed: those of the operator's keywords.toml, and those that digests
themselves taught (`合成自举预训练 (SBP)`), the operator's first. A spelling nobody knows is a keyword
of its own. What is known is read from the store by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from newsletter.keywords.normal import normal_form, split_abbreviation
from newsletter.keywords.slugs import make_slug
from newsletter.model import Keyword

Aliases = Mapping[str, tuple[str, ...]]
"""Canonical label → its other spellings."""


class PinnedKeyword(NamedTuple):
    """A keyword as the store remembers it: the label first seen, the slug fixed then."""

    label: str
    slug: str


class Vocabulary:
    """Every known keyword and alias; immutable once made."""

    def __init__(
        self,
        aliases: Aliases | None = None,
        *,
        pinned: Mapping[str, PinnedKeyword] | None = None,
        learned: Mapping[str, str] | None = None,
    ) -> None:
        """`pinned` has the known keywords by normal form; `learned` maps the normal form of an alias
        to that of its keyword."""
        aliases = aliases or {}
        self._pinned = pinned or {}
        self._target = dict(learned or {})
        self._label = {normal_form(label): label for label in aliases}
        self._aliases = {normal_form(label): spellings for label, spellings in aliases.items()}
        for label, spellings in aliases.items():
            # A canonical label of the operator's is nobody's alias, whatever a digest taught.
            self._target.pop(normal_form(label), None)
            self._target.update({normal_form(spelling): normal_form(label) for spelling in spellings})
        self._resolved: dict[str, Keyword] = {}

    def resolve(self, written: str) -> Keyword:
        """The keyword that `written` means."""
        keyword = self._resolved.get(written)
        if keyword is None:
            label, _ = split_abbreviation(written)
            keyword = self._resolved[written] = self._keyword(self._canonical(normal_form(label)), label)
        return keyword

    def resolve_normal(self, normal: str) -> Keyword:
        """The keyword that a normal form means; as `resolve`, for what is normalised already."""
        return self._keyword(self._canonical(normal), normal)

    def spellings(self, normals: Iterable[str]) -> set[str]:
        """All normal forms that mean the same keywords as these, themselves included."""
        found = set(normals)
        for canonical in {self._canonical(normal) for normal in found}:
            found.update(self._spellings.get(canonical, (canonical,)))
        return found

    @property
    def aliased(self) -> set[str]:
        """The normal forms that are aliases or have any."""
        return {*self._target.keys(), *self._target.values()}

    @cached_property
    def _spellings(self) -> dict[str, set[str]]:
        spellings: dict[str, set[str]] = {}
        for normal in self._target:
            canonical = self._canonical(normal)
            spellings.setdefault(canonical, {canonical}).add(normal)
        return spellings

    def resolve_all(self, written: Iterable[str]) -> tuple[Keyword, ...]:
        """Each keyword once, in the order written; what has no normal form is left out."""
        found = (self.resolve(each) for each in written if normal_form(each))
        return tuple({keyword.slug: keyword for keyword in found}.values())

    def _canonical(self, normal: str) -> str:
        if normal not in self._target:
            return normal
        seen = {normal}
        while (target := self._target.get(normal)) is not None and target not in seen:
            seen.add(target)
            normal = target
        return normal

    def _keyword(self, normal: str, written_label: str) -> Keyword:
        pinned = self._pinned.get(normal)
        fallback = pinned.label if pinned else written_label
        label = self._label.get(normal, fallback)
        slug = pinned.slug if pinned else make_slug(normal)
        return Keyword(label=label, slug=slug, aliases=self._aliases.get(normal, ()))
