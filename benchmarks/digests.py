"""How long a digest takes to read, by format and size: a megabyte of a large text as long as of a small one.

    python benchmarks/digests.py [LARGEST_MB] [FORMAT]…

There is no peer: each text is measured against its own smaller self. `papers` are ordinary papers,
all others are made to hurt: one line of one mark, summaries of the greatest length full of it, or nothing
else behind the head. Printed are seconds of the processor a megabyte, at 1, 2, 4, … MB.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newsletter.digests import parse_digest  # noqa: E402
from newsletter.errors import DigestError  # noqa: E402

MEGABYTE = 1_000_000
GIANTS = ["|", "[", "*", "i) "]
OTHERS = ["| ", "](", "[a](", "**a ", "`", "$a", ". ii) ", "<", "<!--", "\\", "(", " ", "\n", "\n| ", "a\n\n"]
SUMMARY = "The paper tells what it tells, **in bold** and in `code`. It does so again and again. " * 20
LONG = 90_000  # characters of a summary just under the limit
BAR, FLOOR = (
    1.6,
    0.3,
)  # seconds a megabyte of the largest text / of the smallest; what is below the floor counts as equal

Writer = Callable[[str, int], str]


def write_papers_for(summary: str, number: int) -> str:
    heading = f"## {number}.[Paper {number}](https://arxiv.org/abs/2509.{number:05})"
    return f"\n{heading}\nsummary:**a**, **b**  {summary}\n"


def write_table_row(summary: str, number: int) -> str:
    links = (
        f"[arXiv](https://arxiv.org/abs/2509.{number:05}) or [HuggingFace](https://huggingface.co/papers/1)"
    )
    return f"| Paper {number} (Read more on {links})| Ann, Bo | i) {summary} |\n"


def write_chinese(summary: str, number: int) -> str:
    link = f"**论文链接：** [arXiv](https://arxiv.org/abs/2509.{number:05})"
    return f"\n### {number}. 论文\n\n**原文标题：** Paper\n\n**摘要：**\n{summary}\n\n{link}\n\n---\n"


def write_json(summary: str, number: int) -> str:
    url = f"https://arxiv.org/abs/2509.{number:05}"
    comma = ",\n" if number else ""
    return comma + json.dumps({"title": f"Paper {number}", "url": url, "text": summary})


FORMATS: dict[str, tuple[str, Writer, str]] = {
    "papers-for": ("# Papers for 2025-09-24\n", write_papers_for, ""),
    "daily-ai-papers": (
        "## Papers for 2025-09-24\n\n| Title | Authors | Summary |\n|---|---|---|\n",
        write_table_row,
        "",
    ),
    "hf-chinese": ("# Hugging Face 2025-09-24 论文日报\n", write_chinese, ""),
    "json": ('{"date": "2025-09-24", "papers": [', write_json, "]}"),
}


def write_text(name: str, kind: str, mark: str, size: int) -> str:
    """A text of one format, about `size` characters long."""
    head, write, foot = FORMATS[name]
    if kind == "one line":
        return head + write(mark * (size // len(mark)), 0) + foot
    if kind == "behind the head":
        return head + mark * (size // len(mark)) + foot
    summary = mark * (LONG // len(mark)) if mark else SUMMARY
    count = size // len(write(summary, 1))
    return head + "".join(write(summary, number) for number in range(count)) + foot


def cases() -> Iterator[tuple[str, str, bool]]:
    """Kind and mark of each text, and whether it is measured at every size."""
    yield "papers", "", True
    for mark in GIANTS + OTHERS:
        yield "one line", mark, mark in GIANTS
        yield "in summaries", mark, False
        yield "behind the head", mark, False


def measure(text: str) -> float:
    """Seconds of the processor a megabyte."""
    data = text.encode()
    start = time.process_time()
    with contextlib.suppress(DigestError):
        parse_digest(data, source="2025-09-24.md")
    return (time.process_time() - start) / (len(data) / MEGABYTE)


def main() -> int:
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    all_sizes = [size for size in (1, 2, 4, 8, 16) if size < largest] + [largest]
    missed = 0
    for name in sys.argv[2:] or FORMATS:
        worst: tuple[float, str] = (0.0, "")
        for kind, mark, is_giant in cases():
            sizes = all_sizes if is_giant else all_sizes[:2]
            figures = [measure(write_text(name, kind, mark, size * MEGABYTE)) for size in sizes]
            label = f"{kind} {mark!r}" if mark else kind
            is_missed = figures[-1] > max(BAR * figures[0], FLOOR)
            missed += is_missed
            if is_giant or is_missed:
                shown = " ".join(f"{figure:6.3f}" for figure in figures)
                print(f"{name:16} {label:26} {shown}{'  MISSED' if is_missed else ''}", flush=True)
            worst = max(worst, (figures[-1], label))
        print(f"{name:16} slowest of all: {worst[1]}, {worst[0]:.2f} s/MB", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
