"""The filter of the keywords page in a browser: it helps where scripts run, and is not missed elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from newsletter.render.environment import make_environment
from newsletter.render.pages import render_keywords_page
from newsletter.render.scripts import list_script_sources
from tests.builders import make_keyword, make_newsletter
from tests.running import Program, today, write_paper

pytestmark = pytest.mark.system
Browse = Callable[..., str]

FRAME = """<!DOCTYPE html><title>Types into the field</title><pre id="report"></pre>
<iframe src="page.html" sandbox="SANDBOX"></iframe>
<script>
onload = () => {
  const page = document.querySelector("iframe").contentDocument;
  const seen = (found) => [...page.querySelectorAll(found)].filter((each) => each.checkVisibility());
  const type = (text) => {
    const field = page.getElementById("filter");
    field.value = text;
    field.dispatchEvent(new Event("input"));
    return {
      labels: seen(".initial a").map((link) => link.firstChild.data.trim()),
      parts: seen("h2, nav.letters, h3").length,
      field: seen("#filter").length,
      found: page.getElementById("found").textContent,
    };
  };
  document.getElementById("report").textContent = JSON.stringify(TYPED.map(type));
};
</script>"""
KEYWORDS = [
    (make_keyword("强化学习", slug="qiang-hua-1", aliases=("RL", "Reinforcement Learning")), 1200),
    (make_keyword("多模态模型", slug="duo-mo-tai-2"), 7),
    (make_keyword("Ｇraph 学习", slug="graph-3"), 1),
    (make_keyword("<b>&amp;", slug="b-4"), 1),
]
ALL = ["<b>&amp;", "多模态模型", "Ｇraph 学习", "强化学习"]


def _type(browse: Browse, folder: Path, *typed: str, policy: str = "", sandbox: str = "") -> list[Any]:
    """What the page shows after each text; `sandbox` says what it may do, `policy` is its CSP."""
    page = render_keywords_page(
        make_newsletter(), KEYWORDS, environment=make_environment(), language="en"
    ).decode()
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
    (folder / "page.html").write_text(page.replace("<head>", f"<head>{meta}"), encoding="utf-8")
    frame = folder / "frame.html"
    text = FRAME.replace("TYPED", json.dumps(typed)).replace("SANDBOX", f"allow-same-origin {sandbox}")
    frame.write_text(text, encoding="utf-8")
    dom = browse(frame.as_uri(), "--dump-dom", "--allow-file-access-from-files")
    report = re.search(r'<pre id="report">(.+?)</pre>', dom, re.DOTALL)
    assert report, dom
    shown: list[Any] = json.loads(unescape(report[1]))
    return shown


@pytest.mark.parametrize("policy", ["", "served"])
def test_the_filter_shows_what_holds_every_word_typed(browse: Browse, tmp_path: Path, policy: str) -> None:
    if policy:
        sources = " ".join(list_script_sources(make_environment()))
        policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {sources}"
    texts = ("", "学习", "GRAPH 学", "reinforcement", "nothing", "  ")
    shown = _type(browse, tmp_path, *texts, policy=policy, sandbox="allow-scripts")
    assert [each["labels"] for each in shown] == [
        ALL,
        ["Ｇraph 学习", "强化学习"],
        ["Ｇraph 学习"],
        ["强化学习"],
        [],
        ALL,
    ]
    assert [each["found"] for each in shown] == [
        "",
        "2 of 4 keywords",
        "1 of 4 keywords",
        "1 of 4 keywords",
        "0 of 4 keywords",
        "",
    ]
    assert [each["parts"] for each in shown] == [7, 2, 1, 1, 0, 7]
    assert all(each["field"] for each in shown)


@pytest.mark.parametrize(
    ("policy", "sandbox"),
    [("", ""), ("default-src 'none'; style-src 'unsafe-inline'", "allow-scripts")],
    ids=["no scripts", "scripts forbidden"],
)
def test_without_scripts_the_list_is_whole_and_the_field_hidden(
    browse: Browse, tmp_path: Path, policy: str, sandbox: str
) -> None:
    [shown] = _type(browse, tmp_path, "学习", policy=policy, sandbox=sandbox)
    assert shown == {"labels": ALL, "parts": 7, "field": 0, "found": ""}


def test_the_server_lets_the_filter_run(program: Program, browse: Browse) -> None:
    program.write_digest(today(), [write_paper(1)])
    assert program.run("build").code == 0
    with program.serving() as address:
        dom = browse(f"{address}/keywords/", "--dump-dom")
    assert '<p class="filter">' in dom, "the script has taken `hidden` away"
