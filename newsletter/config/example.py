"""The commented newsletter.toml of `newsletter init`, made from the table of keys."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from newsletter.config.sections import Key, Table, all_tables

_HEAD = """\
# Every key with its default. What you leave out keeps it. Each key may also be set by a variable:
# [transport.smtp] password is NEWSLETTER_TRANSPORT__SMTP__PASSWORD, and a secret may be read from a
# file: NEWSLETTER_TRANSPORT__SMTP__PASSWORD_FILE. Paths are relative to this file.
"""


def write_example() -> str:
    """The text of the file: TOML that loads to the defaults."""
    return _HEAD + "".join(map(_write_table, all_tables()))


def _write_table(table: Table) -> str:
    lines = ["", f"[{table.name}]", *_comment(table.doc)]
    for key in table.keys:
        lines += [
            *_comment(_describe(key)),
            f"{key.name.rpartition('.')[2]} = {write_value(key.written_default)}",
        ]
    return "\n".join(lines) + "\n"


def _describe(key: Key) -> str:
    choices = f" One of {', '.join(key.facts.choices)}." if key.facts.choices else ""
    return key.facts.doc + choices


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")


def write_value(value: Any) -> str:
    """A default as TOML."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(write_value, value))}]"
    if isinstance(value, Path):
        value = str(value) if value.suffix else f"{value}/"
    return json.dumps(value, ensure_ascii=False)
