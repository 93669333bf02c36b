"""What keywords mean before any store is asked: by the groups of the vocabulary alone.

Written keywords of one group are one keyword, in the singular, the plural or with a hyphen; each paper also
has the topics found inside its keywords and its title. What digests taught and an operator merged comes
over this in `vocabulary`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cached_property, lru_cache

from newsletter import __version__
from newsletter.keywords.groups import Group
from newsletter.keywords.normal import normal_form, split_abbreviation
from newsletter.keywords.topics import TopicFinder
from newsletter.model import Paper

_REMEMBERED = 1 << 15


class Topics:
    """The groups of the vocabulary, and what they make of papers; immutable once made."""

    def __init__(self, groups: Sequence[Group] = (), *, own: Iterable[str] = ()) -> None:
        """`own` are the labels of groups that the operator wrote down: no merge moves them."""
        self.own = frozenset(map(normal_form, own))
        self._groups = tuple(groups)
        self.ground = lru_cache(maxsize=_REMEMBERED)(self._ground)

    @cached_property
    def _finder(self) -> TopicFinder:
        return TopicFinder(self._groups)

    # Made when they are asked for: most commands read no keyword, and there are hundreds of groups.

    @cached_property
    def _canonical(self) -> dict[str, str]:
        return {normal_form(name): normal_form(each.label) for each in self._groups for name in each.names}

    @cached_property
    def _by_normal(self) -> dict[str, Group]:
        return {normal_form(each.label): each for each in self._groups}

    @property
    def names(self) -> Iterable[str]:
        """Every spelling of every group, in normal form."""
        return self._canonical.keys()

    @cached_property
    def fingerprint(self) -> str:
        """Another where any group is, or this program: what was derived from them is derived anew."""
        groups = [{field.name: getattr(each, field.name) for field in fields(Group)} for each in self._groups]
        facts = json.dumps([__version__, groups], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()

    def ground_normal(self, normal: str) -> str:
        """The normal form of the group's label where `normal` is a name of one; else itself."""
        return self._canonical.get(normal, normal)

    def names_of(self, normal: str) -> frozenset[str]:
        """The normal forms of all names of the group whose label has this one."""
        group = self._by_normal.get(normal)
        return frozenset(map(normal_form, group.names)) if group else frozenset()

    def find_group(self, normal: str) -> Group | None:
        """The group with this normal form of its label."""
        return self._by_normal.get(normal)

    def is_topic(self, label: str) -> bool:
        """Whether a group is called that."""
        return normal_form(label) in self._by_normal

    def label(self, written: str) -> str:
        """What a written keyword is called: by its group, else as written, without the abbreviation."""
        group = self._by_normal.get(self.ground(written))
        return group.label if group else split_abbreviation(written)[0]

    def list_words(self, paper: Paper) -> tuple[str, ...]:
        """What the paper is found under, each keyword once: the written ones, then the labels of topics
        inside these and its title, then those of broader topics."""
        return self.list_shown_and_all(paper)[1]

    def list_shown_and_all(self, paper: Paper) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """`list_words` without topics that are only broader than another, and with them."""
        texts = [*paper.keywords, paper.title, paper.original_title]
        found = self._finder.find_direct(texts) if self._groups else ()
        shown = (*paper.keywords, *found)
        every = (*shown, *self._finder.broaden(found)) if found else shown
        return self._each_once(shown), self._each_once(every)

    def _each_once(self, written: Iterable[str]) -> tuple[str, ...]:
        words: dict[str, str] = {}
        for word in written:
            words.setdefault(self.ground(word), word)
        words.pop("", None)
        return tuple(words.values())

    def list_normals(self, paper: Paper) -> tuple[str, ...]:
        """`list_words` in the normal forms under which an index has them."""
        return tuple(map(self.ground, self.list_words(paper)))

    def _ground(self, written: str) -> str:
        """The normal form under which a written keyword is found."""
        word, _ = split_abbreviation(written)
        normal = normal_form(word)
        if normal in self._canonical or not self._groups:
            return self.ground_normal(normal)
        label = self._finder.meant_by(word)  # in the plural, or with a hyphen
        return normal_form(label) if label else normal


NO_TOPICS = Topics()
"""Every spelling is a keyword of its own."""
