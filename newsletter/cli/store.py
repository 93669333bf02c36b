"""`newsletter store`: the tables and their copies."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import find_config


@click.group()
def store() -> None:
    """Migrate and back up the store."""


@store.command()
@click.pass_context
def migrate(ctx: click.Context) -> int:
    """Bring the tables up to date, after a copy. Every command does this by itself when needed."""
    from newsletter.store import connect_store
    from newsletter.store.migrate import HEAD, migrate_store

    with closing(connect_store(find_config(ctx).store.url)) as opened:
        before = migrate_store(opened)
    state = "was up to date" if before is None else f"migrated from {before or 'nothing'}"
    click.echo(f"{opened.path}: {state} (revision {HEAD})")
    return Exit.DONE


@store.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def backup(ctx: click.Context, file: Path) -> int:
    """Write a consistent copy of the store to FILE, also while others write to it."""
    from newsletter.store import open_store
    from newsletter.store.copies import backup_store

    with closing(open_store(find_config(ctx).store.url)) as opened:
        backup_store(opened.path, file)
    click.echo(f"{file}: a copy of {opened.path}")
    return Exit.DONE


@store.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def restore(ctx: click.Context, file: Path, yes: bool) -> int:
    """Put the copy in FILE in the store's place; what stood there is kept beside it."""
    from newsletter.store.restore import restore_store

    if not yes:
        click.confirm(
            f"Replace the store by {file}? What it holds now is kept beside it.", abort=True, err=True
        )
    kept = restore_store(find_config(ctx).store.url, file)
    stood = f"what stood there is kept as {kept}" if kept else "nothing stood there"
    click.echo(f"restored from {file}; {stood}")
    return Exit.DONE
