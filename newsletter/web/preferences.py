"""`/preferences/<token>`: GET shows the form, POST saves it and shows what was saved.

What the fields mean is decided in `preference_form`. Whoever is unsubscribed is told so, and
nothing is saved: he has to ask for mail again first.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.daily.publisher import Publisher
from newsletter.model import Preferences, Subscriber
from newsletter.render.words import known_languages, load_words
from newsletter.store import Transaction
from newsletter.store.saving import SubscriberRow, save_subscribers
from newsletter.store.subscribers import find_subscriber_by_public_id
from newsletter.tokens import TEST_SUBJECT, Purpose, make_token
from newsletter.web.pages import Pages
from newsletter.web.preference_form import (
    HIGHEST_LIMIT,
    LONGEST_KEYWORD,
    MOST_KEYWORDS,
    PreferenceForm,
    fill_form,
    parse_form,
    read_form,
)
from newsletter.web.threads import StoreThreads
from newsletter.web.visitor import find_visitor, is_subscribed, read_subject


class PreferencesLink:
    """Answers what is asked of a preferences link."""

    def __init__(self, publisher: Publisher, pages: Pages, threads: StoreThreads) -> None:
        self._publisher = publisher
        self._pages = pages
        self._threads = threads
        self._language = load_words(publisher.newsletter.language).language
        self._languages = {tag: load_words(tag).locale.get_display_name() for tag in known_languages()}

    async def answer(self, request: Request) -> Response:
        """Raises TokenError and StoreError."""
        public_id = read_subject(self._publisher, Purpose.PREFERENCES, request)
        if public_id == TEST_SUBJECT:
            return self._pages.show("test_link")
        if request.method != "POST":
            return await self._threads.read(self._show, public_id)
        form = parse_form(await request.body())
        if form is None:
            raise HTTPException(400, "This is not the form of this page.")
        return await self._threads.write(self._save, public_id, form)

    def _show(self, public_id: str) -> Response:
        with self._publisher.store.read() as tx:
            visitor = find_visitor(tx, public_id)
        if not is_subscribed(visitor):
            return self._pages.show_unsubscribed(visitor)
        return self._show_form(visitor, self._fill_form(visitor))

    def _save(self, public_id: str, form: PreferenceForm) -> Response:
        reading = read_form(form, languages=self._languages, newsletter_language=self._language)
        with self._publisher.store.write() as tx:
            visitor = find_visitor(tx, public_id)
            if is_subscribed(visitor) and not reading.problems:
                visitor = self._store(tx, visitor, reading.preferences, form.named)
        if not is_subscribed(visitor):
            return self._pages.show_unsubscribed(visitor)
        if reading.problems:
            return self._show_form(visitor, form, status=422, problems=reading.problems)
        return self._show_form(visitor, self._fill_form(visitor), is_saved=True)

    def _store(
        self, tx: Transaction, visitor: Subscriber, preferences: Preferences, named: frozenset[str]
    ) -> Subscriber:
        row = SubscriberRow(visitor.email, preferences=preferences, named=named)
        save_subscribers(tx, [row], now=self._publisher.clock())
        return find_subscriber_by_public_id(tx, visitor.public_id)

    def _fill_form(self, visitor: Subscriber) -> PreferenceForm:
        return fill_form(visitor.preferences, language=self._pages.words_for(visitor).language)

    def _show_form(
        self,
        visitor: Subscriber,
        form: PreferenceForm,
        *,
        status: int = 200,
        problems: frozenset[str] = frozenset(),
        is_saved: bool = False,
    ) -> Response:
        token = make_token(self._publisher.key, Purpose.UNSUBSCRIBE, visitor.public_id)
        return self._pages.show(
            "preferences",
            status=status,
            language=self._pages.words_for(visitor).language,
            address=visitor.email,
            stored=visitor.preferences,
            form=form,
            languages=self._languages,
            problems=problems,
            is_saved=is_saved,
            most_keywords=MOST_KEYWORDS,
            longest_keyword=LONGEST_KEYWORD,
            highest_limit=HIGHEST_LIMIT,
            # Relative: the page may be read behind another name than base_url, and a form may
            # only be sent where the page came from.
            unsubscribe=f"../unsubscribe/{token}",
        )
