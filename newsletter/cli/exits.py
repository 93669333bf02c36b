"""Exit codes, and how an error looks on a terminal.

0 all done or nothing to do · 1 some deliveries not submitted · 2 wrong usage or configuration ·
3 no usable digest · 4 the store or the disk failed. As shells count signals: 130 interrupted · 141 the
reader of the output left.
"""

from __future__ import annotations

from enum import IntEnum

import click

from newsletter.errors import (
    AlreadyExists,
    ConfigError,
    DigestError,
    DiskFailed,
    NewsletterError,
    NotFound,
    RenderError,
    StoreError,
    TokenError,
    TransportMisconfigured,
)


class Exit(IntEnum):
    DONE = 0
    NOT_ALL_SUBMITTED = 1
    USAGE = 2
    NO_DIGEST = 3
    STORE = 4
    INTERRUPTED = 130
    READER_LEFT = 141


# The first that fits: what a person names wrongly is usage, although the store says so; a transport's
# disk is a disk, although the transport says so.
_CODES: tuple[tuple[tuple[type[NewsletterError], ...], Exit], ...] = (
    ((DiskFailed,), Exit.STORE),
    ((ConfigError, RenderError, TokenError, TransportMisconfigured, NotFound, AlreadyExists), Exit.USAGE),
    ((DigestError,), Exit.NO_DIGEST),
    ((StoreError,), Exit.STORE),
)


def exit_code(error: NewsletterError) -> Exit:
    """The code an error ends the program with."""
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), Exit.NOT_ALL_SUBMITTED)


def print_error(error: NewsletterError) -> None:
    """What is wrong, a line each, and the fix."""
    problems = error.problems if isinstance(error, ConfigError) else (error.message,)
    for problem in problems:
        click.echo(f"{click.style('error:', fg='red')} {problem}", err=True)
    if error.fix:
        click.echo(f"{click.style('  fix:', fg='green')} {error.fix}", err=True)


def explain_system(error: OSError | UnicodeEncodeError) -> NewsletterError:
    """What the system or an argument that is no text made fail, in the words of our own tree."""
    if isinstance(error, UnicodeEncodeError):
        return ConfigError([f"{error.object!a} is not UTF-8 text"], fix="write it in UTF-8")
    what = f"{error.filename}: " if error.filename else ""
    return StoreError(f"{what}{error.strerror or error}", fix="check the disk, the folder and the rights")
