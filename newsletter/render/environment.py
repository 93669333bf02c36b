"""Where templates come from, and the one place where their failures become RenderErrors.

A user's folder overrides the shipped templates file by file. HTML is escaped unless a template
says otherwise, and an unknown name is an error, never an empty string. What the templates are told
is left to the callers.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, cast

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    select_autoescape,
)
from markupsafe import Markup

from newsletter.errors import RenderError
from newsletter.markup import to_html, to_plain
from newsletter.render.text import find_links, wrap
from newsletter.render.words import Words
from newsletter.shipped import shipped_path


def make_environment(directory: Path | None = None) -> Environment:
    """The environment of all templates; `directory` is the user's own folder and may not exist."""
    folders = [shipped_path("templates")] if directory is None else [directory, shipped_path("templates")]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "html": _show_html,
        "plain": to_plain,
        "links": find_links,
        "wrap": wrap,
    }
    return environment


def _show_html(text: str) -> Markup:
    return Markup(to_html(text))  # noqa: S704 (nh3 has cleaned it)


def find_template(environment: Environment, name: str) -> Template:
    """The template `name`, compiled: the user's own, else the shipped one; its `filename` says which.

    Raises RenderError with file and line for a mistake in its syntax.
    """
    try:
        return environment.get_template(name)
    except Exception as error:
        raise _explain(error, name, environment) from error


def render_template(environment: Environment, words: Words, name: str, /, **values: Any) -> str:
    """Render the template `name` in the language of `words`.

    The translations come with each call, not with the environment, so that one environment and its
    compiled templates serve every language. Raises RenderError with file and line for whatever goes
    wrong in a template.
    """
    try:
        return environment.get_template(name).render(
            values, words=words, gettext=words.gettext, ngettext=words.ngettext
        )
    except Exception as error:
        raise _explain(error, name, environment) from error


def _explain(error: Exception, name: str, environment: Environment) -> RenderError:
    """Name the file and line. Jinja rewrites tracebacks, so that a template's lines stand in them."""
    file, line = name, None
    if isinstance(error, TemplateSyntaxError):
        file, line = error.filename or name, error.lineno
    else:
        folders = tuple(cast("FileSystemLoader", environment.loader).searchpath)
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith(folders):
                file, line = frame.filename, frame.lineno
    place = file if line is None else f"{file}, line {line}"
    return RenderError(
        f"{place}: {type(error).__name__}: {error}",
        template=file,
        line=line,
        fix="Mend the template, or remove it to use the shipped one.",
    )
