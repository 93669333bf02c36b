"""The topics of the vocabulary: what the operator's keywords.toml says, and what comes with the package.

A group is one topic with all its spellings. Finding topics in a text is left to `topics`, resolving what
is written to a keyword to `vocabulary`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from newsletter.errors import ConfigError
from newsletter.keywords.normal import normal_form

_SHIPPED = Path(__file__).with_name("ai.toml")
_FIELDS = ("spellings", "broader", "not_in")
_SHAPE = (
    'must be a list of spellings: ["…", "…"], or a table: '
    '{ spellings = ["…"], broader = ["…"], not_in = ["…"] }'
)
_BETWEEN_WORDS = re.compile(r"[\s_\-\u2010-\u2013\u2212]+")


@dataclass(frozen=True, slots=True)
class Group:
    """One topic of the vocabulary.

    `broader` are labels of topics that hold it; `not_in` are longer words in which a spelling stands and
    means something else (自监督学习 for 监督学习).
    """

    label: str
    spellings: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The label and the other spellings."""
        return (self.label, *self.spellings)


def squeeze(text: str) -> str:
    """The normal form without spaces, hyphens and underscores: `Multi-modal` and `multimodal` are one."""
    normal = normal_form(text)
    return _BETWEEN_WORDS.sub("", normal) or normal


def read_groups(path: Path, shipped: Sequence[Group] = ()) -> tuple[Group, ...]:
    """The groups of the operator's keywords.toml; an absent file has none.

    A value is a list of spellings, or a table of `spellings`, `broader` and `not_in`. `broader` names
    groups of this file or of `shipped`, by label or spelling. Raises ConfigError with every problem at
    once: not TOML, another shape, one spelling in two groups, a broader topic that is none, a circle.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from error
    problems: list[str] = []
    groups = []
    for label, value in document.items():
        fields, wrong = _read_fields(value)
        problems += [f"{path}: {label!r} {problem}" for problem in wrong]
        groups.append(Group(label, *(fields.get(name, ()) for name in _FIELDS)))
    problems += [f"{path}: {problem}" for problem in _find_problems(groups, shipped)]
    if problems:
        raise ConfigError(problems)
    return tuple(groups)


@lru_cache(maxsize=8)
def shipped_groups(language: str) -> tuple[Group, ...]:
    """The topics of AI research that come with the package.

    Labels are Chinese where `language` is a BCP 47 tag of Chinese, else English.
    """
    topics = tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))
    chinese = re.split("[-_]", language.lower())[0] == "zh"
    labels = {english: (topic["zh"][0] if chinese else english) for english, topic in topics.items()}
    groups = []
    for english, topic in topics.items():
        names = (*topic["zh"], english, *topic.get("en", ()))
        label = labels[english]
        groups.append(
            Group(
                label,
                tuple(name for name in names if name != label),
                tuple(labels[broader] for broader in topic.get("broader", ())),
                tuple(topic.get("not_in", ())),
            )
        )
    return tuple(groups)


def join_groups(own: Sequence[Group], shipped: Sequence[Group]) -> tuple[Group, ...]:
    """The operator's groups and the shipped ones as one vocabulary, the operator's first and as they are.

    Names are compared without case, spaces and hyphens. A shipped group of which one of the operator's
    holds a name is taken into that one: his label, the names, broader topics and not_in of both. Where
    two or more of his hold names of it, it keeps what nobody claimed, under its own label if that is
    left, else under its first name left; with nothing left it vanishes. A broader topic is the group
    that holds that name now. No name is in two groups if none was in two of either side's.
    """
    owner = {
        squeeze(name): number for number, group in reversed(list(enumerate(own))) for name in group.names
    }
    merged = list(own)
    standing = []
    for group in shipped:
        claimed = {squeeze(name) for name in group.names} & owner.keys()
        claimants = {owner[name] for name in claimed}
        left = tuple(name for name in group.names if squeeze(name) not in claimed)
        if len(claimants) == 1:
            [number] = claimants
            merged[number] = _unite(merged[number], group, left)
        elif left:
            standing.append(replace(group, label=left[0], spellings=left[1:]))
    return _point_broader([*merged, *standing])


def _unite(into: Group, group: Group, names: tuple[str, ...]) -> Group:
    return Group(
        into.label,
        (*into.spellings, *names),
        tuple(dict.fromkeys((*into.broader, *group.broader))),
        tuple(dict.fromkeys((*into.not_in, *group.not_in))),
    )


def _point_broader(groups: Sequence[Group]) -> tuple[Group, ...]:
    """The groups with the labels that their broader topics have now; nobody is broader than himself."""
    holder = _holders(groups)
    found = []
    for group in groups:
        labels = (holder.get(squeeze(name), name) for name in group.broader)
        broader = tuple(dict.fromkeys(label for label in labels if label != group.label))
        found.append(replace(group, broader=broader))
    return tuple(found)


def _holders(groups: Sequence[Group]) -> dict[str, str]:
    """Squeezed name → label of the first group that has it."""
    return {squeeze(name): group.label for group in reversed(groups) for name in group.names}


def _read_fields(value: object) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The fields of a group as they stand in the file, and what is wrong with them."""
    if isinstance(value, list):
        spellings = _read_strings(value)
        return ({}, [_SHAPE]) if spellings is None else ({"spellings": spellings}, [])
    if not isinstance(value, dict):
        return {}, [_SHAPE]
    fields, problems = {}, []
    for name, listed in value.items():
        strings = _read_strings(listed)
        if name not in _FIELDS:
            problems.append(f"has no field {name!r}: there are {', '.join(_FIELDS)}")
        elif strings is None:
            problems.append(f'{name} must be a list: ["…", "…"]')
        else:
            fields[name] = strings
    return fields, problems


def _read_strings(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    return None


def _find_problems(groups: Sequence[Group], shipped: Sequence[Group]) -> Iterator[str]:
    """What is wrong with groups of the right shape, each beginning with the name concerned."""
    owner = {normal_form(group.label): group.label for group in groups}
    for group in groups:
        for name in group.names:
            if not normal_form(name):
                yield f"{group.label!r} has an empty spelling"
                continue
            first = owner.setdefault(normal_form(name), group.label)
            if first != group.label:
                yield f"{name!r} stands under {first!r} and under {group.label!r}"
    holder = _holders([*groups, *shipped])
    narrower_to_broader = {}
    for group in groups:
        for name in group.broader:
            if squeeze(name) not in holder:
                yield f"{group.label!r} has the broader topic {name!r}, which is no group"
        narrower_to_broader[group.label] = [holder.get(squeeze(name), name) for name in group.broader]
    yield from _find_circles(narrower_to_broader)


def _find_circles(broader: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Each circle once, from its first label in the file."""
    done: set[str] = set()
    for start in broader:
        trail: list[str] = [start]
        pending = [iter(broader[start] if start not in done else ())]
        while pending:
            label = next(pending[-1], None)
            if label is None:
                pending.pop()
                done.add(trail.pop())
            elif label in trail:
                circle = [*trail[trail.index(label) :], label]
                yield f"{label!r} is broader than itself: {' → '.join(circle)}"
            elif label not in done:
                trail.append(label)
                pending.append(iter(broader.get(label, ())))
