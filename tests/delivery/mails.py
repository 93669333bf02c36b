"""Composes a mail from parts that a test chooses, by the composer that a send uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment

from newsletter.delivery.compose import EditionComposer, MailFacts
from newsletter.delivery.dkim import DkimSigner
from newsletter.delivery.dkim_keys import DnsRecord, make_key, make_record, read_key
from newsletter.delivery.links import LinkMaker
from newsletter.delivery.transports.smtp import SmtpTransport
from newsletter.keywords import Vocabulary
from newsletter.model import Edition, Message, Newsletter, Preferences, Subscriber, SubscriberStatus
from newsletter.render.environment import make_environment
from newsletter.render.layout import PersonalLinks
from newsletter.store.batches import Lease
from newsletter.store.offering import Offer
from tests.builders import NOON, make_edition, make_newsletter, make_paper
from tests.contracts.messages import make_call
from tests.contracts.smtp_servers import Mailbox
from tests.contracts.smtp_trials import talk_with

SELECTOR, DOMAIN = "s1", "papers.test"
UNSUBSCRIBE = "https://papers.test/"


@dataclass(frozen=True, slots=True)
class OneLink(LinkMaker):
    """Links of any length: those that the program makes begin at 70 characters."""

    unsubscribe: str = UNSUBSCRIBE

    def make(self, subject: str, address: str) -> PersonalLinks:
        return PersonalLinks(self.unsubscribe, address, preferences="https://papers.test/preferences/p")


def compose(
    *,
    newsletter: Newsletter | None = None,
    titles: Sequence[str] = ("Less & More",),
    name: str = "李四, Dr.",
    email: str = "li@readers.test",
    unsubscribe: str = "",
    signer: DkimSigner | None = None,
    edition: Edition | None = None,
) -> Message:
    """The mail of a reader of all papers; `unsubscribe` stands in place of the link the program makes."""
    newsletter = newsletter or make_newsletter()
    papers = [make_paper(number, title=title) for number, title in enumerate(titles)]
    made = edition or make_edition(papers)
    facts = MailFacts(
        newsletter=newsletter,
        subject="{title} {date} · {count} · {keywords}",
        intro="",
        environment=_environment(),
        keyword_pages=None,
        links=OneLink(newsletter, b"key", unsubscribe) if unsubscribe else LinkMaker(newsletter, b"key"),
        date=NOON,
        signer=signer,
    )
    composer = EditionComposer(facts, Vocabulary(), lambda revision: made, 1)
    reader = Subscriber(7, "00ff" * 5, email, name, SubscriberStatus.CONFIRMED, Preferences())
    return composer.compose(Offer(Lease(1, 0, 1, 1, 9), reader, 1, " *", 1))


def hand_over(message: Message) -> bytes:
    """What a real server takes when the SMTP transport hands it this message."""
    mailbox = Mailbox()

    async def talk(transport: SmtpTransport) -> None:
        await transport.submit(make_call(message))

    talk_with(mailbox, talk)
    [taken] = mailbox.mails
    return taken


def make_signer() -> tuple[DkimSigner, DnsRecord]:
    """A signer for the newsletter of the tests, and what its DNS says."""
    key = read_key(_pem())
    return DkimSigner(DOMAIN, SELECTOR, key), make_record(key, SELECTOR, DOMAIN)


@cache
def _pem() -> str:
    return make_key(2048)


@cache
def _environment() -> Environment:
    return make_environment()
