"""Follows an SPF record as who checks mail does (RFC 7208 §4.6): what its terms cost, and where they lead.

What that is worth is for `records`. The names are asked for by whoever calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from newsletter.config import Config

MOST_LOOKUPS = 10
"""RFC 7208 §4.6.4: a record that needs more questions of the DNS counts for nothing."""

_RECORD = re.compile(r"v=spf1( |$)", re.IGNORECASE)
_TERM = re.compile(r"[+?~-]?(?P<name>[a-z0-9_.-]+)(?P<sign>[:=/]|$)(?P<target>.*)", re.IGNORECASE)
_ASKING = {"include", "a", "mx", "ptr", "exists"}
_MECHANISMS = _ASKING | {"all", "ip4", "ip6"}

# Who sends from servers of his own, and leaves the envelope in our domain: by the name of the server that
# takes our mail, the record that names those servers.
_SENDERS = {
    "gmail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
}


@dataclass(slots=True)
class SpfWalk:
    """`lookups` are the questions that count, `reached` the names whose records the record takes in.

    `fault`: why it counts for nothing, whoever sends; empty: it does not.
    """

    lookups: int = 0
    reached: list[str] = field(default_factory=list)
    fault: str = ""

    def leads_to(self, sender: str) -> bool:
        """Whether it reached that name, or another one of the same provider: some have one a region."""
        provider = ".".join(sender.split(".")[-2:])
        return any(f".{name}".endswith(f".{provider}") for name in self.reached)


def find_records(texts: Sequence[str]) -> list[str]:
    """Those of the TXT records of a name that are SPF's (RFC 7208 §4.5)."""
    return [text for text in texts if _RECORD.match(text)]


def find_sender(config: Config) -> str:
    """The name that our record has to lead to, where it is known; else empty."""
    if config.transport.kind == "mailgun":
        domain = config.sender.address.rpartition("@")[2].lower()
        return "mailgun.org" if config.transport.mailgun.domain.lower() in ("", domain) else ""
    if config.transport.kind != "smtp":
        return ""
    host = f".{config.transport.smtp.host.lower().rstrip('.')}"
    return next((sender for name, sender in _SENDERS.items() if host.endswith(f".{name}")), "")


def follow_record(record: str, find_texts: Callable[[str], Sequence[str]]) -> SpfWalk:
    """Asks `find_texts` for the TXT records of what it takes in, in its order, until it costs too much."""
    walk = SpfWalk()
    _follow(record, find_texts, walk)
    return walk


def _follow(record: str, find_texts: Callable[[str], Sequence[str]], walk: SpfWalk) -> None:
    redirect = ""
    for term in record.split()[1:]:
        found = _TERM.fullmatch(term)
        name = found["name"].lower() if found else ""
        if found and found["sign"] == "=":
            redirect = found["target"] if name == "redirect" else redirect
            continue
        if found is None or name not in _MECHANISMS:
            walk.fault = walk.fault or f"has a term that there is not: {term}"
            return
        if name == "all":  # §5.1: what follows is never looked at, a redirect neither
            return
        walk.lookups += name in _ASKING
        if name == "include":
            _take_in(found["target"], find_texts, walk)
        if walk.fault or walk.lookups > MOST_LOOKUPS:
            return
    if redirect:
        walk.lookups += 1
        _take_in(redirect, find_texts, walk)


def _take_in(name: str, find_texts: Callable[[str], Sequence[str]], walk: SpfWalk) -> None:
    # A name with a macro (§7) is another one for each mail.
    if walk.lookups > MOST_LOOKUPS or "%" in name:
        return
    records = find_records(find_texts(name))
    if len(records) != 1:
        walk.fault = f"takes in {name}, which has {len(records) or 'no'} record{'s' if records else ''}"
        return
    walk.reached.append(name.lower().rstrip("."))
    _follow(records[0], find_texts, walk)
