"""Makes the message of one delivery from the parts that `render/` prepared.

What all readers share is made once an edition revision and language (parts), what readers of one
choice share once a choice (layouts, bounded); the rest is head, foot and header fields. The same
delivery gives the same bytes: its revision and choice are those of its first offer, its Date is that
of planning, its Message-ID comes from edition and subscriber.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache, partial
from itertools import count

from jinja2 import Environment

from newsletter.delivery.dkim import DkimSigner
from newsletter.delivery.headers import OpenHead, format_address, format_date
from newsletter.delivery.links import LinkMaker
from newsletter.delivery.rendition import Rendition, mark_paper
from newsletter.delivery.transports.addresses import encode_address
from newsletter.keywords import Choice, PaperIndex, Vocabulary, make_choice
from newsletter.model import (
    Blanks,
    Edition,
    Fragments,
    Message,
    Newsletter,
    Pieces,
    Preferences,
    PublishedPaper,
    SharedBody,
    Sign,
    Subscriber,
)
from newsletter.render.forms import PERSONAL_BLANKS
from newsletter.render.highlights import make_subject
from newsletter.render.layout import Layout, check_blanks, fill_blanks, lay_out
from newsletter.render.mail import MailParts, render_mail
from newsletter.render.words import load_words
from newsletter.store.offering import Offer
from newsletter.tokens import TEST_SUBJECT

_LAYOUTS = 512  # each a head and a foot; the cards are shared


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What the mails of an edition have in common."""

    newsletter: Newsletter
    subject: str
    """The pattern of `[mail] subject`."""
    intro: str
    environment: Environment
    keyword_pages: Container[str] | None
    links: LinkMaker
    date: datetime
    """Of planning: the Date of every mail."""
    signer: DkimSigner | None = None
    mailed_before: Container[str] = frozenset()
    """The identities of the papers that went with an earlier edition of the kind."""


