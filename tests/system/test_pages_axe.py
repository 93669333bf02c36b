"""Every page before axe-core: in light and dark, on a telephone, and without any style."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.system.gallery import write_gallery
from tests.system.node_tools import find_node_file

pytestmark = pytest.mark.system
Browse = Callable[..., str]

FRAME = Path(__file__).with_name("axe_frame.html")
SCHEMES = {"dark": "0", "light": "1"}


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    scheme: str
    width: int
    styled: bool = True

    def __str__(self) -> str:
        return f"{self.scheme}-{self.width}{'' if self.styled else '-without-style'}"


LOOKS = (
    Look("light", 900),
    Look("dark", 900),
    Look("light", 360),
    Look("dark", 360),
    Look("light", 360, styled=False),
)


def _inspect(browse: Browse, pages: Sequence[Path], look: Look) -> list[dict[str, Any]]:
    """What axe found on each page, and how wide the page was."""
    wanted = {
        "pages": [page.as_uri() for page in pages],
        "width": look.width,
        "styled": look.styled,
        "axe": find_node_file("axe-core/axe.min.js").as_uri(),
    }
    frame = pages[0].with_name("frame.html")
    frame.write_text(
        FRAME.read_text(encoding="utf-8").replace("WANTED", json.dumps(wanted)), encoding="utf-8"
    )
    dom = browse(
        frame.as_uri(),
        "--dump-dom",
        "--allow-file-access-from-files",
        "--window-size=1000,3000",
        # Of the browser's own clock, which stands still while it works.
        "--virtual-time-budget=600000",
        f"--blink-settings=preferredColorScheme={SCHEMES[look.scheme]}",
    )
    report = re.search(r'<pre id="report">(.+?)</pre>', dom, re.DOTALL)
    assert report, "axe did not come to an end"
    reports: list[dict[str, Any]] = json.loads(unescape(report[1]))
    return reports


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_axe_finds_nothing_on_any_page(language: str, look: Look, browse: Browse, tmp_path: Path) -> None:
    pages = write_gallery(tmp_path, language)
    reports = _inspect(browse, pages, look)
    assert {report["page"] for report in reports} == {page.name for page in pages}
    assert all(report["passes"] > 15 for report in reports), "every page was looked at"
    assert [(report["page"], report["violations"]) for report in reports if report["violations"]] == []
    if look.styled:  # without a style nothing breaks a long word
        assert [report["page"] for report in reports if report["width"] > look.width] == []


def test_axe_finds_faults_of_either_scheme(browse: Browse, tmp_path: Path) -> None:
    page = tmp_path / "pale.html"
    page.write_text(
        '<!DOCTYPE html><html lang="en"><title>Pale</title><main><h1>Pale</h1><p>Hard to read</p></main>'
        "<style>p{color:#aaa;background:#fff}"
        "@media (prefers-color-scheme:dark){p{color:#999;background:#888}}</style>",
        encoding="utf-8",
    )
    for scheme, colour in (("light", "#aaaaaa"), ("dark", "#999999")):
        [report] = _inspect(browse, [page], Look(scheme, 360))
        [violation] = report["violations"]
        assert violation.startswith("serious: color-contrast")
        assert colour in violation
