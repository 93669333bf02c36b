"""What is wrong with templates is found before anything is published."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment

from newsletter.errors import RenderError
from newsletter.render.environment import make_environment
from newsletter.render.proof import check_templates
from newsletter.shipped import shipped_path

TEMPLATES = shipped_path("templates")
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*"))
SHELLS = ["email/edition.html", "email/edition.txt"]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refuse(folder: Path) -> RenderError:
    with pytest.raises(RenderError) as caught:
        check_templates(make_environment(folder))
    assert caught.value.fix
    return caught.value


def test_the_shipped_templates_pass(environment: Environment) -> None:
    check_templates(environment)


@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_of_syntax_is_found_in_every_template(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, "one\n{% if %}\n")
    assert str(refuse(tmp_path)).startswith(f"{path}, line 2: ")


@pytest.mark.parametrize("name", ["email/card.html", "email/card.txt", "email/more.html", *SHELLS])
def test_an_unknown_name_in_a_mail_is_found(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, "{{ cards }}\n{{ no_such_name }}".replace("{{ cards }}", ""))
    assert str(refuse(tmp_path)).startswith(f"{path}, line 2: ")


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize(
    "instead",
    [
        "",
        "{# {{ unsubscribe }} #}",
        "{% call when('feed') %}{{ unsubscribe }}{% endcall %}",
        "@@unsubscribe@@",
    ],
    ids=["gone", "a comment", "only for some", "a misspelling"],
)
def test_a_mail_without_the_unsubscribe_link_is_refused(tmp_path: Path, name: str, instead: str) -> None:
    shipped = (TEMPLATES / name).read_text(encoding="utf-8")
    path = write(tmp_path, name, shipped.replace("{{ unsubscribe }}", instead))
    error = refuse(tmp_path)
    assert error.message == f"{path} does not show every reader the unsubscribe link"
    assert "{{ unsubscribe }}" in error.fix


@pytest.mark.parametrize(
    "comment", ["<!-- {{ unsubscribe }} -->", "<!--[if mso]>{{ unsubscribe }}<![endif]-->"]
)
def test_a_link_that_browsers_hide_is_none(tmp_path: Path, comment: str) -> None:
    shipped = (TEMPLATES / "email/edition.html").read_text(encoding="utf-8")
    hidden = shipped.replace('<a href="{{ unsubscribe }}">{{ _("Unsubscribe") }}</a>', comment)
    write(tmp_path, "email/edition.html", hidden)
    assert "unsubscribe link" in refuse(tmp_path).message


def test_a_link_that_is_always_there_may_stand_in_its_own_option(tmp_path: Path) -> None:
    shipped = (TEMPLATES / "email/edition.txt").read_text(encoding="utf-8")
    option = "{% call when('unsubscribe') %}{{ unsubscribe }}{% endcall %}"
    write(tmp_path, "email/edition.txt", shipped.replace("{{ unsubscribe }}", option))
    check_templates(make_environment(tmp_path))


def test_a_mail_without_cards_names_the_users_file(tmp_path: Path) -> None:
    path = write(tmp_path, "email/edition.txt", "{{ unsubscribe }}")
    assert refuse(tmp_path).message.startswith(str(path))


def test_a_template_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").symlink_to("nowhere")
    assert "index.html: cannot be read" in refuse(tmp_path).message
    (tmp_path / "pages" / "index.html").unlink()
    (tmp_path / "email").write_text("a file where the folder should be")
    assert "email/adapt.css: cannot be read: Not a directory" in refuse(tmp_path).message
