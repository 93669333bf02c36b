"""The checkers that package.json pins: where they lie."""

from __future__ import annotations

from pathlib import Path

_MODULES = Path(__file__).resolve().parents[2] / "node_modules"


def find_node_file(path: str) -> Path:
    """A file of `node_modules/`."""
    file = _MODULES / path
    assert file.exists(), "the system tests need `npm ci --ignore-scripts`"
    return file
