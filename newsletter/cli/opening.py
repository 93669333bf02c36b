"""What most commands begin with: the configuration, the logging, the open store."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.streams import writes_utf8

if TYPE_CHECKING:
    from newsletter.config import Config
    from newsletter.daily.publisher import Publisher

DEFAULT_FILE = "newsletter.toml"


class Day(click.ParamType[date]):
    """A date as 2025-09-24."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2025-09-24", param, ctx)


class Address(click.ParamType[str]):
    """A mail address."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from newsletter.store.subscriber_list import check_email

        try:
            return check_email(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Keywords(click.ParamType[tuple[str, ...]]):
    """Keywords with commas between them."""

    name = "a,b"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        found = tuple(filter(None, (each.strip() for each in value.split(","))))
        return found or self.fail("names no keyword", param, ctx)


def now() -> datetime:
    """The clock of every command but the demo."""
    return datetime.now(UTC)


def find_config_file(ctx: click.Context) -> Path | None:
    """The file that the options name, or the one in this folder; None where there is none."""
    named = ctx.find_root().obj["config_path"]
    path = Path(named) if named else Path(DEFAULT_FILE)
    return path if named or path.exists() else None


def find_config(ctx: click.Context) -> Config:
    """The configuration that the options name. Raises ConfigError."""
    from newsletter.config import load_config

    return load_config(find_config_file(ctx), os.environ, Path.cwd())


@contextmanager
def opened_publisher(ctx: click.Context) -> Iterator[Publisher]:
    """The configured program with its store open."""
    from newsletter.daily.publisher import open_publisher

    start_logging(logging.INFO if ctx.find_root().obj["verbose"] else logging.WARNING)
    publisher = open_publisher(find_config(ctx), now)
    try:
        yield publisher
    finally:
        publisher.close()


def start_logging(level: int) -> None:
    """Log lines go to stderr: stdout is for what was asked for."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    for chatty in ("apscheduler", "alembic", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def print_json(document: Any) -> None:
    """One JSON document on stdout, in ASCII where that is all it can write."""
    click.echo(json.dumps(document, ensure_ascii=not writes_utf8(sys.stdout), indent=2))
