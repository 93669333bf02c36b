"""What `pip install .` puts into an empty environment works from an empty folder."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip builds it and unpacked as pip installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet"]
    command = [*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `program` with the unpacked wheel before everything else."""
    code = f"import sys; sys.path.insert(0, {str(installed)!r})\n{program}"
    command = [sys.executable, "-I", "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_demo_runs_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    where = run(installed, tmp_path, "import newsletter; print(newsletter.__file__)")
    assert where.stdout.startswith(str(installed))
    done = run(installed, tmp_path, "from newsletter.cli import main; main()", "demo")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "demo" / "outbox").glob("*.eml"))) == 3
    assert (tmp_path / "demo" / "public" / "index.html").exists()
    assert "demo/public/index.html" in done.stdout


def test_the_wheel_has_what_is_not_code(installed: Path) -> None:
    shipped = installed / "newsletter" / "shipped_files"
    for name in ("templates/email", "templates/pages", "locale/zh_CN", "digests", "subscribers/example.csv"):
        assert (shipped / name).exists(), name
    assert (installed / "newsletter" / "keywords" / "ai.toml").exists()
    assert list((installed / "newsletter" / "store" / "migrations" / "versions").glob("*.py"))


def test_help_needs_no_heavy_library(installed: Path, tmp_path: Path) -> None:
    heavy = "sqlalchemy jinja2 lxml httpx starlette feedgen apscheduler babel"
    program = (
        "from newsletter.cli import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        f"print(sorted(set({heavy.split()}) & set(sys.modules)))"
    )
    assert run(installed, tmp_path, program).stdout.endswith("[]\n")
