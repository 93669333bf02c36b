"""The topics of a newsletter: what its keywords.toml says, over those that come with the package.

Publishing and mailing ask for them; most commands do not, and never import the keywords.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.config import Config
from newsletter.keywords import Group, Topics, join_groups, read_groups, shipped_groups


def read_topics(config: Config) -> Topics:
    """The vocabulary of keywords.toml and of the package. Raises ConfigError."""
    return join_topics(config, read_own_groups(config))


def read_own_groups(config: Config) -> tuple[Group, ...]:
    """The groups of keywords.toml; none where it is not there. Raises ConfigError."""
    return read_groups(config.keywords.file, _shipped_groups(config))


def join_topics(config: Config, own: Sequence[Group]) -> Topics:
    """The vocabulary of these groups and of the package."""
    shipped = _shipped_groups(config)
    groups = join_groups(own, shipped) if own else shipped  # which joined to nothing are what they are
    return Topics(groups, own=[group.label for group in own])


def _shipped_groups(config: Config) -> tuple[Group, ...]:
    return shipped_groups(config.newsletter.language) if config.keywords.groups == "ai" else ()
