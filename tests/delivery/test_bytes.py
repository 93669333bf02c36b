"""A mail as the raw bytes that go over the wire, whatever names, titles and links it has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import EmailMessage
from functools import lru_cache

import fast_mail_parser
import lxml.html
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.markup import clean_text
from newsletter.model import Message
from tests.builders import make_newsletter
from tests.delivery.mails import compose, hand_over, make_signer
from tests.delivery.wild_texts import BREAKING, TRICKY, cleaned, squeezed, texts

URI_FIELDS = ("List-Unsubscribe", "List-Archive", "List-Help")
ONCE = """From Reply-To To Subject Date Message-ID List-Id List-Unsubscribe List-Unsubscribe-Post List-Archive
    List-Help Auto-Submitted Precedence Feedback-ID MIME-Version Content-Type"""
REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # in the configuration's texts
SHORTEST, LONGEST = 20, 900
OURS_ALONE = len("https://p.test/unsubscribe/") + 48  # with the token of a subscriber


@dataclass(frozen=True)
class Wild:
    """What is hard to write in a mail."""

    link: str
    sender: str = "每日论文"
    title: str = "每日论文"
    papers: tuple[str, ...] = ("Less & More",)
    reader: str = ""
    email: str = "li@readers.test"

    def compose(self, *, signed: bool = False) -> Message:
        newsletter = make_newsletter(
            sender_name=self.sender, title=self.title, reply_to="editors@papers.test"
        )
        return compose(
            newsletter=newsletter,
            titles=self.papers,
            name=self.reader,
            email=self.email,
            unsubscribe=self.link,
            signer=make_signer()[0] if signed else None,
        )


@st.composite
def links(draw: st.DrawFn) -> str:
    """URLs of 20 to 900 characters, with dots, quotes and ampersands in them."""
    length = draw(st.integers(SHORTEST, LONGEST) | st.sampled_from([SHORTEST, 75, 76, 77, 78, LONGEST]))
    length -= len(start := "https://p.test/")
    room = (LONGEST - len(start) - length) // 5  # HTML writes five characters more for some of them
    marks = draw(st.text("&'.=?~", max_size=min(room, length, 30)))
    return start + marks + draw(st.sampled_from("ax.-")) * (length - len(marks))


wild = st.builds(
    Wild,
    link=links(),
    sender=texts,
    title=texts.map(lambda title: REFUSED.sub("", title)),
    papers=st.lists(texts, min_size=1, max_size=3).map(tuple),
    reader=texts,
    email=st.sampled_from(["li@readers.test", "o'neil+papers@MAIL.test", f"{'l' * 64}@{'m' * 60}.test"]),
)
HARDEST = Wild(
    link="https://p.test/".ljust(LONGEST, "x"),
    sender=BREAKING[0],
    title=TRICKY[1],
    papers=(TRICKY[2], TRICKY[3], *BREAKING),
    reader=TRICKY[0],
)
of_wild_mails = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def split(raw: bytes) -> tuple[list[str], list[bytes]]:
    """The fields, each with its own line ends, and the lines of the body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return re.split(r"\r\n(?![ \t])", head.decode("ascii")), body.split(b"\r\n")


def fields_of(raw: bytes) -> dict[str, str]:
    return dict(field.split(": ", 1) for field in split(raw)[0])


