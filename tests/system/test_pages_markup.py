"""Every template's HTML before a validator (html-validate: the element content model, WCAG, its advice)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.system.gallery import name_templates, shipped_templates, write_gallery
from tests.system.node_tools import find_node_file

pytestmark = pytest.mark.system

CONFIGURATION = {
    "root": True,
    "extends": ["html-validate:recommended"],
    "rules": {
        # The anchor of a paper is its arXiv id, dot and all: mails already out lead there.
        "valid-id": ["error", {"relaxed": True}],
    },
}


def _validate(files: list[Path], folder: Path) -> list[str]:
    """A line for each finding."""
    configuration = folder / "validate.json"
    configuration.write_text(json.dumps(CONFIGURATION), encoding="utf-8")
    done = subprocess.run(
        [find_node_file(".bin/html-validate"), "--config", configuration, "--formatter", "json", *files],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr.decode()
    return [
        f"{Path(page['filePath']).name}, line {message['line']}: {message['ruleId']}: {message['message']}"
        for page in json.loads(done.stdout)
        for message in page["messages"]
    ]


def test_the_gallery_shows_every_template() -> None:
    assert name_templates() == shipped_templates()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_valid(language: str, tmp_path: Path) -> None:
    files = write_gallery(tmp_path, language)
    assert _validate(files, tmp_path) == []


def test_the_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "wrong.html"
    page.write_text('<!DOCTYPE html><html><head><title>x</title></head><p><div id="a" id="a"></html>')
    assert _validate([page], tmp_path)
