"""What a type alone does not show: whether the values make sense, and whether people may be mailed."""

from __future__ import annotations

import os
import re
import string
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsletter.config.sections import Config, TemplatesSection
from newsletter.config.theme import judge_theme
from newsletter.config.transports import PROVIDERS
from newsletter.config.urls import encode_host, is_loopback, read_base_url, read_hub_url
from newsletter.errors import ConfigError
from newsletter.shipped import find_language, known_languages

_EXAMPLE_HOST = re.compile(r"(^|\.)(example(\.(org|com|net))?|invalid)$")
_LONGEST_BASE_URL = 840  # a mail has room for links of 900, of which a token takes 60
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[^\W_]([\w.-]*[^\W_])?")
# RFC 6376 §3.1: labels with dots between; one of an address is at most 63 long.
_SELECTOR = re.compile(
    r"(?!.{64})[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_SUBJECT_FIELDS = {"title", "date", "count", "keywords"}

Finding = tuple[str, str]
"""A key and what is wrong with its value."""


def judge_config(config: Config, folder: Path) -> Iterator[Finding]:
    """Every value that cannot be right; `folder` is what relative paths were relative to."""
    judges = (_judge_newsletter, _judge_sender, _judge_places, _judge_subject, _judge_transport, _judge_dkim)
    for judge in judges:
        yield from judge(config)
    yield from judge_theme(config.theme)
    yield from _judge_templates(config.templates.directory, folder / TemplatesSection().directory)


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


def is_selector(text: str) -> bool:
    """Whether `text` can stand before `._domainkey` (RFC 6376 §3.1)."""
    return _SELECTOR.fullmatch(text) is not None


def is_example_host(host: str) -> bool:
    """Whether `host` is reserved for examples (RFC 2606, RFC 6761)."""
    return not host or _EXAMPLE_HOST.search(host.lower()) is not None


def _judge_newsletter(config: Config) -> Iterator[Finding]:
    section = config.newsletter
    try:
        base = urlsplit(read_base_url(section.base_url))
    except ValueError as error:
        yield "newsletter.base_url", str(error)
    else:
        if base.scheme == "http" and not is_loopback(base.hostname or ""):
            yield "newsletter.base_url", "must be https: one-click unsubscribe (RFC 8058) needs it"
        if len(escape(section.base_url)) > _LONGEST_BASE_URL:
            yield "newsletter.base_url", f"must be at most {_LONGEST_BASE_URL} characters, as HTML writes it"
    if find_language(section.language) is None:
        known = ", ".join(known_languages())
        yield "newsletter.language", f"{section.language!r} has no words here; known: {known}"
    try:
        ZoneInfo(section.timezone)
    except (KeyError, ValueError, OSError):
        yield "newsletter.timezone", f"{section.timezone!r} is not an IANA time zone"
    if not section.title.strip():
        yield "newsletter.title", "must not be empty"


def _judge_sender(config: Config) -> Iterator[Finding]:
    sender = config.sender
    for name, address in (("address", sender.address), ("reply_to", sender.reply_to)):
        if not _is_address(address) and (address or name == "address"):
            yield f"sender.{name}", "must be a mail address, ASCII before the @"


def _is_address(text: str) -> bool:
    if not _ADDRESS.fullmatch(text):
        return False
    try:
        encode_host(text.rpartition("@")[2])
    except ValueError:
        return False
    return True


def _judge_places(config: Config) -> Iterator[Finding]:
    if not config.store.url.startswith("sqlite:///"):
        yield "store.url", "must begin with sqlite:///"
    for hub in config.feeds.hubs:
        try:
            read_hub_url(hub)
        except ValueError as error:
            yield "feeds.hubs", f"{hub!r} {error}"
    yield from _judge_sources(config)


def _judge_sources(config: Config) -> Iterator[Finding]:
    """Without repeating one: it may hold a password."""
    section = config.digest
    if not section.source:
        yield "digest.source", "must name a folder, a file or an https URL"
    is_plain = any(source.strip().lower().startswith("http://") for source in section.source)
    if is_plain and not section.private_addresses:
        fix = "or set [digest] private_addresses = true if it is a server of your own network"
        yield "digest.source", f"must be https; {fix}"


def _judge_transport(config: Config) -> Iterator[Finding]:
    section = config.transport
    if section.fallback and section.fallback == section.kind:
        yield "transport.fallback", f"must be another transport than kind: {section.kind}"
    if section.fallback and section.kind == "file":
        yield "transport.fallback", 'has nothing to take over from kind = "file"'
    if section.kind in PROVIDERS and config.dkim.selector:
        said = f"{section.kind} writes each mail anew and signs it itself: leave [dkim] empty"
        yield "dkim.selector", f"{said}, and set the DNS records of docs/transports/{section.kind}.md"
    for name in PROVIDERS:
        endpoint = getattr(section, name).endpoint
        try:
            parts = urlsplit(read_base_url(endpoint)) if endpoint else None
        except ValueError as error:
            yield f"transport.{name}.endpoint", str(error)
            continue
        if parts is not None and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            yield f"transport.{name}.endpoint", "must be https: the key goes with each call"


def _judge_dkim(config: Config) -> Iterator[Finding]:
    """The key itself is looked at by those who sign: other commands need not be able to read it."""
    section, sender = config.dkim, config.sender.address.rpartition("@")[2]
    if section.key and not section.selector:
        yield "dkim.key", "signs nothing without [dkim] selector"
    if section.selector and not is_selector(section.selector):
        yield "dkim.selector", f"{section.selector!r} must be letters, digits, hyphens and dots"
    if not section.domain:
        return
    try:
        domain = encode_host(section.domain).lower()
    except ValueError as error:
        yield "dkim.domain", str(error)
        return
    if _is_address(config.sender.address) and not _is_aligned(domain, encode_host(sender).lower()):
        yield "dkim.domain", f"{domain} is not aligned with [sender] address, as DMARC asks: use {sender}"


def _is_aligned(domain: str, sender: str) -> bool:
    """Relaxed (RFC 7489 §3.1.1) as far as names alone tell; a single label is nobody's domain."""
    return "." in domain and (f".{sender}".endswith(f".{domain}") or f".{domain}".endswith(f".{sender}"))


def _judge_templates(directory: Path, default: Path) -> Iterator[Finding]:
    """A folder that is named must be there: its templates would be missed without a word."""
    try:
        with os.scandir(directory):
            pass
    except FileNotFoundError:
        if directory != default:
            yield "templates.directory", f"names no folder: {directory}"
    except OSError as error:
        yield "templates.directory", f"cannot be read: {directory}: {error.strerror}"


def _judge_subject(config: Config) -> Iterator[Finding]:
    try:
        used = list(string.Formatter().parse(config.mail.subject))
    except ValueError as error:
        yield "mail.subject", f"cannot be read: {error}"
        return
    for _, name, form, conversion in used:
        if name is not None and (name not in _SUBJECT_FIELDS or form or conversion):
            known = ", ".join(f"{{{each}}}" for each in sorted(_SUBJECT_FIELDS))
            yield "mail.subject", f"knows only {known}, each as it stands; a brace itself is {{{{"
            return
