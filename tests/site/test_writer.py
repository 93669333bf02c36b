"""Writing the public folder: only what changed, in order, and never half a file."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.errors import StoreError
from newsletter.site import PublicFile, PublicRank, SiteChange, write_site

NOBODY = 65534


def page(path: str, text: str = "text", rank: PublicRank = PublicRank.PAGE) -> PublicFile:
    return PublicFile(path, text.encode(), rank)


def everything_in(out: Path) -> dict[str, str]:
    return {str(path.relative_to(out)): path.read_text() for path in out.rglob("*") if path.is_file()}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Pytest's own folders are closed to other users; this one is not."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


@contextmanager
def readonly(folder: Path) -> Iterator[None]:
    """This process cannot write into `folder`, although the tests may run as root."""
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o755)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow beyond 1,000 bytes: the system refuses in the middle of a write.

    No longer than the write under test: the log of the tests themselves may be a file, too.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_files_appear_with_their_folders(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "public"
    change = write_site(out, [page("index.html", "a"), page("editions/2025-09-24/index.html", "b")])
    assert change == SiteChange(("index.html", "editions/2025-09-24/index.html"), 0)
    assert everything_in(out) == {"index.html": "a", "editions/2025-09-24/index.html": "b"}


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    write_site(tmp_path, [page("a", "old"), page("b", "same")])
    change = write_site(tmp_path, [page("a", "new"), page("b", "same"), page("c", "new")])
    assert change == SiteChange(("a", "c"), 1)
    assert everything_in(tmp_path) == {"a": "new", "b": "same", "c": "new"}


def test_a_build_with_nothing_new_touches_nothing(tmp_path: Path) -> None:
    files = [page("feeds/all.atom"), page("index.html")]
    write_site(tmp_path, files)
    places = [tmp_path, tmp_path / "feeds", *(tmp_path / file.path for file in files)]
    before = [(place.stat().st_mtime_ns, place.stat().st_ino) for place in places]
    assert write_site(tmp_path, files) == SiteChange((), 2)
    assert [(place.stat().st_mtime_ns, place.stat().st_ino) for place in places] == before


def test_what_was_published_stays_published(tmp_path: Path) -> None:
    write_site(tmp_path, [page("old.html")])
    write_site(tmp_path, [page("new.html")])
    assert set(everything_in(tmp_path)) == {"old.html", "new.html"}


def test_nothing_appears_before_what_it_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    appeared: list[str] = []
    rename = Path.replace

    def watch(self: Path, target: Path) -> Path:
        waiting = [*tmp_path.rglob(".*.html.*"), *tmp_path.rglob(".*.atom.*"), *tmp_path.rglob(".*.xml.*")]
        assert len(waiting) == 5 - len(appeared), "renamed before all were written"
        appeared.append(target.name)
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", watch)
    files = [
        page("sitemap.xml", rank=PublicRank.INDEX),
        page("feeds/all.atom", rank=PublicRank.ALL_FEED),
        page("feeds/keywords/a.atom", rank=PublicRank.KEYWORD_FEED),
        page("editions/one.html"),
        page("editions/two.html"),
    ]
    written = write_site(tmp_path, files).written
    assert appeared == ["one.html", "two.html", "a.atom", "all.atom", "sitemap.xml"]
    assert [Path(path).name for path in written] == appeared


def test_a_failing_page_leaves_everything_as_it_was(tmp_path: Path) -> None:
    def files() -> Iterator[PublicFile]:
        yield page("a", "new")
        raise RuntimeError("the template is broken")

    write_site(tmp_path, [page("a", "old")])
    with pytest.raises(RuntimeError):
        write_site(tmp_path, files())
    assert everything_in(tmp_path) == {"a": "old"}


KILLED_RUN = """
import os, pathlib, sys
from newsletter.site import PublicFile, PublicRank, write_site
def files():
    for path in ("a/index.html", "b/index.html"):
        yield PublicFile(path, b"half a build", PublicRank.PAGE)
    os.kill(os.getpid(), 9)
write_site(pathlib.Path(sys.argv[1]), files())
"""


def test_the_left_overs_of_a_killed_run_are_cleared_away(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_RUN, tmp_path], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert "half a build" in everything_in(tmp_path).values(), "nothing was left, so this shows nothing"
    assert write_site(tmp_path, [page("c")]).written == ("c",)
    assert everything_in(tmp_path) == {"c": "text"}


def test_two_runs_write_one_after_the_other(tmp_path: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[PublicFile]:
        yield page("a", "first")
        started.set()
        assert go_on.wait(10)
        yield page("b", "first")

    first = threading.Thread(target=write_site, args=(tmp_path, slow()))
    first.start()
    assert started.wait(10)
    second = threading.Thread(target=write_site, args=(tmp_path, [page("a", "second")]))
    second.start()
    second.join(0.1)
    assert second.is_alive(), "the second run did not wait"
    go_on.set()
    first.join(10)
    second.join(10)
    assert everything_in(tmp_path) == {"a": "second", "b": "first"}


def test_a_folder_that_cannot_be_written_is_one_clear_line(open_folder: Path) -> None:
    with readonly(open_folder), pytest.raises(StoreError) as caught:
        write_site(open_folder, [page("index.html")])
    assert "Permission denied" in caught.value.message
    assert str(open_folder) in caught.value.message
    assert "\n" not in caught.value.message
    assert "[site] out" in caught.value.fix


def test_a_folder_that_cannot_be_written_is_no_matter_when_nothing_changed(open_folder: Path) -> None:
    write_site(open_folder, [page("index.html")])
    with readonly(open_folder):
        assert write_site(open_folder, [page("index.html")]).unchanged == 1


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path) -> None:
    write_site(tmp_path, [page("a", "old")])
    with full_disk(), pytest.raises(StoreError) as caught:
        write_site(tmp_path, [page("a", "new"), page("b", "x" * 5_000)])
    assert "space" in caught.value.fix
    assert everything_in(tmp_path) == {"a": "old"}


@pytest.mark.parametrize("path", ["out", "out/deeper"])
def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(StoreError) as caught:
        write_site(tmp_path / path, [page("index.html")])
    assert str(tmp_path / "out") in caught.value.message
    assert "Move it out of the way" in caught.value.fix
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_in_the_place_of_a_file_is_named_before_anything_changes(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").mkdir()
    with pytest.raises(StoreError, match=r"feeds\.opml: Is a directory"):
        write_site(tmp_path, [page("index.html"), page("feeds.opml", rank=PublicRank.INDEX)])
    assert everything_in(tmp_path) == {}


@pytest.mark.parametrize("path", ["../escape", "a/../../escape", "/etc/escape", "", "."])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    out = tmp_path / "public"
    with pytest.raises(StoreError, match="no path of a file inside"):
        write_site(out, [page(path)])
    assert everything_in(tmp_path) == {}


def test_the_cause_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(StoreError) as caught:
        write_site(tmp_path / "out", [])
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno in (errno.EEXIST, errno.ENOTDIR)
