"""Keeps tokens out of the access log: whoever reads a log must not be able to unsubscribe people."""

from __future__ import annotations

import logging
import re

_TOKEN = re.compile(r"(/(?:unsubscribe|preferences|confirm|feeds/personal)/)[^/?.]+")


def hide_tokens(record: logging.LogRecord) -> bool:
    """A filter of uvicorn's access log, whose records have the path as an argument."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            _TOKEN.sub(r"\1…", each) if isinstance(each, str) else each for each in record.args
        )
    return True
