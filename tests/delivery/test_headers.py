"""The header block byte by byte: what mail programs and one-click clients read, not what Python shows."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.delivery.headers import encode_head, format_address, format_date
from newsletter.errors import AddressRefused
from tests.delivery.wild_texts import BREAKING, TRICKY, cleaned, squeezed, texts

BOUNDARY = "=_boundary"
SHANGHAI = timezone(timedelta(hours=8))


def encode_one(name: str, value: str) -> bytes:
    """The block of a single field, without what is added to it."""
    return encode_head([(name, value)], BOUNDARY).removesuffix(encode_head([], BOUNDARY))


def read_new(block: bytes) -> EmailMessage:
    message = email.message_from_bytes(block, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def read_old(block: bytes, name: str) -> str:
    """The field as it stands, unfolded (RFC 5322 §2.2.3) but not decoded."""
    message = email.message_from_bytes(block, policy=email.policy.compat32)
    return str(message[name]).replace("\r\n", "")


def decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


# --- The block ------------------------------------------------------------------------------------


def test_the_block_ends_in_an_empty_line_and_names_its_parts() -> None:
    head = encode_head([("From", "a@papers.test"), ("Subject", "Hello")], BOUNDARY)
    assert head == (
        b"From: a@papers.test\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="=_boundary"\r\n\r\n'
    )


@pytest.mark.parametrize("twice", ["subject", "Subject", "MIME-Version", "content-type"])
def test_a_header_that_stands_twice_is_a_mistake(twice: str) -> None:
    with pytest.raises(ValueError, match="stands once"):
        encode_head([("Subject", "one"), (twice, "two")], BOUNDARY)


@pytest.mark.parametrize(
    "name", ["Subject", "From", "To", "Reply-To", "List-Id", "List-Unsubscribe", "Feedback-ID", "Message-ID"]
)
@settings(deadline=None)
@given(value=texts)
@example(value=BREAKING[0])
def test_no_value_adds_a_field_or_a_line_or_leaves_seven_bits(name: str, value: str) -> None:
    block = encode_one(name, value)
    assert block.isascii()
    assert block.endswith(b"\r\n")
    assert b"\0" not in block
    first, *others = block.removesuffix(b"\r\n").split(b"\r\n")
    assert first.startswith(name.encode() + b":")
    assert all(line.startswith(b" ") and line.strip() for line in others)
    assert not re.search(rb"[\r\n]", b"".join([first, *others]))
    assert all(len(line) <= 998 for line in (first, *others))


# --- Text -----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(texts)
@example(TRICKY[0])
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    block = encode_one("Subject", subject)
    assert all(len(line) <= 76 for line in block.split(b"\r\n"))
    assert decoded(read_old(block, "Subject")) == cleaned(subject)
    assert read_new(block)["Subject"] == cleaned(subject)


@settings(deadline=None)
@given(texts)
def test_encoded_words_are_short_and_hold_whole_characters(subject: str) -> None:
    for word in re.findall(rb"=\?utf-8\?B\?[^?]*\?=", encode_one("Subject", subject)):
        assert len(word) <= 75
        ((data, charset),) = decode_header(word.decode())
        assert isinstance(data, bytes)
        assert data.decode(charset or "ascii")


def test_plain_text_stays_plain() -> None:
    assert encode_one("Subject", "Daily Papers 2025-09-24") == b"Subject: Daily Papers 2025-09-24\r\n"
    long = "Daily Papers 2025-09-24: reinforcement learning, large language models and diffusion models"
    assert encode_one("Subject", long) == (
        b"Subject: Daily Papers 2025-09-24: reinforcement learning, large language\r\n"
        b" models and diffusion models\r\n"
    )


# --- Mailboxes ------------------------------------------------------------------------------------


@settings(deadline=None)
@given(texts, st.sampled_from(["r@mail.test", "reader." * 8 + "r@mail.test"]))
@example(TRICKY[3], "r@mail.test")
def test_a_display_name_is_read_as_it_was_written(name: str, address: str) -> None:
    block = encode_one("To", format_address(name, address))
    assert all(len(line) <= 76 for line in block.split(b"\r\n"))
    (mailbox,) = read_new(block)["To"].addresses
    assert mailbox.addr_spec == address
    assert squeezed(mailbox.display_name) == squeezed(cleaned(name))
    old_name, old_address = parseaddr(read_old(block, "To"))
    assert (squeezed(decoded(old_name)), old_address) == (squeezed(cleaned(name)), address)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", b"To: r@mail.test\r\n"),
        ("Wang Xiaoming", b"To: Wang Xiaoming <r@mail.test>\r\n"),
        ("Wang, Dr. X.", b'To: "Wang, Dr. X." <r@mail.test>\r\n'),
        ('A "B" \\ C.', b'To: "A \\"B\\" \\\\ C." <r@mail.test>\r\n'),
        ("王, 五", b"To: =?utf-8?B?546LLCDkupQ=?= <r@mail.test>\r\n"),
        ("a@b\r\nBcc: x@mail.test", b'To: "a@b Bcc: x@mail.test" <r@mail.test>\r\n'),
    ],
)
def test_a_display_name_is_quoted_or_encoded_only_where_it_must_be(name: str, written: bytes) -> None:
    assert encode_one("To", format_address(name, "r@mail.test")) == written


def test_a_mailbox_is_kept_readable_for_those_who_encode_it_themselves() -> None:
    assert format_address("每日论文", "digest@papers.test") == "每日论文 <digest@papers.test>"


def test_an_address_that_does_not_fit_gets_a_line_of_its_own() -> None:
    address = "reader" * 9 + "@mail.test"
    assert encode_one("To", format_address("每日论文的读者", address)).endswith(
        b"?=\r\n <" + address.encode() + b">\r\n"
    )


def test_a_list_id_has_a_phrase_and_an_id() -> None:
    block = encode_one("List-Id", "每日论文 <daily.papers.test>")
    assert block == b"List-Id: =?utf-8?B?5q+P5pel6K665paH?= <daily.papers.test>\r\n"
    assert encode_one("List-Id", "<daily.papers.test>") == b"List-Id: <daily.papers.test>\r\n"


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("wang@例子.测试", "wang@xn--fsqu00a.xn--0zwm56d"),
        ("wang@faß.example", "wang@xn--fa-hia.example"),
        ("o'neil+papers@MAIL.test", "o'neil+papers@MAIL.test"),
    ],
)
def test_a_domain_goes_in_a_labels(address: str, written: str) -> None:
    assert format_address("", address) == written


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("王@mail.test", "5.6.7"),
        ("no-address", "5.1.3"),
        ("", "5.1.3"),
        ("a b@mail.test", "5.1.3"),
        ("a,b@mail.test", "5.1.3"),
        ("a@mail.test>\r\nBcc: <b@mail.test", "5.1.3"),
        ("a@" + "论" * 70 + ".test", "5.1.3"),
        ("a@..\u3002", "5.1.3"),
    ],
)
def test_what_cannot_be_written_is_refused_as_an_address(address: str, status: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        format_address("读者", address)
    assert (caught.value.code, caught.value.status) == (553, status)


@settings(deadline=None)
@given(st.text(max_size=40) | st.builds("{}@{}".format, st.text(max_size=20), st.text(max_size=20)))
def test_every_text_is_an_address_in_ascii_or_refused(text: str) -> None:
    try:
        address = format_address("", text)
    except AddressRefused:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address


# --- URIs and tokens ------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(20, 900))
@example(900)
def test_a_one_click_address_is_never_folded(length: int) -> None:
    url = "https://p.test/u/".ljust(length, "x")
    block = encode_head(
        [("List-Unsubscribe", f"<{url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")], BOUNDARY
    )
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in b"\r\n" + block
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in block


def test_a_field_that_can_neither_fold_nor_fit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="too long"):
        encode_one("List-Unsubscribe", "<https://p.test/" + "x" * 1000 + ">")


def test_what_is_not_ascii_in_a_uri_is_percent_encoded() -> None:
    assert encode_one("List-Archive", "<https://p.test/论文?a=1%20b>") == (
        b"List-Archive: <https://p.test/%E8%AE%BA%E6%96%87?a=1%20b>\r\n"
    )


# --- Dates ----------------------------------------------------------------------------------------


def test_a_date_is_english_and_keeps_its_offset() -> None:
    assert format_date(datetime(2025, 9, 4, 8, 0, 5, tzinfo=SHANGHAI)) == "Thu, 04 Sep 2025 08:00:05 +0800"
    assert format_date(datetime(2025, 9, 4, 0, 0, tzinfo=UTC)) == "Thu, 04 Sep 2025 00:00:00 +0000"
