"""Seeded mutations of a digest's bytes, the same on every machine, and what must hold for each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from newsletter.digests import parse_digest
from newsletter.errors import DigestError

_MARKS = [
    mark.encode("utf-8", "surrogatepass")
    for mark in (
        *(
            "|",
            "||",
            "| ",
            "\\|",
            "**",
            "##",
            "\n## 1.[",
            "\n### 1. ",
            "[",
            "](",
            "](https://",
            "i)",
            " ii) ",
            "`",
            "$",
        ),
        *(
            "<",
            "<!--",
            "<br>",
            "&",
            '"',
            "{",
            "}",
            "\n| Title | Link |\n",
            "\n|---|\n",
            "**摘要：**",
            "\n---\n",
            "summary:",
        ),
        *(
            "\0",
            "\ud800",
            "\udfff",
            "\ufffe",
            "\u2028",
            "\u202e",
            "\u2067",
            "\u200f",
            "\ufeff",
            "\r",
            "\t",
            "(",
            "（",
        ),
    )
]
_LINE_WIDE = 5


def mutate(data: bytes, *, seed: str, count: int) -> Iterator[bytes]:
    """`count` texts, each made from `data` by one to three changes."""
    for number in range(count):
        chance = random.Random(f"{seed} {number}")  # noqa: S311 - the same texts again are the point
        mutant = data
        for _ in range(chance.randint(1, 3)):
            mutant = chance.choice(_CHANGES)(mutant, chance)
        yield mutant


def check_mutant(mutant: bytes) -> bool:
    """Whether it is read; anything but a digest or a DigestError is a failure."""
    lines = mutant.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    try:
        digest = parse_digest(mutant, source="2025-09-24.md")
    except DigestError as refused:
        _check_error(refused, lines)
        return False
    assert all(problem.line is not None and 1 <= problem.line <= lines for problem in digest.problems)
    assert all(paper.title and paper.url and "\n" not in paper.title for paper in digest.papers)
    return True


def _check_error(error: DigestError, lines: int) -> None:
    assert error.line is None or 1 <= error.line <= lines
    assert "\n" not in error.message


def real_digests(folder: Path) -> list[Path]:
    """Every real digest, of all publishers."""
    return sorted(path for path in (folder / "digests").glob("*/*.md"))


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _insert(data: bytes, chance: random.Random) -> bytes:
    position = chance.randint(0, len(data))
    return data[:position] + chance.choice(_MARKS) + data[position:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    position = chance.randint(0, len(data))
    return data[:position] + chance.choice(_MARKS) * chance.choice([10, 100, 2_000]) + data[position:]


def _repeat_piece(data: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    end = min(len(data), start + chance.randint(1, 400))
    return data[:end] + data[start:end] * chance.choice([2, 20]) + data[end:]


def _truncate(data: bytes, chance: random.Random) -> bytes:
    cut = chance.randint(0, len(data))
    return data[:cut] if chance.random() < 0.7 else data[cut:]


def _cut(data: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(data))
    return data[:start] + data[start + chance.randint(1, 60) :]


def _change_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(chance.randint(1, _LINE_WIDE)):
        place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        kind = chance.choice(["drop", "double", "swap", "join"])
        if kind == "drop" and len(lines) > 1:
            del lines[place]
        elif kind == "double":
            lines.insert(other, lines[place])
        elif kind == "swap":
            lines[place], lines[other] = lines[other], lines[place]
        elif place:
            lines[place - 1 : place + 1] = [lines[place - 1] + lines[place]]
    return b"\n".join(lines)


_CHANGES: list[Callable[[bytes, random.Random], bytes]] = [
    _flip,
    _insert,
    _insert,
    _repeat,
    _repeat_piece,
    _truncate,
    _cut,
    _change_lines,
    _change_lines,
]
