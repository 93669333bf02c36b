"""The interface words: English in code and templates, other languages from gettext catalogues.

Dates, numbers and plural forms come from Babel (Unicode CLDR). A language is named by its BCP 47
tag ("zh-CN"), its catalogue's folder by the gettext form of it ("zh_CN"). How the catalogues are
made stands in locale/babel.cfg. What papers say is never translated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from gettext import NullTranslations, translation

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_decimal

from newsletter.errors import ConfigError
from newsletter.model import EditionKind
from newsletter.shipped import DOMAIN, SOURCE_LANGUAGE, find_language, known_languages, shipped_path

__all__ = ["DOMAIN", "SOURCE_LANGUAGE", "Words", "known_languages", "load_words"]


@dataclass(frozen=True)
class Words:
    """The words of one language, and the way it writes dates and counts."""

    language: str
    translations: NullTranslations

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse(self.language, sep="-")

    def gettext(self, message: str) -> str:
        return self.translations.gettext(message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self.translations.ngettext(singular, plural, count)

    @cached_property
    def count_papers(self) -> Callable[[int], str]:
        """`40 papers`, `40 篇`."""
        return _remember(
            lambda count: (
                self.ngettext("%(count)s paper", "%(count)s papers", count)
                % {"count": self.format_number(count)}
            )
        )

    @cached_property
    def count_more(self) -> Callable[[int], str]:
        """What stands in a mail for the papers that did not fit."""
        return _remember(
            lambda count: (
                self.ngettext("%(count)s more paper on the page", "%(count)s more papers on the page", count)
                % {"count": self.format_number(count)}
            )
        )

    def format_number(self, number: int) -> str:
        return _format_number(number, self.language)

    def format_period(self, kind: EditionKind, period_end: date, first_day: date | None = None) -> str:
        """The day of a daily edition with its weekday; the days of a weekly one, of which there are seven
        unless `first_day` says otherwise."""
        if kind is EditionKind.DAILY:
            return format_date(period_end, format="full", locale=self.locale)
        first_day = first_day or period_end - timedelta(days=6)
        return format_interval(first_day, period_end, "yMMMd", locale=self.locale)

    def format_day(self, day: date) -> str:
        return format_date(day, "long", self.locale)

    def format_short_day(self, day: date) -> str:
        """Without the year."""
        return format_skeleton("MMMd", day, locale=self.locale)

    def join(self, labels: Iterable[str]) -> str:
        """An enumeration: `a, b`, `a、b`."""
        return self.comma.join(labels)

    @cached_property
    def comma(self) -> str:
        """What stands between the words of an enumeration."""
        return self.gettext(", ")


_remember = lru_cache(maxsize=1 << 10)  # every choice has its count, and Babel takes its time


@_remember
def _format_number(number: int, language: str) -> str:
    return format_decimal(number, locale=Locale.parse(language, sep="-"))


@lru_cache(maxsize=16)
def load_words(language: str) -> Words:
    """The words of a language named by its tag, in any case.

    Raises ConfigError for a language without a catalogue; the message lists the known ones.
    """
    tag = find_language(language)
    if tag is None:
        raise ConfigError([f"no words for the language {language!r}; known: {', '.join(known_languages())}"])
    if tag == SOURCE_LANGUAGE:
        return Words(tag, NullTranslations())
    catalogues = shipped_path("locale")
    return Words(tag, translation(DOMAIN, str(catalogues), languages=[tag.replace("-", "_")]))
