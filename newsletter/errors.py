"""The one tree of exceptions::

    NewsletterError
    ├── ConfigError                  problems: everything wrong with the configuration, at once
    ├── DigestError                  source, line
    │   ├── DigestNotFound
    │   ├── DigestStale
    │   └── DigestHeld
    ├── RenderError                  template, line
    ├── StoreError
    │   ├── NotFound
    │   └── AlreadyExists
    ├── TransportError
    │   ├── TemporaryTransportError  retry_after, too_fast
    │   │   ├── TransportBusy        too many calls: the same one goes after `retry_after`
    │   │   └── TransportUnreachable
    │   ├── OutcomeUnknown           the answer was lost: taken or not, nobody can say
    │   └── PermanentTransportError
    │       ├── AddressRefused       code, status
    │       └── TransportMisconfigured
    │           └── DiskFailed       of a folder that mails are written into
    └── TokenError

Foreign exceptions are mapped to these at one place in each room, with the cause chained.
They carry a message and, where a user can mend the cause, the fix; exit codes and HTTP
statuses are for `cli/` and `web/` to choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


class NewsletterError(Exception):
    """Whatever can go wrong here on purpose.

    `message` is one line for a person; `fix`, where there is one, is what that person can do.
    """

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class ConfigError(NewsletterError):
    """The configuration cannot be used; `problems` names every reason with its place."""

    def __init__(self, problems: Sequence[str], *, fix: str = "") -> None:
        super().__init__("; ".join(problems), fix=fix)
        self.problems = tuple(problems)


class DigestError(NewsletterError):
    """A digest cannot be used: where it came from and, if known, the line (from 1)."""

    def __init__(self, message: str, *, source: str = "", line: int | None = None, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.source = source
        self.line = line


class DigestNotFound(DigestError):
    """The source holds no digest."""


class DigestStale(DigestError):
    """The latest digest is older than `[digest] max_age_days`."""


class DigestHeld(DigestError):
    """The digest looks wrong (too few papers) and waits for a person."""


class RenderError(NewsletterError):
    """A template failed: which one, and its line (from 1) where Jinja tells."""

    def __init__(self, message: str, *, template: str = "", line: int | None = None, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.template = template
        self.line = line


class StoreError(NewsletterError):
    """The store or the disk failed; nothing of the transaction in hand was kept."""


class NotFound(StoreError):
    """The store holds no such row."""


class AlreadyExists(StoreError):
    """The store holds this row already."""


class TransportError(NewsletterError):
    """A call of a transport failed."""


class TemporaryTransportError(TransportError):
    """The call may succeed later; `retry_after` where the other side said when.

    `too_fast`: the destination takes mail, but less at a time.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta | None = None,
        too_fast: bool = False,
        fix: str = "",
    ) -> None:
        super().__init__(message, fix=fix)
        self.retry_after = retry_after
        self.too_fast = too_fast


class TransportBusy(TemporaryTransportError):
    """The next server took nothing of the call, because there were too many; not a destination behind it."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None, fix: str = "") -> None:
        super().__init__(message, retry_after=retry_after, too_fast=True, fix=fix)


class TransportUnreachable(TemporaryTransportError):
    """The next server cannot be reached: nothing was handed over, and the next message fares no better."""


class OutcomeUnknown(TransportError):
    """The line broke after the call was offered: it may have been taken (RFC 1047)."""


class PermanentTransportError(TransportError):
    """The same call would fail again."""


class AddressRefused(PermanentTransportError):
    """One address was refused: reply `code` (RFC 5321 §4.2) and enhanced `status` (RFC 3463)."""

    def __init__(self, message: str, *, code: int, status: str = "", fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.code = code
        self.status = status


class TransportMisconfigured(PermanentTransportError):
    """Nothing can be handed over before a person acts: the run stops."""


class DiskFailed(TransportMisconfigured):
    """The disk under a folder of mails is full, or the folder cannot be written to."""


class TokenError(NewsletterError):
    """A link's token is malformed, forged, of another purpose, or expired."""
