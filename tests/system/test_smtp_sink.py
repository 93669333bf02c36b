"""Postfix's own sink takes a whole edition from us."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dkim
import pytest

from tests.running import Program, find_free_port, today, write_paper

pytestmark = pytest.mark.system
SUBSCRIBERS = 300


@pytest.fixture
def dump() -> Iterator[Path]:
    """A folder that smtp-sink reaches after it has left root behind, as it would not below pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_postfix_takes_every_mail_of_an_edition(program: Program, dump: Path) -> None:
    sink = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    assert sink, "smtp-sink comes with postfix"
    port = find_free_port()
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
