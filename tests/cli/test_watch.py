"""`status --watch` on a real terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

from tests.running import PROGRAM, Program, today, write_paper


def test_a_terminal_shows_the_figures_live_until_ctrl_c(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.write_digest(today(), [write_paper(0)])
    program.subscribe("ann@readers.test")
    program.run("send")
    ours, theirs = pty.openpty()
    environment = program.environment() | {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(
        [*PROGRAM, "status", "--watch"], cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 30
    while shown.count(b"nothing moves") < 2 and time.monotonic() < deadline:
        shown += os.read(ours, 65_536)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    os.close(ours)
    assert today().isoformat().encode() in shown
    assert b"1 confirmed" in shown


def test_without_a_terminal_it_is_refused_with_the_way_out(tmp_path: Path) -> None:
    refused = Program(tmp_path).run("status", "--watch")
    assert refused.code == 2
    assert "--json" in refused.err
