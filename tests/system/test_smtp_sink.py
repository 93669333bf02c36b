"""Postfix's own sink takes a whole edition from us."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import dkim
import pytest

from tests.running import Program, find_free_port, today, write_paper

pytestmark = pytest.mark.system
SUBSCRIBERS = 300


def test_postfix_takes_every_mail_of_an_edition(program: Program, tmp_path: Path) -> None:
    sink = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    assert sink, "smtp-sink comes with postfix"
    port, dump = find_free_port(), tmp_path / "dump"
    dump.mkdir(mode=0o777)
    dump.chmod(0o777)
    tmp_path.chmod(0o755)
    for parent in (tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)  # smtp-sink leaves root behind, and must still reach the folder
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([sink, *user, "-d", f"{dump}/mail.%M.", f"127.0.0.1:{port}", "100"])
    try:
        program.write_digest(today(), [write_paper(number) for number in range(40)])
        program.subscribe(*(f"reader{number}@readers.test" for number in range(SUBSCRIBERS)))
        program.use_smtp(port)
        assert program.run("dkim", "new").code == 0
        program.configure(dkim__selector="newsletter")
        time.sleep(0.3)
        sent = program.run("send")
        assert sent.code == 0, sent.err
    finally:
        process.terminate()
        process.wait(timeout=10)
    mails = [path.read_bytes() for path in dump.iterdir()]
    assert len(mails) == SUBSCRIBERS
    assert all(mail.count(b"List-Unsubscribe: <https://papers.test/unsubscribe/") == 1 for mail in mails)
    record = re.search("v=DKIM1.*", program.run("dkim", "show").out)
    assert record
    for mail in mails[:20]:
        assert dkim.verify(mail, dnsfunc=lambda name, timeout=5: record[0].encode())
