"""What a type alone does not show: whether the values make sense, and whether people may be mailed."""

from __future__ import annotations

import ipaddress
import re
import string
from collections.abc import Iterator
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsletter.config.sections import Config
from newsletter.errors import ConfigError

_EXAMPLE_HOST = re.compile(r"(^|\.)(example(\.(org|com|net))?|invalid)$")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[^\W_]([\w.-]*[^\W_])?")
_SUBJECT_FIELDS = {"title", "date", "count", "keywords"}

Finding = tuple[str, str]
"""A key and what is wrong with its value."""


def judge_config(config: Config) -> Iterator[Finding]:
    """Every value that cannot be right."""
    for judge in (_judge_newsletter, _judge_sender, _judge_places, _judge_subject):
        yield from judge(config)


def check_public_addresses(config: Config) -> None:
    """Refuses to mail real people with addresses that lead nowhere.

    Raises ConfigError while base_url or the sender's address is an example name.
    """
    problems = []
    if is_example_host(urlsplit(config.newsletter.base_url).hostname or ""):
        problems.append(
            f"[newsletter] base_url is still {config.newsletter.base_url}: its links would lead nowhere"
        )
    if is_example_host(config.sender.address.rpartition("@")[2]):
        problems.append(f"[sender] address is still {config.sender.address}: nobody could answer it")
    if problems:
        fix = 'set them in newsletter.toml, or keep [transport] kind = "file" to try things out'
        raise ConfigError(problems, fix=fix)


def is_example_host(host: str) -> bool:
    """Whether `host` is reserved for examples (RFC 2606, RFC 6761)."""
    return not host or _EXAMPLE_HOST.search(host.lower()) is not None


def _judge_newsletter(config: Config) -> Iterator[Finding]:
    section = config.newsletter
    base = urlsplit(section.base_url)
    if base.scheme not in ("http", "https") or not base.hostname:
        yield "newsletter.base_url", "must be an absolute http(s) URL"
    elif base.scheme == "http" and not _is_loopback(base.hostname):
        yield "newsletter.base_url", "must be https: one-click unsubscribe (RFC 8058) needs it"
    if base.query or base.fragment:
        yield "newsletter.base_url", "must not have a query or a fragment"
    try:
        ZoneInfo(section.timezone)
    except (KeyError, ValueError, OSError):
        yield "newsletter.timezone", f"{section.timezone!r} is not an IANA time zone"
    if not section.title.strip():
        yield "newsletter.title", "must not be empty"


def _judge_sender(config: Config) -> Iterator[Finding]:
    sender = config.sender
    for name, address in (("address", sender.address), ("reply_to", sender.reply_to)):
        if not _ADDRESS.fullmatch(address) and (address or name == "address"):
            yield f"sender.{name}", "must be a mail address, ASCII before the @"


def _judge_places(config: Config) -> Iterator[Finding]:
    if not config.store.url.startswith("sqlite:///"):
        yield "store.url", "must begin with sqlite:///"
    if any(urlsplit(hub).scheme not in ("http", "https") for hub in config.feeds.hubs):
        yield "feeds.hubs", "must be http(s) URLs"
    if config.digest.source.startswith("http://"):
        yield "digest.source", "must be https"


def _judge_subject(config: Config) -> Iterator[Finding]:
    try:
        used = {name for _, name, _, _ in string.Formatter().parse(config.mail.subject) if name is not None}
    except ValueError as error:
        yield "mail.subject", f"cannot be read: {error}"
        return
    if used - _SUBJECT_FIELDS:
        known = ", ".join(f"{{{name}}}" for name in sorted(_SUBJECT_FIELDS))
        yield "mail.subject", f"knows only {known}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
