"""The body that readers of a rendition share: with its blanks filled it is the body of each of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.model import Message, Pieces
from tests.delivery.mails import compose

PLANTED = (
    "@@UNSUBSCRIBE@@ and @@HTML_UNSUBSCRIBE@@",
    "@0: is a mark, @1:UNSUBSCRIBE@1: another",
    "@@@@ADDRESS@@@@",
    "u a p f",
)
wild_titles = st.lists(
    st.sampled_from(["@", "0", "1", ":", "@@", "UNSUBSCRIBE", "HTML_ADDRESS", " ", "论文", "&", "x"]),
    min_size=1,
    max_size=12,
).map(lambda words: "t" + "".join(words))


def fill(pieces: Pieces, message: Message) -> str:
    return "".join(message.personal[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def assert_is_the_readers_own(message: Message) -> None:
    """But for white space: lines are wrapped and parts are filled up for other lengths."""
    assert fill(message.body.text, message).split() == message.text.split()
    assert fill(message.body.html, message).split() == message.html.split()
    kinds = {"HTML_" in name for name in message.body.html[1::2]}
    assert kinds == {True}
    assert {"UNSUBSCRIBE", "HTML_UNSUBSCRIBE"} <= set(message.body.names)


def test_the_shared_body_of_a_reader_is_his_own() -> None:
    assert_is_the_readers_own(compose())


def test_a_paper_that_speaks_of_blanks_is_shared_as_it_was_written() -> None:
    message = compose(titles=PLANTED)
    assert_is_the_readers_own(message)
    words = "".join(message.body.text[::2])
    assert all(title in words for title in PLANTED)


@given(st.lists(wild_titles, min_size=1, max_size=3))
def test_no_title_makes_a_blank(titles: list[str]) -> None:
    assert_is_the_readers_own(compose(titles=titles))


def test_the_mark_is_that_of_the_body_and_stands_nowhere_in_it() -> None:
    one, same, other = compose(), compose(), compose(titles=["Another"])
    assert one.body.mark == same.body.mark != other.body.mark
    assert one.body.mark not in "".join(one.body.text + one.body.html)
