"""Makes the composer of an edition: with what the store knows and the operator configured."""

from __future__ import annotations

from newsletter.daily.plan import find_linked
from newsletter.daily.publisher import Publisher
from newsletter.daily.read import store_digests
from newsletter.delivery.compose import EditionComposer, MailFacts
from newsletter.delivery.links import LinkMaker
from newsletter.model import Digest, Edition, EditionKind
from newsletter.store import Transaction
from newsletter.store.editions import EditionFacts, find_edition, load_edition
from newsletter.store.keywords import load_vocabulary


def open_composer(tx: Transaction, publisher: Publisher, edition: EditionFacts) -> EditionComposer:
    """The composer of the edition as it stands in `tx`; older revisions are read when needed."""
    vocabulary = load_vocabulary(tx, publisher.aliases)
    current = load_edition(tx, edition, vocabulary)
    linked = find_linked(tx, publisher, vocabulary)

    def load(revision: int) -> Edition:
        if revision == edition.revision:
            return current
        with publisher.store.read() as later:
            return load_edition(later, edition, vocabulary, revision=revision)

    facts = MailFacts(
        newsletter=publisher.newsletter,
        subject=publisher.config.mail.subject,
        intro=publisher.config.mail.intro,
        environment=publisher.environment,
        keyword_pages=linked,
        links=LinkMaker(publisher.newsletter, publisher.key),
        date=edition.planned_at or publisher.clock(),
        signer=publisher.signer,
    )
    return EditionComposer(facts, vocabulary, load, edition.revision)


def rehearse_edition(publisher: Publisher, digest: Digest) -> tuple[EditionFacts, EditionComposer]:
    """The digest as the edition it would become, and its composer; nothing of it is kept."""
    with publisher.store.rehearse() as tx:
        store_digests(tx, publisher, [digest])
        edition = find_edition(tx, EditionKind.DAILY, digest.date)
        return edition, open_composer(tx, publisher, edition)
