"""`newsletter doctor`: whether a real sending would go, before anybody is mailed."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from newsletter.cli.exits import Exit
from newsletter.cli.opening import find_config, find_config_file, now, print_json, start_logging

if TYPE_CHECKING:
    from newsletter.daily.doctor import Examination, Finding


@click.command()
@click.option(
    "--name-server",
    "name_servers",
    multiple=True,
    metavar="ADDRESS[:PORT]",
    help="Ask this one about the sender's domain instead of the system's.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def doctor(ctx: click.Context, *, name_servers: tuple[str, ...], as_json: bool) -> int:
    """Look at everything that a sending needs, and say what to mend: configuration, store, digest, transport,
    base_url as readers reach it, and the DNS of the sender's domain (SPF, DKIM, DMARC).

    Mails nobody, changes nothing, takes 20 seconds at most. Exit code 4, 2 or 3 where something is wrong, the
    first of these that fits; 0 with warnings alone.
    """
    start_logging(logging.ERROR)
    examination = _examine(ctx, name_servers)
    if as_json:
        print_json(examination.as_json())
    elif sys.stdout.isatty():
        _draw(examination)
    else:
        for finding in examination.findings:
            click.echo(_write(finding))
    return _exit_code(examination)


def _examine(ctx: click.Context, name_servers: tuple[str, ...]) -> Examination:
    from newsletter.daily.doctor import examine, refuse_configuration
    from newsletter.errors import ConfigError

    path = find_config_file(ctx)
    try:
        config = find_config(ctx)
    except ConfigError as error:
        return refuse_configuration(error)
    with _waiting():
        return examine(config, now, config_file=path, environment=os.environ, name_servers=name_servers)


def _exit_code(examination: Examination) -> int:
    from newsletter.daily.doctor import Area

    codes = {Area.STORE: Exit.STORE, Area.CONFIGURATION: Exit.USAGE, Area.DIGEST: Exit.NO_DIGEST}
    return next((code for area, code in codes.items() if area in examination.wrong_areas), Exit.DONE)


def _write(finding: Finding) -> str:
    fix = f" · fix: {finding.fix}" if finding.fix else ""
    return f"{finding.state}: {finding.name}: {finding.message}{fix}"


def _waiting() -> contextlib.AbstractContextManager[object]:
    if not sys.stderr.isatty():
        return contextlib.nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("looking; nobody is mailed")


def _draw(examination: Examination) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colours = {"ok": "green", "warning": "yellow", "wrong": "bold red"}
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for finding in examination.findings:
        told = Text(finding.message)
        if finding.fix:
            told.append(f"\n→ {finding.fix}", style="cyan")
        table.add_row(Text(finding.state.value, style=colours[finding.state.value]), finding.name, told)
    console = Console()
    console.print(table)
    counts = {state: sum(each.state == state for each in examination.findings) for state in colours}
    console.print(Text(f"\n{counts['wrong']} wrong, {counts['warning']} warnings, {counts['ok']} ok"))
