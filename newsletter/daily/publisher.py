"""The configured program: configuration, open store, and what both together say of the newsletter."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsletter.config import Config, read_theme
from newsletter.model import Clock, Newsletter
from newsletter.store import Store, open_store
from newsletter.store.settings import (
    find_secret_key,
    find_tag_authority,
    fix_tag_authority,
    is_tag_authority_fixed,
    secret_key,
)

if TYPE_CHECKING:
    from jinja2 import Environment

    from newsletter.delivery.dkim import DkimSigner
    from newsletter.keywords import Group, Topics


@dataclass(frozen=True)
class Publisher:
    """What every step of the job needs; made by `open_publisher`."""

    config: Config
    store: Store
    clock: Clock
    newsletter: Newsletter
    key: bytes
    """Signs the personal links."""
    own_groups: tuple[Group, ...]
    """The operator's groups of keywords."""

    @cached_property
    def topics(self) -> Topics:
        """The operator's groups, and those that come with the package."""
        from newsletter.daily.topics import join_topics  # noqa: PLC0415 - many commands need no keyword

        return join_topics(self.config, self.own_groups)

    @cached_property
    def environment(self) -> Environment:
        """The templates: the operator's own over the shipped ones."""
        from newsletter.render.environment import make_environment  # noqa: PLC0415 - Jinja2, only where used

        return make_environment(self.config.templates.directory)

    @cached_property
    def signer(self) -> DkimSigner | None:
        """Signs the mails where `[dkim]` says so. Raises ConfigError for a key that cannot be used."""
        from newsletter.daily.signing import open_signer  # noqa: PLC0415 - only where mail is made

        return open_signer(self.config)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.newsletter.timezone)

    def today(self) -> date:
        """The newsletter's day."""
        return self.clock().astimezone(self.zone).date()

    def midnight_after(self, day: date) -> datetime:
        """The end of a day of the newsletter."""
        return datetime.combine(day + timedelta(days=1), time(), self.zone)

    @property
    def out(self) -> Path:
        return self.config.site.out

    def with_fixed_ids(self) -> Publisher:
        """From its first publication on, a newsletter's ids stay: whatever becomes of base_url."""
        ours = self.newsletter.tag_authority, self.newsletter.tag_date
        with self.store.read() as tx:
            if is_tag_authority_fixed(tx, *ours):
                return self
        with self.store.write() as tx:
            authority, tag_date = fix_tag_authority(tx, *ours)
        fixed = dataclasses.replace(self.newsletter, tag_authority=authority, tag_date=tag_date)
        return dataclasses.replace(self, newsletter=fixed)

    def with_current_topics(self) -> Publisher:
        """With keywords.toml as it stands now, for what runs for days. Raises ConfigError."""
        own_groups = _read_own_groups(self.config)
        is_same = own_groups == self.own_groups
        return self if is_same else dataclasses.replace(self, own_groups=own_groups)

    def close(self) -> None:
        self.store.close()


def open_publisher(config: Config, clock: Clock) -> Publisher:
    """Opens the store, and makes the key that signs links where there is none.

    Raises StoreError and ConfigError.
    """
    own_groups = _read_own_groups(config)
    store = open_store(config.store.url)
    section, sender = config.newsletter, config.sender
    today = clock().astimezone(ZoneInfo(section.timezone)).date()
    with store.read() as tx:  # most commands need not wait for whoever writes
        key = section.secret_key.encode() or find_secret_key(tx)
        authority, tag_date = find_tag_authority(tx, urlsplit(section.base_url).hostname or "", today)
    if key is None:
        with store.write() as tx:
            key = secret_key(tx)
    newsletter = Newsletter(
        title=section.title,
        base_url=section.base_url,
        language=section.language,
        timezone=section.timezone,
        sender_name=sender.name,
        sender_address=sender.address,
        tag_authority=authority,
        tag_date=tag_date,
        reply_to=sender.reply_to,
        postal_address=sender.postal_address,
        theme=read_theme(config.theme),
    )
    return Publisher(config, store, clock, newsletter, key, own_groups)


def _read_own_groups(config: Config) -> tuple[Group, ...]:
    try:
        config.keywords.file.lstat()
    except FileNotFoundError:
        return ()
    except OSError:
        pass  # told as it is read
    from newsletter.daily.topics import read_own_groups  # noqa: PLC0415 - most newsletters have none

    return read_own_groups(config)