def read_with_python(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def links_of(html: str) -> set[str]:
    return set(lxml.html.document_fromstring(html).xpath("//a/@href"))


# --- The head -------------------------------------------------------------------------------------


@of_wild_mails
@given(wild, st.booleans())
@example(HARDEST, True)
def test_each_field_stands_once(mail: Wild, signed: bool) -> None:
    fields, _ = split(mail.compose(signed=signed).raw)
    names = sorted(field.partition(":")[0] for field in fields)
    assert names == sorted([*ONCE.split(), *(["DKIM-Signature"] if signed else [])])


@of_wild_mails
@given(wild)
@example(HARDEST)
def test_no_line_breaks_a_uri(mail: Wild) -> None:
    fields = fields_of(mail.compose().raw)
    assert fields["List-Unsubscribe"] == f"<{mail.link}>"
    assert fields["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not any("\r\n" in fields[name] for name in URI_FIELDS)


@of_wild_mails
@given(wild)
@example(HARDEST)
def test_encoded_words_are_at_most_75_characters_long_and_split_none(mail: Wild) -> None:
    for field in split(mail.compose().raw)[0]:
        for word in re.findall(r"=\?utf-8\?B\?[^?]*\?=", field):
            assert len(word) <= 75
            ((data, charset),) = decode_header(word)
            assert isinstance(data, bytes)
            data.decode(charset or "ascii")  # fails in the middle of a character
        for line in field.split("\r\n"):
            assert len(line) <= 76 or "=?utf-8?B?" not in line  # RFC 2047 §2


# --- Every line -----------------------------------------------------------------------------------


@of_wild_mails
@given(wild, st.booleans())
@example(HARDEST, True)
def test_lines_are_short_seven_bit_and_end_in_crlf(mail: Wild, signed: bool) -> None:
    raw = mail.compose(signed=signed).raw
    assert raw.isascii()
    assert b"\0" not in raw
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert max(map(len, split(raw)[1])) <= 76, "the body is base64 and MIME fields"


@settings(of_wild_mails, max_examples=15)
@given(wild, st.booleans())
@example(HARDEST, True)
def test_a_server_takes_the_very_bytes(mail: Wild, signed: bool) -> None:
    """Dots are stuffed and taken out again on the way."""
    message = mail.compose(signed=signed)
    assert hand_over(message) == message.raw


# --- What is read ---------------------------------------------------------------------------------


@of_wild_mails
@given(wild)
@example(HARDEST)
def test_text_stands_before_html_and_both_have_the_link_of_the_header(mail: Wild) -> None:
    raw = mail.compose().raw
    text, html = read_with_python(raw).iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert mail.link in text.get_content().split()
    assert mail.link in links_of(html.get_content())
    assert fields_of(raw)["List-Unsubscribe"] == f"<{mail.link}>"


@of_wild_mails
@given(wild)
@example(HARDEST)
def test_two_parsers_read_what_was_written(mail: Wild) -> None:
    message = mail.compose()
    ours, theirs = read_with_python(message.raw), fast_mail_parser.parse_email(message.raw, strict=True)
    subject = dict(message.headers)["Subject"]
    assert ours["Subject"] == theirs.subject == subject
    assert squeezed(subject).startswith(squeezed(clean_text(mail.title).lstrip(" ·|-:"))[:20])
    for sides, name, address in (
        ((ours["From"].addresses[0], theirs.from_), mail.sender, "digest@papers.test"),
        ((ours["To"].addresses[0], theirs.to[0]), mail.reader, mail.email),
    ):
        python, rust = sides
        assert rust
        assert python.addr_spec == rust.address == address
        assert squeezed(python.display_name) == squeezed(rust.display_name or "") == squeezed(cleaned(name))
    text, html = (part.get_content() for part in ours.iter_parts())
    assert [text, html] == [message.text, message.html]
    assert [theirs.text_plain, theirs.text_html] == [[message.text], [message.html]]
    assert theirs.headers["List-Unsubscribe"] == [f"<{mail.link}>"]
    assert theirs.warnings == []


@settings(of_wild_mails, max_examples=40)
@given(wild, st.booleans())
def test_the_same_delivery_gives_the_same_bytes(mail: Wild, signed: bool) -> None:
    assert mail.compose(signed=signed).raw == mail.compose(signed=signed).raw


# --- The links that the program makes -------------------------------------------------------------


@lru_cache
def compose_under(base_url: str) -> Message:
    return compose(newsletter=make_newsletter(base_url=base_url))


@pytest.mark.parametrize("length", [OURS_ALONE, OURS_ALONE + 1, 76, 77, 78, 200, 500, 892, 893, LONGEST])
def test_a_base_url_of_any_length_makes_links_that_are_the_same_everywhere(length: int) -> None:
    base_url = "https://p.test/" + "x" * (length - OURS_ALONE - 1) + "/" * (length > OURS_ALONE)
    message = compose_under(base_url)
    link = fields_of(message.raw)["List-Unsubscribe"].strip("<>")
    assert len(link) == length
    text, html = (part.get_content() for part in read_with_python(message.raw).iter_parts())
    assert link in text.split()
    assert link in links_of(html)