class EditionComposer:
    """Composes the mails of one edition; `load` gives an edition's revision from the store."""

    def __init__(
        self, facts: MailFacts, vocabulary: Vocabulary, load: Callable[[int], Edition], revision: int
    ) -> None:
        self._facts = facts
        self._vocabulary = vocabulary
        self._revision = revision
        self._edition = lru_cache(maxsize=4)(load)
        self._parts = lru_cache(maxsize=16)(self._render)
        self._index = lru_cache(maxsize=4)(self._index_papers)
        self._repeats = lru_cache(maxsize=4)(self._find_repeats)
        self._head = lru_cache(maxsize=4)(self._open_head)
        self._chosen = lru_cache(maxsize=_LAYOUTS)(self._choose)
        self._shared = lru_cache(maxsize=_LAYOUTS)(self._lay_out)
        self._decided = lru_cache(maxsize=_LAYOUTS)(self._decide)
        self._matches = lru_cache(maxsize=_LAYOUTS)(self._has_match)

    def decide(self, subscriber: Subscriber, first: str | None = None) -> str | None:
        """The rendition the reader gets: that of his `first` offer as long as papers match it, else one by
        his preferences of today; None where no paper matches, or none that was not mailed before."""
        if first is not None and self._matches(first):
            return first
        return self._decided(subscriber.preferences)

    def compose(self, offer: Offer) -> Message:
        """Raises RenderError where a template fails, AddressRefused where the address cannot be written."""
        return self._compose(offer.subscriber, offer.revision, offer.rendition, offer.subscriber.public_id)

    def rehearse(self, subscriber: Subscriber, rendition: str) -> Message:
        """The very message that a first offer of today would be; it is not to be handed over."""
        return self._compose(subscriber, self._revision, rendition, subscriber.public_id)

    def compose_test(self, subscriber: Subscriber, rendition: str, once: str) -> Message:
        """The same body outside the ledger: [test] in the Subject, links that act for nobody.

        `once` is random, because some servers drop a Message-ID they have seen.
        """
        return self._compose(subscriber, self._revision, rendition, f"test-{once}", TEST_SUBJECT)

    def _compose(
        self, subscriber: Subscriber, revision: int, rendition: str, mail_id: str, subject: str | None = None
    ) -> Message:
        links = self._facts.links.make(subject or subscriber.public_id, subscriber.email)
        blanks = links.values
        check_blanks(blanks)  # here, where one reader's fault is his own; the bodies are made on the wire
        fallback = subscriber.preferences.language if rendition.startswith(" ") else ""
        shared = self._shared(revision, rendition, fallback)
        edition = self._edition(revision).name
        delivery_id = f"{edition}.{mail_id}"
        return Message(
            delivery_id=delivery_id,
            sender=self._facts.newsletter.sender_address,
            recipient=subscriber.email,
            letterhead=self._head(edition),
            own_fields={
                "To": format_address(subscriber.name, subscriber.email),
                "Subject": f"[test] {shared.subject}" if subject == TEST_SUBJECT else shared.subject,
                "Message-ID": f"<{delivery_id}@{self._sender.domain}>",
                "List-Unsubscribe": f"<{links.unsubscribe}>",  # RFC 2369
            },
            body=shared.body,
            blanks=blanks,
            sign=self._sign,
        )

    @cached_property
    def _sign(self) -> Sign | None:
        signer, date = self._facts.signer, self._facts.date
        return None if signer is None else lambda head, body: signer.sign(head, body, date)

    def _open_head(self, edition: str) -> OpenHead:
        newsletter, sender = self._facts.newsletter, self._sender
        return OpenHead(
            (
                *sender.fields,
                ("To", None),
                ("Subject", None),
                ("Date", format_date(self._facts.date)),
                ("Message-ID", None),
                ("List-Id", f"<{sender.list_id}>"),  # RFC 2919
                ("List-Unsubscribe", None),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
                ("List-Archive", f"<{newsletter.base_url}>"),
                ("List-Help", f"<{newsletter.base_url}>"),
                ("Auto-Submitted", "auto-generated"),  # RFC 3834
                ("Precedence", "bulk"),
                ("Feedback-ID", f"{edition}:digest:newsletter:{sender.id}"),
            )
        )

    @cached_property
    def _sender(self) -> _Sender:
        newsletter = self._facts.newsletter
        local, _, domain = encode_address(newsletter.sender_address).rpartition("@")
        sender = ("From", format_address(newsletter.sender_name, newsletter.sender_address))
        answers = (("Reply-To", format_address("", newsletter.reply_to)),) if newsletter.reply_to else ()
        return _Sender((sender, *answers), domain, f"{local}.{domain}", _sender_id(domain))

    def _decide(self, preferences: Preferences) -> str | None:
        choice = make_choice(preferences, self._vocabulary)
        chosen = self._chosen(self._revision, choice.slugs)
        repeats = self._repeats(self._revision)
        repeated = repeats.intersection([paper.paper.identity for paper in chosen]) if repeats else repeats
        if len(repeated) == len(chosen):
            return None
        language = preferences.language or self._facts.newsletter.language
        return Rendition(language, choice, frozenset(map(mark_paper, repeated))).key

    def _find_repeats(self, revision: int) -> frozenset[str]:
        """The identities of the papers that were mailed before."""
        known = self._facts.mailed_before
        papers = self._edition(revision).papers
        return frozenset([each.paper.identity for each in papers if each.paper.identity in known])

    def _has_match(self, key: str) -> bool:
        return bool(self._select(self._revision, Rendition.from_key(key)))

    def _select(self, revision: int, rendition: Rendition) -> tuple[PublishedPaper, ...]:
        chosen, repeats = self._chosen(revision, rendition.choice.slugs), rendition.repeats
        if repeats:
            chosen = tuple([each for each in chosen if mark_paper(each.paper.identity) not in repeats])
        return chosen[: rendition.choice.limit]

    def _choose(self, revision: int, slugs: frozenset[str] | None) -> tuple[PublishedPaper, ...]:
        """Those that any of the keywords chooses: the same whether a reader is decided upon or served."""
        return self._index(revision).select(Choice(slugs))

    def _index_papers(self, revision: int) -> PaperIndex:
        return PaperIndex(self._edition(revision).papers)

    def _render(self, revision: int, language: str) -> MailParts:
        facts = self._facts
        return render_mail(
            self._edition(revision),
            facts.newsletter,
            language=language,
            intro=facts.intro,
            environment=facts.environment,
            keyword_pages=facts.keyword_pages,
        )

    def _lay_out(self, revision: int, key: str, fallback: str) -> _Shared:
        """`fallback` is the language where the rendition names none."""
        edition, rendition = self._edition(revision), Rendition.from_key(key)
        papers = self._select(revision, rendition)
        language = rendition.language or fallback or self._facts.newsletter.language
        layout = lay_out(self._parts(revision, language), [paper.paper.identity for paper in papers])
        subject = make_subject(
            self._facts.subject,
            self._facts.newsletter,
            edition,
            count=len(papers),
            keywords=layout.keywords,
            words=load_words(language),
        )
        return _Shared(subject, SharedBody(partial(_fill, layout), lambda: _leave_blank(layout)))


@dataclass(frozen=True, slots=True)
class _Shared:
    """What readers of one rendition share."""

    subject: str
    body: SharedBody


def _fill(layout: Layout, blanks: Blanks) -> tuple[Fragments, Fragments]:
    """Text and HTML of a reader."""
    body = fill_blanks(layout, blanks)
    return body.text, body.html


def _leave_blank(layout: Layout) -> tuple[Pieces, Pieces]:
    """Text and HTML, taken apart at their personal values."""
    words = "".join(_write_bodies(layout, dict.fromkeys(PERSONAL_BLANKS, "x")))
    # It ends as it never begins: no word beside a blank can make a second one with it.
    mark = next(mark for number in count() if (mark := f"@{number}:") not in words)
    text, html = (
        _write_bodies(layout, {name: f"{mark}{kind}{name}{mark}" for name in PERSONAL_BLANKS})[part]
        for part, kind in enumerate(("", "HTML_"))
    )
    return tuple(text.split(mark)), tuple(html.split(mark))


def _write_bodies(layout: Layout, blanks: Blanks) -> tuple[str, str]:
    body = fill_blanks(layout, blanks)
    text, html = (b"".join(fragment.data for fragment in part) for part in (body.text, body.html))
    return text.decode(), html.decode()


@dataclass(frozen=True, slots=True)
class _Sender:
    """What the headers of all mails of a newsletter share."""

    fields: tuple[tuple[str, str], ...]
    domain: str
    list_id: str
    id: str


def _sender_id(domain: str) -> str:
    """Gmail's SenderId: 5 to 15 characters, the same for all mail of a sender."""
    return hashlib.sha256(domain.encode()).hexdigest()[:12]
