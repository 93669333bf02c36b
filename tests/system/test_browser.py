"""Pages and mail in a real browser: nothing wider than a telephone, nothing fetched from elsewhere."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import Program, today, write_paper

pytestmark = pytest.mark.system
Browse = Callable[..., str]

ROOT = Path(__file__).resolve().parents[2]
STATES = {state.name: state for state in runpy.run_path(str(ROOT / "docs" / "make_screenshots.py"))["STATES"]}

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


def measure_width(page: Path, width: int, site: Path, browse: Browse) -> int:
    """How wide a page is in a window of this width."""
    frame = site / "frame.html"
    frame.write_text(FRAME.format(page=page.as_uri(), width=width), encoding="utf-8")
    dom = browse(frame.as_uri(), "--dump-dom", "--allow-file-access-from-files")
    measured = re.search(r"<title>(\d+)</title>", dom)
    assert measured, f"{page}: not measured"
    return int(measured[1])


@pytest.mark.parametrize("width", [360, 700])
def test_no_page_and_no_mail_is_wider_than_its_window(site: Path, browse: Browse, width: int) -> None:
    keyword = next(site.glob("keywords/*/index.html"))
    mail = next(site.glob("preview/*.html"))
    edition = next(site.glob("editions/*/index.html"))
    for page in (site / "index.html", site / "keywords" / "index.html", keyword, edition, mail):
        assert measure_width(page, width, site, browse) <= width, page


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


def test_a_mail_without_its_style_sheets_is_the_same_picture(
    site: Path, browse: Browse, tmp_path: Path
) -> None:
    whole = next(site.glob("preview/*.html"))
    stripped = whole.with_name("stripped.html")
    stripped.write_text(STATES["stripped"].change(whole.read_text(encoding="utf-8")), encoding="utf-8")
    assert "<style" in whole.read_text(encoding="utf-8")
    assert "<style>" not in stripped.read_text(encoding="utf-8")

    def draw(page: Path) -> bytes:
        picture = tmp_path / f"{page.stem}.png"
        flags = (f"--screenshot={picture}", "--blink-settings=preferredColorScheme=1")
        browse(page.as_uri(), *flags, "--window-size=700,900")
        return picture.read_bytes()

    # One drawing in ten has a few edges smoothed otherwise, also of the same page; a difference stays one.
    assert any(draw(whole) == draw(stripped) for _ in range(4))


@pytest.mark.parametrize("state", ["stripped", "large-text"])
def test_a_mail_still_fits_a_telephone_in_every_state(site: Path, browse: Browse, state: str) -> None:
    mail = next(site.glob("preview/*.html"))
    changed = mail.with_name("changed.html")
    changed.write_text(STATES[state].change(mail.read_text(encoding="utf-8")), encoding="utf-8")
    assert measure_width(changed, 360, site, browse) <= 360
