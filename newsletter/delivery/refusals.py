"""Whom a refusal means: a reader whose address is gone, or us.

One pure table says which refusals are of a bad address and which are a judgement on the sender; every other
one (full, content, a rate) says nothing against either. Who is suppressed is decided at the end of a run:
where a destination refused more than a few per cent, the fault is ours, and nobody there is suppressed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.errors import AddressRefused

MASS_SHARE = 0.03
"""Of the addresses of a destination; beyond it the refusals are a judgement on the sender."""
MASS_LEAST = 3
"""So many refusals are never a mass: a small destination may have lost a person or two."""
MASS_SHARE_OF_ALL = 0.10
"""Of all addresses of a run: a relay that refuses everybody does so at every destination."""
MASS_LEAST_OF_ALL = 20


class Meaning(StrEnum):
    """What a refusal says."""

    BAD_ADDRESS = "bad address"
    POLICY = "policy"
    """Against the sender: authentication, reputation, a list. Sooner or later it may be taken."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Sign:
    """One row: a pattern of the reply, what it says, and who says so."""

    pattern: str
    meaning: Meaning
    source: str


SIGNS = (
    Sign(
        r"\b(spam|spf|dkim|dmarc|reputation|blacklist|blocklist|block list|listed|rbl|policy|banned|abuse)",
        Meaning.POLICY,
        "a judgement on the sender under whatever status; M3AAWG, Sending Domain Best Practices",
    ),
    Sign(
        r"(mailbox|quota|storage|inbox)[\w ]{0,20}(full|exceed)|over ?quota|insufficient system storage",
        Meaning.OTHER,
        "RFC 3463 §3.3: X.2.2, full, whatever status it comes with",
    ),
    Sign(r"frequency limited|too many|rate limit|try again|temporar", Meaning.OTHER, "a rate, see `replies`"),
    Sign(r"relay", Meaning.OTHER, "it does not take mail for that domain from us"),
    Sign(
        r"^5\d\d 5\.1\.[78]\b|\bsender\b", Meaning.OTHER, "RFC 3463 §3.2: X.1.7 and X.1.8 are of the sender"
    ),
    Sign(
        r"@[\w.-]*\b(docomo|ezweb|auone|softbank|vodafone|mineo)\b",
        Meaning.OTHER,
        "Japanese mobile carriers say `unknown user` for a reader who filters, too",
    ),
    Sign(
        r"^550 5\.4\.1 .*recipient address rejected: access denied",
        Meaning.BAD_ADDRESS,
        "learn.microsoft.com, NDR 550 5.4.1 in Exchange Online: no such recipient",
    ),
    Sign(r"^5\d\d 5\.7\.", Meaning.POLICY, "RFC 3463 §3.8: security or policy"),
    Sign(
        r"^5\d\d 5\.1\.(1|2|3|6|10)\b",
        Meaning.BAD_ADDRESS,
        "RFC 3463 §3.2; RFC 7505 §4.2: 5.1.10, no mail there",
    ),
    Sign(
        r"(user|recipient|mailbox|account|address|addressee|local part)\b.{0,60}"
        r"(unknown|not (be )?found|does(n.t| not) exist|not exist|no longer|invalid|not known|"
        r"has been (deleted|terminated))|user doesn.t have",
        Meaning.BAD_ADDRESS,
        "the words of Postfix, Exim, Sendmail, Exchange, Gmail, QQ, Yahoo and others",
    ),
    Sign(
        r"(no such|unknown|invalid|nonexist\w+|non-exist\w+|unrouteable|bad) "
        r"(local |destination )?(user|recipient|mailbox|account|address|person|domain)",
        Meaning.BAD_ADDRESS,
        "the words of the same",
    ),
    Sign(r"^5\d\d 5\.[2-7]\.", Meaning.OTHER, "RFC 3463 §3: not about the address"),
    Sign(r"^551 ", Meaning.BAD_ADDRESS, "RFC 5321 §3.4: the user is not local"),
)


def read_meaning(refusal: AddressRefused) -> Meaning:
    """The first row that fits decides; none: nothing is held against anybody."""
    words = refusal.message.partition(": ")[2] or refusal.message
    reply = words if words.startswith(str(refusal.code)) else f"{refusal.code} {words}"
    for sign in SIGNS:
        if re.search(sign.pattern, reply, re.IGNORECASE):
            return sign.meaning
    return Meaning.OTHER


@dataclass(slots=True)
class Refusals:
    """What a run saw of each destination, a domain."""

    answered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    bad: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By domain: address and what the server said."""

    def note(self, address: str, refusal: AddressRefused | None) -> None:
        """An answer: taken (None) or refused."""
        domain = address.rpartition("@")[2].lower()
        self.answered[domain] += 1
        if refusal is not None:
            self.refused[domain] += 1
            if read_meaning(refusal) is Meaning.BAD_ADDRESS:
                self.bad.setdefault(domain, []).append((address, refusal.message))

    def joined_with(self, other: Refusals) -> Refusals:
        """What both saw."""
        domains = self.bad.keys() | other.bad.keys()
        bad = {domain: self.bad.get(domain, []) + other.bad.get(domain, []) for domain in domains}
        return Refusals(self.answered + other.answered, self.refused + other.refused, bad)

    def find_masses(self) -> list[str]:
        """The domains that refused more than addresses can be bad; "*": everybody did."""
        total, refused = self.answered.total(), self.refused.total()
        if refused > max(MASS_LEAST_OF_ALL, total * MASS_SHARE_OF_ALL):
            return ["*"]
        return sorted(
            domain
            for domain, count in self.refused.items()
            if count > max(MASS_LEAST, self.answered[domain] * MASS_SHARE)
        )

    def find_gone(self) -> Iterator[tuple[str, str]]:
        """The addresses to suppress, each with what the server said."""
        masses = self.find_masses()
        for domain, found in self.bad.items():
            if "*" not in masses and domain not in masses:
                yield from found
