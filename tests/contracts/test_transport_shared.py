"""Providers that fill the blanks of one body: every reader gets his own, and every paper its own words."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from html import escape, unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.delivery.headers import OpenHead
from newsletter.delivery.transports.api_mails import write_json, write_strings
from newsletter.errors import OutcomeUnknown
from newsletter.model import Blanks, Fragments, Message, SharedBody, Submitted

from .api_peers import API_PEERS, as_read, reach, running, submit_to
from .api_server import Accepted, ApiServer, cut_off
from .messages import OWN, SHARED, make_message, take_pieces

SHARING = [name for name in API_PEERS if reach(name, "http://127.0.0.1:1").features.shares_bodies]
every_sharing = pytest.mark.parametrize("name", SHARING)

PLANTED = (
    "%recipient.x% of %recipient% in %unsubscribe_url%",
    "%recipient.论文%",
    "%mailing_list_unsubscribe_url%%unsubscribe_email%%recipient.y%",
    "50%off%unsubscribe_url%.",
    "-name- and -UNSUBSCRIBE-",
    "@@UNSUBSCRIBE@@ @@HTML_UNSUBSCRIBE@@",
    "{{x}} {{{unsubscribe}}} {{#if a}}b{{/if}}",
    "[unsubscribe] [Unsubscribe] [weblink]",
    "<%asm_group_unsubscribe_raw_url%> <%body%>",
    "5% of %E8%AE%BA and 100%",
)
"""Words that one provider or another would fill."""

WORDS = (
    *("%", "%recipient.", "recipient", "x", "unsubscribe_url%", "%unsubscribe", "[", "]", "<%", "%>", "{{"),
    *("}}", "-", "_", "@@", " ", "论文", "&", "'", "0", "abc", "WORD0"),
)
wild_titles = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map("".join)


def make_readers(title: str, *numbers: int, name: str = "") -> list[Message]:
    """Their mails share one body, and have this title in it and in the subject."""
    heading = f'<p title="{escape(title)}">{escape(title)}</p><a href="'
    text = (f"{title}\n", "UNSUBSCRIBE", " ", "ADDRESS", "\n")
    html = (heading, "HTML_UNSUBSCRIBE", '">', "HTML_ADDRESS", "</a>")
    body = take_pieces(text, html)
    return [_write(make_message(number), body, title, name) for number in numbers]


def _write(message: Message, body: SharedBody, subject: str, name: str) -> Message:
    changed = {"Subject": subject} | ({"To": f"{name} <{message.recipient}>"} if name else {})
    return dataclasses.replace(message, body=body, own_fields={**message.own_fields, **changed})


def hand_over(name: str, messages: Sequence[Message]) -> ApiServer:
    """The other side, after it took them all."""
    with running(name) as server:
        results = asyncio.run(submit_to(server, name, *messages))
    assert all(isinstance(result, Submitted) for result in results)
    return server


def assert_arrived(mails: Sequence[Accepted], messages: Sequence[Message]) -> None:
    """As each reader sees it: HTML may spell a character as it likes."""
    for mail, wanted in zip(mails, map(as_read, messages), strict=True):
        assert (mail.recipient, mail.subject, mail.text) == (wanted.recipient, wanted.subject, wanted.text)
        assert unescape(mail.html) == unescape(wanted.html)
        assert mail.headers["list-unsubscribe"] == wanted.headers["list-unsubscribe"]
        assert mail.headers["list-id"] == wanted.headers["list-id"]


@every_sharing
@pytest.mark.parametrize("title", PLANTED)
def test_a_title_that_looks_like_a_blank_arrives_as_written(name: str, title: str) -> None:
    messages = make_readers(title, 1, 2)
    server = hand_over(name, messages)
    assert len(server.requests) == 1
    assert_arrived(server.mails, messages)


@every_sharing
def test_no_title_is_taken_for_a_blank(name: str) -> None:
    with running(name) as server:

        @settings(max_examples=60, deadline=None)
        @given(wild_titles)
        def arrives(title: str) -> None:
            server.mails.clear()
            messages = make_readers(f"t{title}t", 1, 2)
            asyncio.run(submit_to(server, name, *messages))
            assert_arrived(server.mails, messages)

        arrives()


@every_sharing
def test_the_body_goes_once_for_all_readers(name: str) -> None:
    title = "A title that stands in the bodies alone"
    server = hand_over(name, make_readers(title, *range(50)))
    (body,) = server.bodies
    assert body.decode().count("</a>") == 1


@every_sharing
def test_neither_the_head_nor_the_bodies_of_a_reader_are_made(name: str) -> None:
    messages = [
        dataclasses.replace(message, letterhead=HEAD, body=BODY) for message in map(make_message, (1, 2))
    ]
    assert len(hand_over(name, messages).requests) == 1


@every_sharing
def test_a_body_without_blanks_goes_too(name: str) -> None:
    body = take_pieces(("text",), ("<p>html",))
    message = make_message(headers=(*make_message().headers[:4], ("List-Id", "<digest.papers.test>")))
    (mail,) = hand_over(name, [dataclasses.replace(message, body=body)]).mails
    assert (mail.text, mail.html) == ("text", "<p>html")


class DecodedHead(OpenHead):
    """Nobody may encode it."""

    def encode(self, own: Mapping[str, str], boundary: str) -> bytes:
        raise AssertionError


def _refuse(blanks: Blanks) -> tuple[Fragments, Fragments]:
    raise AssertionError


HEAD = DecodedHead((("From", "digest@papers.test"), *dict.fromkeys(OWN).items()))
BODY = SharedBody(_refuse, SHARED.take_apart)


@given(st.lists(st.text(st.sampled_from('",\\%s[]\n论x'), max_size=8), max_size=5))
@example(['",', "x"])
@example(["x", ',"'])
@example(["\\", "\n"])
def test_strings_are_written_as_one_by_one(strings: list[str]) -> None:
    assert write_strings(strings) == [write_json(each)[1:-1] for each in strings]


@every_sharing
def test_links_are_left_alone_and_nothing_is_added(name: str) -> None:
    """The other side tracks and adds what it is not told to leave, as an account may be set to."""
    (message,) = make_readers("Title", 1)
    (mail,) = hand_over(name, [message]).mails
    assert (mail.text, unescape(mail.html)) == (message.text, unescape(message.html))


@every_sharing
def test_values_are_escaped_in_html_and_as_they_are_in_text(name: str) -> None:
    (mail,) = hand_over(name, make_readers("Title", 1)).mails
    assert "/unsubscribe/1?a=1&b=2 " in mail.text
    assert 'href="https://papers.test/unsubscribe/1?a=1&amp;b=2"' in mail.html


@every_sharing
def test_a_mail_is_addressed_by_name(name: str) -> None:
    (mail,) = hand_over(name, make_readers("Title", 1, name="李四")).mails
    assert mail.to == "李四 <reader1@mail.test>"


@every_sharing
def test_the_name_of_a_reader_fills_nothing(name: str) -> None:
    (mail,) = hand_over(name, make_readers("Title", 1, name="%recipient.x% -name-")).mails
    assert mail.to in ("%recipient.x% -name- <reader1@mail.test>", "reader1@mail.test")


@every_sharing
def test_bodies_that_differ_go_in_requests_of_their_own(name: str) -> None:
    first, second, third = make_readers("One", 1), make_readers("Other", 2, 3), make_readers("Third", 4)
    messages = first + second + third
    server = hand_over(name, messages)
    assert len(server.requests) == 3
    assert_arrived(server.mails, messages)


@every_sharing
def test_mails_that_share_nothing_go_one_by_one(name: str) -> None:
    """A notice has a body of its own."""
    messages = [make_readers("T", number)[0] for number in (1, 2)]
    server = hand_over(name, messages)
    assert len(server.requests) == 2
    assert_arrived(server.mails, messages)


@every_sharing
def test_an_address_goes_once_a_request(name: str) -> None:
    """Values stand under the address: two readers of one would get the links of one of them."""
    first, second, other = make_readers("Title", 1, 2, 3)
    twin = dataclasses.replace(second, recipient=first.recipient.upper())
    server = hand_over(name, [first, twin, other])
    assert len(server.requests) == 2
    assert len({mail.headers["list-unsubscribe"] for mail in server.mails}) == 3


@every_sharing
def test_a_call_that_was_lost_is_unknown_and_goes_nowhere_again(name: str) -> None:
    messages = make_readers("Title", 1, 2)
    with running(name) as server:
        server.faults.append(cut_off(taken=True))
        with pytest.raises(OutcomeUnknown):
            asyncio.run(submit_to(server, name, *messages))
    assert len(server.requests) == 1
    assert len(server.mails) == 2
    assert reach(name, "http://127.0.0.1:1").features.idempotent_for is None
