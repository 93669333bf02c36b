"""Makes the composer of an edition: with what the store knows and the operator configured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from newsletter.daily.plan import find_linked
from newsletter.daily.publisher import Publisher
from newsletter.daily.read import store_digests
from newsletter.daily.weeks import find_due_weeks, find_week_of, make_one, make_weeks
from newsletter.delivery.compose import EditionComposer, MailFacts
from newsletter.delivery.links import LinkMaker
from newsletter.keywords import Vocabulary
from newsletter.model import Digest, Edition, EditionKind
from newsletter.store import Transaction
from newsletter.store.batches import Reoffer
from newsletter.store.editions import EditionFacts, find_edition, load_edition, read_revision
from newsletter.store.repeats import find_mailed_before
from newsletter.store.vocabulary import load_vocabulary_of
from newsletter.store.weeks import list_week_ends


def open_composer(tx: Transaction, publisher: Publisher, edition: EditionFacts) -> EditionComposer:
    """The composer of the edition as it stands in `tx`; older revisions are read when needed."""
    current, vocabulary = _load(tx, publisher, edition, edition.revision)
    papers = [paper.paper for paper in current.papers]
    linked = find_linked(tx, publisher, vocabulary, papers)
    transport = publisher.config.transport.kind

    def load(revision: int) -> Edition:
        if revision == edition.revision:
            return current
        with publisher.store.read() as later:
            return _load(later, publisher, edition, revision)[0]

    facts = MailFacts(
        newsletter=publisher.newsletter,
        subject=publisher.config.mail.subject,
        intro=publisher.config.mail.intro,
        environment=publisher.environment,
        keyword_pages=linked,
        links=LinkMaker(publisher.newsletter, publisher.key),
        date=edition.planned_at or publisher.clock(),
        signer=publisher.signer,
        mailed_before=find_mailed_before(
            tx, edition, [paper.identity for paper in papers], transport=transport
        ),
    )
    return EditionComposer(facts, vocabulary, load, edition.revision)


def _load(
    tx: Transaction, publisher: Publisher, facts: EditionFacts, revision: int
) -> tuple[Edition, Vocabulary]:
    """The edition and what its keywords mean: not all the archive's, so that a mailing begins at once."""
    papers = read_revision(tx, facts, revision)
    vocabulary = load_vocabulary_of(tx, publisher.topics, papers)
    return load_edition(tx, facts, vocabulary, revision=revision), vocabulary


Rehearsal = tuple[EditionFacts, EditionComposer]


def rehearse_edition(publisher: Publisher, digest: Digest) -> Rehearsal:
    """The digest as the edition it would become, and its composer; nothing of it is kept."""
    with publisher.store.rehearse() as tx:
        store_digests(tx, publisher, [digest])
        edition = find_edition(tx, EditionKind.DAILY, digest.date)
        return edition, open_composer(tx, publisher, edition)


def rehearse_weeks(publisher: Publisher, digests: Sequence[Digest], *, reoffer: Reoffer) -> list[Rehearsal]:
    """The weekly editions that a run would mail today, once it had taken these digests in."""
    day = publisher.today()
    with publisher.store.rehearse() as tx:
        store_digests(tx, publisher, digests)
        make_weeks(tx, publisher, day)
        due = find_due_weeks(tx, publisher, day, reoffer=reoffer)
        return [(week, open_composer(tx, publisher, week)) for week in due]


def rehearse_week_of(publisher: Publisher, digests: Sequence[Digest], day: date) -> Rehearsal | None:
    """The week that `day` belongs to, as far as it has come with these digests; None without papers."""
    with publisher.store.rehearse() as tx:
        store_digests(tx, publisher, digests)
        ends = list_week_ends(tx)
        end = find_week_of(day, publisher.config.schedule.week_closes, ends)
        week = find_edition(tx, EditionKind.WEEKLY, end) if end in ends else make_one(tx, publisher, end)
        return None if week is None else (week, open_composer(tx, publisher, week))
