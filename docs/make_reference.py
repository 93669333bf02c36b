"""Writes docs/commands.md and docs/configuration.md from the program itself: `make reference`.

tests/test_docs.py fails when either is stale.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from newsletter.cli import cli
from newsletter.config.example import write_value
from newsletter.config.sections import Key, all_tables

DOCS = Path(__file__).resolve().parent

COMMANDS_HEAD = """\
# Commands

Made by `make reference`; edit the commands, not this page.

`-c FILE` before a command names another configuration file than `./newsletter.toml`, and so does the
variable `NEWSLETTER_CONFIG`. `--json` prints one JSON document on stdout and nothing else there; logs,
warnings and errors go to stderr. Exit codes: 0 all done or nothing to do · 1 some deliveries not submitted ·
2 wrong usage or configuration · 3 no usable digest: nobody was mailed, the last good feeds stand · 4 the
store or the disk failed · 130 interrupted · 141 the reader of the output left (`… | head`). What a terminal
cannot show appears as an escape; an export is UTF-8 everywhere.
"""

CONFIGURATION_HEAD = """\
# Configuration

Made by `make reference`; edit `newsletter/config/sections.py`, not this page.

`newsletter init` writes a `newsletter.toml` with all of this. Each key may also be set by a variable:
`[transport.smtp] password` is `NEWSLETTER_TRANSPORT__SMTP__PASSWORD`. A secret may be read from a file:
`NEWSLETTER_TRANSPORT__SMTP__PASSWORD_FILE`. A list in a variable has spaces between, but
`[digest] source` is one text or a JSON list: `["mine/", "https://…"]`. Paths are relative to the
configuration file. What is unknown or wrong is named with its line or variable, all of it at once, and
nothing runs half configured.
"""


def write_commands() -> str:
    """The page of all commands."""
    root = click.Context(cli, info_name="newsletter")
    return COMMANDS_HEAD + "".join(_write_command(command, context) for command, context in _walk(cli, root))


def write_configuration() -> str:
    """The page of all keys."""
    pages = []
    for table in all_tables():
        lines = ["", f"## [{table.name}]", "", table.doc, "", "| key | default | |", "|---|---|---|"]
        lines += [
            f"| `{key.name.rpartition('.')[2]}` | `{write_value(key.written_default)}` | {_describe(key)} |"
            for key in table.keys
        ]
        pages.append("\n".join(lines) + "\n")
    return CONFIGURATION_HEAD + "".join(pages)


def _walk(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _walk(command, inner)
        else:
            yield command, inner


def _write_command(command: click.Command, context: click.Context) -> str:
    arguments = [
        piece
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Argument)
        for piece in parameter.get_usage_pieces(context)
    ]
    lines = [
        "",
        f"## {' '.join([context.command_path, *arguments])}",
        "",
        " ".join((command.help or "").split()),
        "",
    ]
    records = [
        record
        for parameter in command.get_params(context)
        if "--help" not in parameter.opts
        and isinstance(parameter, click.Option)
        and (record := parameter.get_help_record(context))
    ]
    lines += [f"- `{' '.join(names.split())}` {' '.join(text.split())}".rstrip() for names, text in records]
    return "\n".join(lines).rstrip() + "\n"


def _describe(key: Key) -> str:
    choices = ", ".join(f"`{choice}`" for choice in key.facts.choices)
    return (
        key.facts.doc + (f" One of {choices}." if choices else "") + (" Secret." if key.facts.secret else "")
    )


if __name__ == "__main__":
    (DOCS / "commands.md").write_text(write_commands(), encoding="utf-8")
    (DOCS / "configuration.md").write_text(write_configuration(), encoding="utf-8")
