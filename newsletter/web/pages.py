"""The small pages of the application: rendered in the visitor's language, never stored by anyone.

Which one is shown is left to the modules of the routes, how it looks to templates/pages/. Where a
template of the operator's fails, the shipped one is shown: an unsubscribe must be answered.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment
from starlette.responses import HTMLResponse

from newsletter.daily.publisher import Publisher
from newsletter.errors import RenderError
from newsletter.model import Subscriber
from newsletter.render.environment import make_environment
from newsletter.render.pages import render_notice_page
from newsletter.render.scripts import list_script_sources
from newsletter.render.words import Words, known_languages, load_words

_log = logging.getLogger(__name__)

_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:{pictures}; "
    "script-src {scripts}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of every page: ours need no font and nothing from elsewhere but the logo; feeds bring their stylesheet."""

# The address of such a page holds a token: it goes into no cache and to no other site.
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Pages:
    """Renders `pages/<template>.html`. Raises ConfigError where the newsletter's language has no words."""

    def __init__(self, publisher: Publisher) -> None:
        load_words(publisher.newsletter.language)
        self._publisher = publisher
        self._languages = known_languages()
        self._shipped = make_environment()
        self.security_headers: Mapping[str, str] = MappingProxyType(
            {
                "Content-Security-Policy": _POLICY.format(
                    scripts=" ".join(self._script_sources()),
                    pictures=_name_origin(publisher.newsletter.theme.logo),
                ),
                "X-Content-Type-Options": "nosniff",
            }
        )

    def show(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        language: str | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """A page in `language` (None: the newsletter's)."""
        language = language or self._publisher.newsletter.language
        try:
            page = self._render(template, self._publisher.environment, language, values)
        except RenderError as error:
            _log.error("%s The shipped template is shown instead.", error.message)
            page = self._render(template, self._shipped, language, values)
        return HTMLResponse(page, status, {**self.security_headers, **_PRIVATE, **(headers or {})})

    def show_unsubscribed(self, subscriber: Subscriber | None) -> HTMLResponse:
        """What is said after an unsubscribe, today and for ever; None: he was erased since."""
        words = self.words_for(subscriber)
        address = subscriber.email if subscriber else words.gettext("This address")
        return self.show("unsubscribed", language=words.language, address=address)

    def words_for(self, subscriber: Subscriber | None) -> Words:
        """The words of a subscriber's language, if it is still known, or of the newsletter's."""
        wanted = subscriber.preferences.language if subscriber else ""
        return load_words(wanted if wanted in self._languages else self._publisher.newsletter.language)

    def _script_sources(self) -> tuple[str, ...]:
        try:
            return list_script_sources(self._publisher.environment)
        except RenderError as error:
            _log.error("%s", error.message)
            return list_script_sources(self._shipped)

    def _render(
        self, template: str, environment: Environment, language: str, values: Mapping[str, Any]
    ) -> bytes:
        newsletter = self._publisher.newsletter
        return render_notice_page(newsletter, template, environment=environment, language=language, **values)


def _name_origin(logo: str) -> str:
    """What `img-src` must name for the logo."""
    return f" https://{urlsplit(logo).netloc}" if logo else ""
