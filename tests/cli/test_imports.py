"""What a command must do without: libraries that are slow to import, and that it has no use for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from newsletter.shipped import shipped_path
from tests.running import Program

TEMPLATES = {"jinja2", "babel", "premailer", "cssutils", "requests"}
FEEDS = {"feedgen", "dateutil", "lxml"}
NETWORK = {"aiosmtplib", "httpx", "httpcore", "dns", "starlette", "uvicorn"}
RARE = {"alembic", "apscheduler", "email_validator", "idna", "pypinyin", "rapidfuzz", "rich", "cryptography"}
READING = {"markdown_it", "nh3"}
DATABASE = {"sqlalchemy"}

KEPT_OUT = {
    "init": DATABASE | TEMPLATES | FEEDS | NETWORK | RARE | READING,
    "digest show": DATABASE | TEMPLATES | FEEDS | NETWORK | RARE,
    "status": TEMPLATES | FEEDS | NETWORK | RARE | READING,
    "why lin@readers.example": TEMPLATES | FEEDS | NETWORK | RARE | READING,
    "subscribers list": TEMPLATES | FEEDS | NETWORK | RARE | READING,
    "keywords list": TEMPLATES | FEEDS | NETWORK | (RARE - {"rapidfuzz"}) | READING,
    "pause 2025-09-24": TEMPLATES | FEEDS | NETWORK | RARE,
    # Built and sent already: the digest is read, and nothing is made of it.
    "build": TEMPLATES | FEEDS | NETWORK | RARE,
    "send": TEMPLATES | FEEDS | NETWORK | RARE,
    "build --all": {"premailer", "cssutils", "requests"} | NETWORK | RARE,
    "preview": {"feedgen", "dateutil"} | NETWORK | (RARE - {"idna"}),
}

WATCHED = """
import json, sys
from newsletter.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The newsletter of the sample digest, published and mailed."""
    program = Program(tmp_path_factory.mktemp("sent"))
    program.configure(digest__source=str(shipped_path("digests")) + "/", digest__max_age_days=36_500)
    imported = program.run("subscribers", "import", str(shipped_path("subscribers/example.csv")))
    assert imported.code == 0, imported.err
    done = program.run("send")
    assert done.code == 0, done.err
    return program


def list_loaded(program: Program, *arguments: str) -> set[str]:
    """The packages that a process has imported by the end of the command."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=program.folder,
        env=program.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


@pytest.mark.parametrize("command", KEPT_OUT)
def test_a_command_imports_no_library_that_it_has_no_use_for(sent: Program, command: str) -> None:
    assert KEPT_OUT[command] & list_loaded(sent, *command.split()) == set()


def test_what_is_kept_out_elsewhere_is_there_where_it_is_used(sent: Program) -> None:
    """Else the names above would prove nothing."""
    loaded = list_loaded(sent, "build", "--all") | list_loaded(sent, "preview")
    assert loaded >= TEMPLATES | FEEDS | READING | DATABASE
