"""What a mail server's reply means for us: one pure table, the first row that fits decides.

A reply is told apart by where in the conversation it came, by its code (RFC 5321 §4.2), its
enhanced status (RFC 3463) and, where servers lie with these, by its text. What is done then is
left to `delivery/`; what a refused address means for its subscriber, to `bounces/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.errors import (
    AddressRefused,
    OutcomeUnknown,
    TemporaryTransportError,
    TransportError,
    TransportMisconfigured,
)

_LONGEST_TEXT = 300


class Stage(StrEnum):
    """A step of the conversation; the value is how messages call what was refused in it."""

    GREETING = "the connection"
    HELLO = "EHLO"
    TLS = "STARTTLS"
    LOGIN = "the login"
    SENDER = "the sender"
    RECIPIENT = "the recipient"
    DATA = "the message before it was sent"
    CONTENT = "the message"


OPENING = frozenset({Stage.GREETING, Stage.HELLO, Stage.TLS, Stage.LOGIN})
"""The steps that come once a connection, before any mail."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply on one line: what is not printable is gone, and it is cut where servers tell stories.

    `code` is -1 where there is none (aiosmtplib's).
    """

    code: int
    text: str

    @classmethod
    def read(cls, code: int, text: str) -> Reply:
        """From a reply's lines as UTF-8 with surrogate escapes: some servers answer in GBK."""
        if text.isascii() and text.isprintable() and "  " not in text and len(text) <= _LONGEST_TEXT:
            return cls(code, text.strip())  # what servers usually say, and they say it for every mail
        readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        words = "".join(char if char.isprintable() else " " for char in readable).split()
        return cls(code, " ".join(words)[:_LONGEST_TEXT])

    @property
    def ends_connection(self) -> bool:
        """Whether nothing can be said after it: 421 (RFC 5321 §3.8), or no reply at all."""
        return self.code == 421 or not 200 <= self.code < 600

    @property
    def status(self) -> str:
        """`5.1.1`; empty where the server sends none."""
        found = re.match(r"[245]\.\d{1,3}\.\d{1,3}(?= |$)", self.text)
        return found[0] if found else ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip() if self.code > 0 else self.text


ADDRESSED = frozenset({Stage.RECIPIENT, Stage.DATA, Stage.CONTENT})
"""The steps in which the server knows whom the mail is for."""


class Verdict(StrEnum):
    TOO_FAST = "too fast"
    TEMPORARY = "temporary"
    REFUSED = "refused"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: replies like `pattern` (of code and text) in these stages, and who says so."""

    pattern: str
    verdict: Verdict
    source: str
    fix: str = ""
    stages: frozenset[Stage] = frozenset(Stage)


_LOGIN = "check [transport.smtp] username, password and security"

RULES = (
    Rule(
        r"421 (?!4\.[34]\.|.*\b(shut|clos|idle|time))",
        Verdict.TOO_FAST,
        "Gmail 421-4.7.28, Yahoo 421 4.7.0 [TSS04], 163 421 HL:…; RFC 3463 §3.4 and §3.5: X.3 and X.4 are the"
        " server's own troubles",
        stages=ADDRESSED,
    ),
    Rule(
        r"4\d\d .*(\brate\b|throttl|too (many|much) (mail|message|connection)|too fast|slow down)",
        Verdict.TOO_FAST,
        "Gmail 450-4.2.1 (receiving mail at a rate), Outlook.com 451 4.7.650 (temporarily rate limited),"
        " Postfix 450 4.7.1 (too much mail from)",
        stages=ADDRESSED,
    ),
    Rule(
        r"450 (MI|RP):",
        Verdict.TOO_FAST,
        "163: 450 MI:…, 450 RP:… limit senders and addresses",
        stages=ADDRESSED,
    ),
    Rule(
        r"550 .*\bfrequency limited",
        Verdict.TOO_FAST,
        "service.mail.qq.com, help 1000723 and 1000725: limits a minute, an hour or a day",
        stages=ADDRESSED,
    ),
    Rule(r"4\d\d ", Verdict.TEMPORARY, "RFC 5321 §4.2.1; 163: 421 HL:…, 450 MI:…, 451 DT:SPM"),
    Rule(
        r"550 .*\bfrequency limited",
        Verdict.TEMPORARY,
        "service.mail.qq.com, help 1000723: said of the sender, whoever it is for",
    ),
    Rule(
        r"530 .*\bSTARTTLS\b",
        Verdict.MISCONFIGURED,
        "RFC 3207 §4",
        'set [transport.smtp] security = "starttls"',
    ),
    Rule(r"53[0458] |5\d\d 5\.7\.(8|9|11) ", Verdict.MISCONFIGURED, "RFC 4954 §6", _LOGIN),
    Rule(r"5\d\d ", Verdict.MISCONFIGURED, "RFC 4954 §4", _LOGIN, frozenset({Stage.LOGIN})),
    Rule(
        r"5\d\d .*(relay access denied|relay(ing)? (is )?(denied|not permitted|not allowed)|unable to relay)",
        Verdict.MISCONFIGURED,
        "Postfix, Sendmail, Exim, Exchange: it does not take mail from this machine or without login",
        "set [transport.smtp] username and password, or let the mail server relay for this machine",
        frozenset({Stage.RECIPIENT}),
    ),
    Rule(
        r"5\d\d ",
        Verdict.MISCONFIGURED,
        "RFC 5321 §3.3: nothing is known yet but the sender",
        "check that [sender] address may be used with this mail server",
        frozenset({Stage.SENDER}),
    ),
    Rule(
        r"5\d\d ",
        Verdict.MISCONFIGURED,
        "RFC 5321 §3.1: a 554 in place of the greeting; RFC 7504: 521",
        "check [transport.smtp] host and port: is it the server that takes your outgoing mail?",
        OPENING,
    ),
    Rule(
        "",
        Verdict.MISCONFIGURED,
        "RFC 5321 §4.2: what greets without a code is a web server or the like",
        "check [transport.smtp] host and port: is a mail server there?",
        frozenset({Stage.GREETING}),
    ),
    Rule(r"5\d\d ", Verdict.REFUSED, "RFC 5321 §4.2.1"),
)


def read_refusal(reply: Reply, stage: Stage) -> TransportError:
    """The error that a reply other than the hoped-for one stands for."""
    line = f"{reply.code} {reply.text} "
    for rule in RULES:
        if stage in rule.stages and re.match(rule.pattern, line, re.IGNORECASE):
            return _error_of(rule, reply, stage)
    nonsense = f"the mail server answered {stage} with {str(reply)!r}, which makes no sense"
    return OutcomeUnknown(nonsense) if stage is Stage.CONTENT else TemporaryTransportError(nonsense)


def _error_of(rule: Rule, reply: Reply, stage: Stage) -> TransportError:
    refused = f"the mail server refused {stage}: {reply}"
    if rule.verdict in (Verdict.TOO_FAST, Verdict.TEMPORARY):
        too_fast = rule.verdict is Verdict.TOO_FAST
        return TemporaryTransportError(f"the mail server put off {stage}: {reply}", too_fast=too_fast)
    if rule.verdict is Verdict.REFUSED:
        return AddressRefused(refused, code=reply.code, status=reply.status)
    return TransportMisconfigured(refused, fix=rule.fix)
