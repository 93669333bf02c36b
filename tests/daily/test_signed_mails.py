"""DKIM from the configuration to the mails: when it signs, what stops a run, what stays the same."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import dkim
import pytest

from newsletter.daily.preview import write_preview
from newsletter.daily.read import read_digests
from newsletter.daily.signing import find_record, make_new_key
from newsletter.errors import AlreadyExists, ConfigError
from newsletter.model import Preferences
from newsletter.store.saving import SubscriberRow
from tests.daily.conftest import DAY, Newsroom
from tests.running import write_paper


@pytest.fixture
def signing(newsroom: Newsroom) -> Newsroom:
    """A newsroom with a key and a reader."""
    make_new_key(newsroom.open().config, newsroom.folder / "dkim.pem", selector="s1", bits=2048)
    newsroom.variables = {
        "NEWSLETTER_DKIM__SELECTOR": "s1",
        "NEWSLETTER_SENDER__ADDRESS": "digest@news.papers.test",
    }
    newsroom.subscribe(SubscriberRow("li@readers.test", "李四, Dr."))
    return newsroom


def verify(newsroom: Newsroom, raw: bytes) -> bool:
    record = find_record(newsroom.open().config)

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        return record.value.encode() if name.decode().rstrip(".") == record.name else None

    return bool(dkim.verify(raw, dnsfunc=look_up))


def test_mails_are_signed_once_a_selector_is_set(signing: Newsroom) -> None:
    signing.write_digest([write_paper(0)])
    signing.send()
    [raw] = signing.mails.values()
    assert b"d=news.papers.test; s=s1;" in raw.replace(b"\r\n", b"")
    assert verify(signing, raw)


def test_without_a_selector_nothing_is_signed(newsroom: Newsroom) -> None:
    newsroom.write_digest([write_paper(0)])
    newsroom.subscribe(SubscriberRow("li@readers.test"))
    newsroom.send()
    [raw] = newsroom.mails.values()
    assert b"DKIM-Signature" not in raw


def test_the_real_digest_is_signed(signing: Newsroom, shared_folder: Path) -> None:
    signing.variables["NEWSLETTER_DIGEST__SOURCE"] = str(shared_folder / "digests" / "seed" / f"{DAY}.md")
    signing.send()
    [raw] = signing.mails.values()
    assert verify(signing, raw)
    assert not verify(signing, raw.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""))


def test_a_delivery_offered_again_tomorrow_has_the_same_signature(signing: Newsroom) -> None:
    signing.write_digest([write_paper(0)])
    signing.send()
    before = signing.mails
    with signing.open().store.write() as tx:
        tx.exec_driver_sql("UPDATE delivery SET state = 'offered'")
        tx.exec_driver_sql("UPDATE edition_batch SET state = 'open'")
    for path in (signing.folder / "outbox").glob("*.eml"):
        path.unlink()
    signing.now += timedelta(days=1)
    signing.send()
    assert signing.mails == before


def test_a_preview_shows_the_signed_mail(signing: Newsroom) -> None:
    signing.write_digest([write_paper(0)])
    publisher = signing.open()
    written = write_preview(publisher, read_digests(publisher).digest, Preferences(), signing.folder / "look")
    assert written is not None
    assert verify(signing, (signing.folder / "look" / f"{DAY}.eml").read_bytes())


def test_a_domain_above_that_of_the_sender_signs_too(signing: Newsroom) -> None:
    signing.variables["NEWSLETTER_DKIM__DOMAIN"] = "Papers.test"
    signing.write_digest([write_paper(0)])
    signing.send()
    [raw] = signing.mails.values()
    assert b"d=papers.test;" in raw
    assert verify(signing, raw)


def test_the_key_may_stand_in_a_variable(signing: Newsroom) -> None:
    path = signing.folder / "dkim.pem"
    signing.variables["NEWSLETTER_DKIM__KEY"] = path.read_text()
    path.unlink()
    signing.write_digest([write_paper(0)])
    signing.send()
    [raw] = signing.mails.values()
    assert verify(signing, raw)


@pytest.mark.parametrize(
    ("content", "message"), [(None, "No such file"), (b"no key", "no private key"), (b"\xff", "is not text")]
)
def test_a_key_that_cannot_be_used_stops_a_run_before_anything_is_done(
    signing: Newsroom, content: bytes | None, message: str
) -> None:
    path = signing.folder / "dkim.pem"
    path.unlink() if content is None else path.write_bytes(content)
    signing.write_digest([write_paper(0)])
    with pytest.raises(ConfigError) as caught:
        signing.send()
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert "newsletter dkim new" in caught.value.fix
    assert not (signing.folder / "public").exists()
    assert not (signing.folder / "outbox").exists()


def test_a_short_key_signs_with_a_warning(signing: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    (signing.folder / "dkim.pem").unlink()
    make_new_key(signing.open().config, signing.folder / "dkim.pem", selector="s1", bits=1024)
    signing.write_digest([write_paper(0)])
    with caplog.at_level(logging.WARNING):
        signing.send()
    [said] = caplog.messages
    assert "has 1024 bits; 2048 are usual" in said
    assert b"DKIM-Signature" in next(iter(signing.mails.values()))


def test_a_key_is_never_written_over_and_nobody_else_may_read_it(signing: Newsroom) -> None:
    path = signing.folder / "dkim.pem"
    before = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(AlreadyExists, match="left alone"):
        make_new_key(signing.open().config, path, selector="s2", bits=2048)
    assert path.read_bytes() == before
