"""Terminals that know few characters, pipes whose reader leaves, closed streams, full disks."""

from __future__ import annotations

import json
import resource
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.running import PROGRAM, Program, today, write_paper

NARROW = ["ascii", "iso8859-5"]
COMMANDS = {
    ("digest", "show"): 0,
    ("subscribers", "list"): 0,
    ("keywords", "list"): 0,
    ("send", "--dry-run"): 0,
    ("subscribers", "show", "某人@readers.test"): 2,
    ("digest", "show", "没有.md"): 3,
}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A program that knows a reader and an edition, both in Chinese."""
    program = Program(tmp_path)
    program.write_digest(today(), [write_paper(0, title="多模态 🙂")])
    (tmp_path / "list.csv").write_text(
        "email,name,keywords\nann@readers.test,安娜,强化学习\n", encoding="utf-8"
    )
    assert program.run("subscribers", "import", "list.csv").code == 0
    return program


def narrow(encoding: str) -> dict[str, str]:
    """The variables of a shell whose terminal knows no more than `encoding`."""
    return {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding, "LC_ALL": "C"}


def run_in_shell(program: Program, arguments: str, redirection: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-c", f"{shlex.join(PROGRAM)} {arguments} {redirection}"],
        cwd=program.folder,
        env=program.environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_fails_for_what_a_terminal_cannot_show(program: Program, command: tuple[str, ...]) -> None:
    program.variables |= narrow("iso8859-5")
    done = program.run(*command)
    assert done.code == COMMANDS[command], done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("encoding", NARROW)
def test_json_and_exports_are_the_same_in_every_locale(program: Program, encoding: str) -> None:
    document = json.loads(program.run("digest", "show", "--json").out)
    exported = program.run("subscribers", "export").out
    program.variables |= narrow(encoding)
    assert json.loads(program.run("digest", "show", "--json").out) == document
    assert program.run("subscribers", "export").out == exported
    assert program.run("subscribers", "export", "--out", "out.csv").code == 0
    assert (program.folder / "out.csv").read_text(encoding="utf-8") == exported
    assert "🙂" in document["papers"][0]["title"]
    assert "安娜" in exported


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("status", 0), ("send", 0), ("digest show -", 3), ("subscribers show x@y.test", 2)],
)
def test_closed_streams_change_nothing(program: Program, arguments: str, code: int) -> None:
    log = program.folder / "stderr"
    assert run_in_shell(program, arguments, f"<&- >&- 2>{log}").returncode == code
    assert "Traceback" not in log.read_text(encoding="utf-8")
    assert run_in_shell(program, arguments, "<&- >&- 2>&-").returncode == code


def test_a_reader_that_leaves_early_ends_the_program_as_sigpipe_would(program: Program) -> None:
    (program.folder / "list.csv").write_text(
        "\n".join(["email", *(f"r{number}@readers.test" for number in range(3_000))]), encoding="utf-8"
    )
    assert program.run("subscribers", "import", "list.csv").code == 0
    for command in ("list", "export"):
        process = program.start("subscribers", command)
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert (process.stderr.read(), process.wait(timeout=60)) == (b"", 141)
        process.stderr.close()


@pytest.mark.parametrize("arguments", ["subscribers export", "status --json", "--help"])
def test_output_into_a_full_disk_is_one_line_and_exit_4(program: Program, arguments: str) -> None:
    done = run_in_shell(program, arguments, "> /dev/full")
    assert done.returncode == 4
    assert done.stderr.decode().splitlines()[0] == "error: No space left on device"
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_an_argument_that_is_no_text_is_told(program: Program) -> None:
    shown = run_in_shell(program, "subscribers show $'\\xff@readers.test'", "")
    assert shown.returncode == 2
    assert b"is not UTF-8 text" in shown.stderr


def test_an_export_on_a_full_disk_leaves_what_stood_there(program: Program) -> None:
    kept, new = program.folder / "kept.csv", program.folder / "new.csv"
    program.subscribe(*(f"reader{number}@readers.test" for number in range(2_000)))
    kept.write_text("of yesterday", encoding="utf-8")
    for path in (kept, new):
        before = sorted(program.folder.iterdir())
        full = subprocess.run(
            [*PROGRAM, "subscribers", "export", "--out", path.name],
            cwd=program.folder,
            env=program.environment(),
            capture_output=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
            check=False,
        )
        problem, fix = full.stderr.decode().splitlines()
        assert (full.returncode, problem) == (4, f"error: cannot write {path.name}: File too large")
        assert fix.startswith("  fix: make room there")
        assert sorted(program.folder.iterdir()) == before
    assert kept.read_text(encoding="utf-8") == "of yesterday"


def test_an_export_takes_the_place_of_a_file_with_its_rights_and_leaves_links_and_pipes(
    program: Program,
) -> None:
    program.subscribe("ann@readers.test")
    real, link = program.folder / "real.csv", program.folder / "link.csv"
    real.write_text("of yesterday", encoding="utf-8")
    real.chmod(0o600)
    link.symlink_to("real.csv")
    assert program.run("subscribers", "export", "--out", "link.csv").code == 0
    assert link.is_symlink()
    assert "ann@readers.test" in real.read_text(encoding="utf-8")
    assert real.stat().st_mode & 0o777 == 0o600
    piped = run_in_shell(program, "subscribers export --out /dev/stdout", "| cat")
    assert b"ann@readers.test" in piped.stdout


def test_init_on_a_full_disk_leaves_no_file_behind(tmp_path: Path) -> None:
    full = subprocess.run(
        [*PROGRAM, "init"],
        cwd=tmp_path,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
        check=False,
    )
    assert full.returncode == 4
    assert full.stderr.startswith(b"error: newsletter.toml cannot be written: ")
    assert list(tmp_path.iterdir()) == []
