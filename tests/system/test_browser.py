"""Pages and mail in a real browser: nothing wider than a telephone, nothing fetched from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import Program, today, write_paper

pytestmark = pytest.mark.system
Browse = Callable[..., str]

FRAME = """<!doctype html><title>?</title>
<iframe id="page" src="{page}" width="{width}" height="2000" style="border:0"></iframe>
<script>
addEventListener("load", () => {{
  const inner = document.getElementById("page").contentDocument.documentElement;
  document.title = inner.scrollWidth;
}});
</script>"""


@pytest.fixture
def site(program: Program) -> Path:
    program.write_digest(today(), [write_paper(number, title="A" * 60) for number in range(40)])
    assert program.run("build").code == 0
    assert program.run("preview", "--out", "public/preview").code == 0
    return program.folder / "public"


@pytest.mark.parametrize("width", [360, 700])
def test_no_page_and_no_mail_is_wider_than_its_window(site: Path, browse: Browse, width: int) -> None:
    keyword = next(site.glob("keywords/*/index.html"))
    mail = next(site.glob("preview/*.html"))
    edition = next(site.glob("editions/*/index.html"))
    for page in (site / "index.html", site / "keywords" / "index.html", keyword, edition, mail):
        frame = site / "frame.html"
        frame.write_text(FRAME.format(page=page.as_uri(), width=width), encoding="utf-8")
        dom = browse(frame.as_uri(), "--dump-dom", "--allow-file-access-from-files")
        measured = re.search(r"<title>(\d+)</title>", dom)
        assert measured, f"{page}: not measured"
        assert int(measured[1]) <= width, page


def test_the_links_of_the_front_page_work_from_the_disk(site: Path, browse: Browse) -> None:
    dom = browse((site / "index.html").as_uri(), "--dump-dom")
    links = [link for link in re.findall(r'href="([^"#]+)"', dom) if ":" not in link]
    assert links
    for link in links:
        assert (site / link).is_file(), link


def test_page_and_mail_can_be_drawn_in_light_and_dark(site: Path, browse: Browse, tmp_path: Path) -> None:
    drawn = []
    for scheme in ("0", "1"):  # 0: dark, 1: light
        for page in (next(site.glob("editions/*/index.html")), next(site.glob("preview/*.html"))):
            picture = tmp_path / f"{len(drawn)}.png"
            flags = (f"--screenshot={picture}", f"--blink-settings=preferredColorScheme={scheme}")
            browse(page.as_uri(), *flags, "--window-size=700,900")
            drawn.append(picture.read_bytes())
    assert len(set(drawn)) == 4, "light and dark differ"
    assert all(len(picture) > 20_000 for picture in drawn), "none is blank"
