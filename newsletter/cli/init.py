"""`newsletter init`: a commented configuration to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import DEFAULT_FILE


@click.command()
def init() -> int:
    """Write a commented newsletter.toml into this folder; one that stands there is left alone."""
    from newsletter.config.example import write_example
    from newsletter.errors import AlreadyExists, StoreError

    path = Path(DEFAULT_FILE)
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError as error:
        raise AlreadyExists(f"{DEFAULT_FILE} stands here already", fix="edit it, or move it away") from error
    try:
        with file:
            file.write(write_example())
    except OSError as error:
        path.unlink()
        raise StoreError(
            f"{DEFAULT_FILE} cannot be written: {error.strerror}", fix="make room on the disk"
        ) from error
    click.echo(f"{DEFAULT_FILE} written: set base_url and the sender's address, then newsletter doctor")
    return Exit.DONE
