"""`newsletter dkim`: the key that signs mail, and its DNS record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import find_config

if TYPE_CHECKING:
    from newsletter.delivery.dkim_keys import DnsRecord


@click.group()
def dkim() -> None:
    """Make the key that signs mail, show its DNS record."""


@dkim.command()
@click.option("--selector", default="newsletter", show_default=True, help="Names the key within the domain.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of the private key.  [default: [dkim] key_file]",
)
@click.option(
    "--bits", type=click.Choice(["1024", "2048", "3072", "4096"]), default="2048", show_default=True
)
@click.pass_context
def new(ctx: click.Context, selector: str, out: Path | None, bits: str) -> int:
    """Make a private key, and print what to put into the DNS and into newsletter.toml.

    A file that stands there is never written over.
    """
    from newsletter.config import is_example_host
    from newsletter.config.judge import is_selector
    from newsletter.daily.signing import make_new_key

    if not is_selector(selector):
        raise click.UsageError(f"--selector {selector!r} must be letters, digits, hyphens and dots")
    config = find_config(ctx)
    made = make_new_key(config, out or config.dkim.key_file, selector=selector, bits=int(bits))
    click.echo(f"{made.path}: the private key; nobody but its owner may read it (mode 0600)")
    _print_record(made.record)
    click.echo("\nOnce the record can be looked up, sign with it (newsletter.toml):\n")
    click.echo(f'[dkim]\nselector = "{made.selector}"')
    click.echo(f"key_file = {_quote(made.path.resolve())}")
    if is_example_host(config.dkim.domain):
        click.echo(
            "warning: [sender] address is still an example: set it, then newsletter dkim show", err=True
        )
    return Exit.DONE


@dkim.command()
@click.pass_context
def show(ctx: click.Context) -> int:
    """Print the DNS record of the configured key."""
    from newsletter.daily.signing import find_record

    _print_record(find_record(find_config(ctx)))
    return Exit.DONE


def _print_record(record: DnsRecord) -> None:
    click.echo(f"\nThe DNS record, of type TXT:\n\nname   {record.name}\nvalue  {record.value}")
    click.echo(f"\nThe same as a line of a zone file:\n\n{record.zone_line}")


def _quote(path: Path) -> str:
    import json

    return json.dumps(str(path), ensure_ascii=False)
