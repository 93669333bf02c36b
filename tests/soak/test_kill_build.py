"""kill -9 while pages and feeds are written: no file is half, no feed leads nowhere, a build mends it."""

from __future__ import annotations

import json
import random
import re
import signal
import time
from datetime import timedelta
from pathlib import Path

import feedparser
import html5lib
import pytest
from lxml import etree

from tests.running import Program, today, write_paper

pytestmark = pytest.mark.soak

KILLS = 15
BASE = "https://papers.test/"
LINK = re.compile(rb"https://papers\.test/([A-Za-z0-9_./%-]*)")


def write_day(program: Program, number: int, version: int = 0) -> None:
    words = ["强化学习", "多模态模型", *(f"主题 {number}-{each}" for each in range(12))]
    papers = [
        write_paper(
            100 * number + each,
            title=f"Paper {each} as of {version}",
            keywords=f"**{words[each % 14]}**, **{words[(3 * each + 1) % 14]}**",
        )
        for each in range(40)
    ]
    program.write_digest(today() - timedelta(days=number), papers)


def check_whole(public: Path) -> int:
    """Every file that a reader may meet is whole, and every address in it is there; returns how many."""
    files = [path for path in public.rglob("*") if path.is_file() and not path.name.startswith(".")]
    for path in files:
        data = path.read_bytes()
        if path.suffix in (".atom", ".rss"):
            feed = feedparser.parse(data)
            assert not feed.bozo, path
        elif path.suffix == ".json":
            json.loads(data)
        elif path.suffix in (".xml", ".opml", ".xsl"):
            etree.fromstring(data)
        elif path.suffix == ".html":
            html5lib.parse(data)
            assert data.rstrip().endswith(b"</html>"), path
        if path.suffix in (".atom", ".rss", ".json"):
            check_links(public, path, data)
    return len(files)


def check_links(public: Path, feed: Path, data: bytes) -> None:
    for found in LINK.findall(data):
        name = found.decode()
        target = public / (name + "index.html" if name == "" or name.endswith("/") else name)
        if not name.startswith("feeds/"):  # another feed of it may come a moment later
            assert target.exists(), f"{feed} leads to {name}"


def read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_build_that_is_killed_again_and_again_leaves_whole_files_and_is_mended(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    program.configure(newsletter__base_url=BASE)
    dice = random.Random(11)  # noqa: S311
    write_day(program, 0)
    started = time.monotonic()
    assert program.run("build").code == 0
    usual = time.monotonic() - started
    public = program.folder / "public"
    killed = interrupted = number = 0
    while killed < KILLS:
        number += 1
        write_day(program, number % 9, version=number)
        if number % 4 == 0:  # everything is written anew
            program.configure(newsletter__title=f"Papers {number}")
        process = program.start("build")
        time.sleep(dice.uniform(0.3 * usual, 1.1 * usual))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            killed += 1
            interrupted += any(path.name.startswith(".") for path in public.rglob("*"))
            check_whole(public)
    assert interrupted > 0, "some of them while files were written"
    for _ in range(2):
        built = program.run("build")
        assert built.code == 0, built.err
    assert "0 files written" in built.out
    check_whole(public)
    assert program.run("build", "--all", "--out", "whole").code == 0
    assert read(public) == read(program.folder / "whole"), "as if nobody had been killed, and nothing besides"
    with capsys.disabled():
        print(f"\n{killed} kills of a build of {usual:.1f} s, {interrupted} while files were written")  # noqa: T201
