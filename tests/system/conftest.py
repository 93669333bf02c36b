"""The program in a temporary folder, and a real browser."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import Program

FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars
    --disable-background-networking --disable-component-update --disable-sync --virtual-time-budget=2000"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., str]:
    """Called with a page and flags: what Chromium says on stdout (`--dump-dom`: the page as it ended)."""
    chromium = shutil.which("chromium")
    assert chromium, "the system tests need Chromium"

    def run(page: str, *flags: str) -> str:
        profile = tmp_path / "profile"
        done = subprocess.run(
            [chromium, *FLAGS.split(), f"--user-data-dir={profile}", *flags, page],
            capture_output=True,
            timeout=120,
            check=True,
        )
        return done.stdout.decode()

    return run
