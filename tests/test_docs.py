"""Docs that fail the build when they are stale."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from newsletter.cli import COMMANDS
from newsletter.config.transports import KINDS

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_command_is_documented_as_it_is() -> None:
    assert read("docs/commands.md") == REFERENCE["write_commands"](), "run `make reference`"


def test_every_configuration_key_is_documented_as_it_is() -> None:
    assert read("docs/configuration.md") == REFERENCE["write_configuration"](), "run `make reference`"


def test_every_transport_has_a_page() -> None:
    assert {path.stem for path in (ROOT / "docs" / "transports").glob("*.md")} - {"README"} == set(KINDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_named_in_the_docs_exist(page: Path) -> None:
    for block in re.findall(
        r"`newsletter ([a-z]+)|^newsletter ([a-z]+)", page.read_text(encoding="utf-8"), re.M
    ):
        name = block[0] or block[1]
        assert name in COMMANDS, f"newsletter {name}"


def test_the_readme_begins_with_the_two_commands() -> None:
    first_block = read("README.md").split("```")[1]
    assert re.findall(r"^make (\w+)", first_block, re.M) == ["demo", "test"]


def test_make_has_every_target_the_docs_name() -> None:
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.M))
    for page in PAGES:
        for name in re.findall(r"`make ([\w-]+)`", page.read_text(encoding="utf-8")):
            assert name in targets, f"{page.name}: make {name}"


def test_every_dependency_has_its_reason() -> None:
    declared = re.search(r"^dependencies = \[(.*?)^\]", read("pyproject.toml"), re.M | re.S)
    assert declared
    decisions = read("docs/decisions.md")
    for name in re.findall(r'"([A-Za-z0-9-]+)', declared[1]):
        assert f"`{name}`" in decisions, name
