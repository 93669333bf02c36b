"""The scripts that stand in pages, and the hashes by which a browser may let them run.

A page needs none of them: each only adds to what is there without it. Sending the policy is left
to `web/`.
"""

from __future__ import annotations

import base64
import hashlib

from jinja2 import Environment

from newsletter.render.environment import render_template
from newsletter.render.words import SOURCE_LANGUAGE, load_words

SCRIPTS = ("pages/filter.js",)
"""Templates that pages include in a script element, with nothing around them."""


def list_script_sources(environment: Environment) -> tuple[str, ...]:
    """What `script-src` must name for the scripts of these templates (W3C CSP 3 §2.3.1: 'sha256-…').

    Raises RenderError for a script of the operator's that is no template.
    """
    words = load_words(SOURCE_LANGUAGE)
    return tuple(_hash(render_template(environment, words, name)) for name in SCRIPTS)


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
