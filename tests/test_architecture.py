"""The rooms: one direction of imports, no cycle, small files, and who may know whom."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "newsletter"
ORDER = """errors retry_after daemons model shipped config markup tokens
    digests keywords render feeds site store delivery bounces daily schedule web cli"""
ROOMS = ORDER.split()
LEFTMOST = set(ROOMS[: ROOMS.index("digests")])
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def room_of(module: str) -> str:
    """`newsletter.store.ledger` → `store`; the package itself → ``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def name_imported(base: str, name: str) -> str:
    """`from base import name` names the module base.name where there is one, else something of base."""
    folder = PACKAGE.parent / base.replace(".", "/")
    return f"{base}.{name}" if (folder / f"{name}.py").exists() or (folder / name).is_dir() else base


def read_imports(path: Path) -> Iterator[str]:
    """Every module of ours that a file names, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            base = node.module or ""
            names = [name_imported(base, alias.name) for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == "newsletter")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_room_imports_only_what_stands_left_of_it(path: Path) -> None:
    room = room_of(module_name(path))
    if not room:
        return
    for name in read_imports(path):
        other = room_of(name)
        if other and other != room:
            assert ROOMS.index(other) < ROOMS.index(room), f"{room} must not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_file_has_at_most_400_lines_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(text)), "a module opens with a docstring"


def test_every_room_is_one_of_the_design() -> None:
    found = {room_of(module_name(path)) for path in MODULES} - {""}
    assert found <= set(ROOMS)


@pytest.mark.parametrize("room", ["digests", "feeds", "delivery.transports"])
def test_digests_feeds_and_transports_know_of_ours_only_the_leftmost(room: str) -> None:
    folder = PACKAGE / room.replace(".", "/")
    for path in folder.rglob("*.py"):
        for name in read_imports(path):
            own = name.startswith(f"newsletter.{room}")
            assert own or room_of(name) in LEFTMOST | {""}, f"{path.name} imports {name}"


def test_the_store_is_the_only_place_with_sql() -> None:
    for path in MODULES:
        if room_of(module_name(path)) != "store":
            text = path.read_text(encoding="utf-8")
            assert "sqlalchemy" not in text, path
            assert "sqlite3" not in text, path


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    imports = {module_name(path): set(read_imports(path)) for path in MODULES}
    # A package's __init__ gathers its modules; they name each other, not it.
    graph = {
        name: {other for other in others if not f"{name}.".startswith(f"{other}.")}
        for name, others in imports.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join([*trail, name])
        if name not in done:
            for other in graph.get(name, ()):
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_only_the_feed_generator_knows_feedgen() -> None:
    users = [path.name for path in MODULES if "from feedgen" in path.read_text(encoding="utf-8")]
    assert users == ["generator.py"]


# `(…)++` and `(?>…)`, but not the marks of an address such as `()*+`.
_POSSESSIVE_GROUP = re.compile(r"(?<!\()\)(?:[*+?]|\{[0-9,]+\})\+|\(\?>")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_no_pattern_has_a_possessive_group(path: Path) -> None:
    """Python 3.11.0 to 3.11.4, which Debian 12 has, matches the wrong text by them; single characters
    (`[a-z]++`) are sound there, and `(?=(…))\\1` keeps a group whole everywhere (CPython issue 106052)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not _POSSESSIVE_GROUP.search(node.value), f"{path}:{node.lineno}: {node.value!r}"
