"""The hashes by which a browser lets the scripts of pages run."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment

from newsletter.render.environment import make_environment
from newsletter.render.pages import render_keywords_page
from newsletter.render.scripts import list_script_sources
from tests.builders import make_keyword, make_newsletter


def _hash_page(environment: Environment) -> tuple[str, ...]:
    """As a browser does it: all that stands between the tags."""
    counts = [(make_keyword("强化学习"), 2)]
    page = render_keywords_page(make_newsletter(), counts, environment=environment, language="zh-CN")
    scripts = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    return tuple(
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts
    )


def test_the_sources_are_those_of_the_scripts_in_the_page(environment: Environment) -> None:
    assert list_script_sources(environment) == _hash_page(environment)
    assert len(_hash_page(environment)) == 1


def test_an_operators_own_script_has_its_own_hash(environment: Environment, tmp_path: Path) -> None:
    script = tmp_path / "pages" / "filter.js"
    script.parent.mkdir()
    script.write_bytes("// 我的\r\nvoid 0;\r\n".encode())
    own = make_environment(tmp_path)
    assert list_script_sources(own) == _hash_page(own)
    assert list_script_sources(own) != list_script_sources(environment)
