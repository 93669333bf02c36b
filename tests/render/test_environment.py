"""Templates of a user's own, and how their mistakes are reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment

from newsletter.errors import RenderError
from newsletter.render.environment import make_environment, render_template
from newsletter.render.words import load_words

WORDS = load_words("en")


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_template_replaces_only_the_file_of_its_name(tmp_path: Path) -> None:
    _write(tmp_path, "email/more.html", "mine: {{ more }}")
    environment = make_environment(tmp_path)
    assert render_template(environment, WORDS, "email/more.html", more="x") == "mine: x"
    assert "https://e.test" in render_template(
        environment, WORDS, "email/more.txt", more="x", edition_url="https://e.test"
    )


def test_a_users_folder_may_be_missing(tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "absent")
    assert "x" in render_template(environment, WORDS, "email/more.txt", more="x", edition_url="")


def test_html_is_escaped_and_text_is_not(tmp_path: Path) -> None:
    _write(tmp_path, "a.html", "{{ value }}")
    _write(tmp_path, "a.txt", "{{ value }}")
    environment = make_environment(tmp_path)
    assert render_template(environment, WORDS, "a.html", value="<b>") == "&lt;b&gt;"
    assert render_template(environment, WORDS, "a.txt", value="<b>") == "<b>"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\n{% if %}\n", 2),
        ("one\ntwo\n{{ missing }}", 3),
        ("one\n{{ value.missing }}", 2),
        ("one\ntwo\n\n{{ 1 / value }}", 4),
        ("{{ value | upside_down }}", 1),
        ("\n{% include 'absent.html' %}", 2),
    ],
    ids=["syntax", "undefined name", "undefined attribute", "exception", "unknown filter", "missing include"],
)
def test_a_mistake_is_reported_with_the_users_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    path = _write(tmp_path, "email/card.html", text)
    with pytest.raises(RenderError, match=f"{path}, line {line}") as caught:
        render_template(make_environment(tmp_path), WORDS, "email/card.html", value=0)
    assert (caught.value.template, caught.value.line) == (str(path), line)
    assert caught.value.fix
    assert caught.value.__cause__ is not None


def test_a_mistake_in_an_included_file_is_reported_there(tmp_path: Path) -> None:
    _write(tmp_path, "outer.html", "\n\n{% include 'inner.html' %}")
    inner = _write(tmp_path, "inner.html", "\n{{ missing }}")
    with pytest.raises(RenderError) as caught:
        render_template(make_environment(tmp_path), WORDS, "outer.html")
    assert (caught.value.template, caught.value.line) == (str(inner), 2)


def test_a_template_that_does_not_exist_is_named(environment: Environment) -> None:
    with pytest.raises(RenderError, match=r"pages/absent\.html"):
        render_template(environment, WORDS, "pages/absent.html")


def test_a_template_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes("中".encode("gbk"))
    with pytest.raises(RenderError, match=r"a\.html"):
        render_template(make_environment(tmp_path), WORDS, "a.html")


def test_one_environment_serves_every_language(environment: Environment, tmp_path: Path) -> None:
    _write(tmp_path, "a.html", "{{ _('Unsubscribe') }}")
    environment = make_environment(tmp_path)
    texts = [render_template(environment, load_words(tag), "a.html") for tag in ("zh-CN", "en", "zh-CN")]
    assert texts == ["退订", "Unsubscribe", "退订"]
