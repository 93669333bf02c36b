"""A form: text that is rendered once and has blanks to be filled in later, for a choice or a reader.

A template writes a blank by its context value (`{{ unsubscribe }}` is `@@UNSUBSCRIBE@@`, which
premailer and URLs leave alone) and a stretch that depends on one by `{% call when("feed") %}`. A
form is read once and never scanned again, so that a filled-in value cannot bring blanks of its own.
Which values go in, and their escaping, is left to `layout`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple, cast

from newsletter.render.fragments import encode_text

CHOICE_BLANKS = ("COUNT", "PREHEADER", "KEYWORDS")
PERSONAL_BLANKS = {"UNSUBSCRIBE": 900, "PREFERENCES": 900, "FEED": 920, "ADDRESS": 512}
"""With the bytes that are kept free for each as it stands in HTML. A header line holds 998 for a link; the
address of a feed is a little longer than the other two."""
MORE_BLANK = "MORE"
"""Only where papers were left out: how many, in words."""
KEYWORD_LIST = "KEYWORD"
"""An option that stands once a keyword of the day; ANCHOR and LABEL are the blanks in it."""

JUMP_BLANKS = frozenset({"ANCHOR", "LABEL"})

_NAMES = "|".join((*CHOICE_BLANKS, *PERSONAL_BLANKS, MORE_BLANK, KEYWORD_LIST, *sorted(JUMP_BLANKS)))
_TOKEN = re.compile(
    rf"<!--@@(?P<option>{_NAMES})-->(?P<body>.*?)<!--(?P=option)@@-->|@@(?P<blank>{_NAMES})@@", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Blank:
    """A place for one value."""

    name: str


class Jump(NamedTuple):
    """A keyword of the list, and the card it leads to."""

    anchor: bytes
    label: bytes

    @property
    def values(self) -> dict[str, bytes]:
        """By the name of their blank."""
        return {"ANCHOR": self.anchor, "LABEL": self.label}


@dataclass(frozen=True, slots=True)
class Option:
    """A stretch that stands once where the value `name` is a text, never where it is empty.

    Where the value is a list, it stands once for each jump, with the jump's own values.
    """

    name: str
    form: Form


Values = Mapping[str, bytes | Sequence[Jump]]
"""Encoded as the text around them: UTF-8 with CRLF line ends."""
_Piece = bytes | Blank | Option


@dataclass(frozen=True, eq=False)
class Form:
    """Encoded text with blanks and options; its facts are worked out once, for it is filled in every mail."""

    pieces: tuple[_Piece, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """The blanks and options that are open in it."""
        own = {piece.name for piece in self._open}
        return frozenset(own.union(*(each.form.names for each in self._open if isinstance(each, Option))))

    @cached_property
    def is_personal(self) -> bool:
        """Whether it differs from reader to reader."""
        return not self.names.isdisjoint(PERSONAL_BLANKS)

    @cached_property
    def longest(self) -> int:
        """The bytes it can come to with none but personal blanks."""
        total = 0
        for piece in self.pieces:
            if isinstance(piece, bytes):
                total += len(piece)
            else:
                total += PERSONAL_BLANKS[piece.name] if isinstance(piece, Blank) else piece.form.longest
        return total

    @cached_property
    def _open(self) -> tuple[Blank | Option, ...]:
        return tuple(piece for piece in self.pieces if not isinstance(piece, bytes))

    def fill_all(self, values: Values) -> bytes:
        """The text where every blank has a value."""
        stretches, places = self._settled(tuple([bool(values[name]) for name in self._options]))
        pieces = [b""] * (2 * len(places) + 1)
        pieces[::2] = stretches
        pieces[1::2] = [
            cast("bytes", values[name]) if row is None else _fill_rows(row, values, name)
            for name, row in places
        ]
        return b"".join(pieces)

    @cached_property
    def _options(self) -> tuple[str, ...]:
        """The options that stand where a value is a text."""
        return tuple(dict.fromkeys(_list_options(self)))

    @cached_property
    def _settled(self) -> Callable[[tuple[bool, ...]], _Settled]:
        """What is left of it once these options stand or do not: the same few ways for all mails."""
        return lru_cache(maxsize=16)(
            lambda shown: _settle(self, dict(zip(self._options, shown, strict=True)))
        )

    @cached_property
    def fill_jump(self) -> Callable[[Jump], bytes]:
        """The text of a form with no other blanks than those of a jump; choices have the same few."""
        return lru_cache(maxsize=1 << 12)(lambda jump: self.fill_all(jump.values))


_Settled = tuple[Sequence[bytes], Sequence[tuple[str, "Form | None"]]]
"""Stretches of text, and the blanks between them: where one is a list, with the form of its rows."""


def _list_options(form: Form) -> Iterator[str]:
    for piece in form.pieces:
        if isinstance(piece, Option) and piece.name != KEYWORD_LIST:
            yield piece.name
            yield from _list_options(piece.form)


def _settle(form: Form, shown: Mapping[str, bool]) -> _Settled:
    stretches, places = [b""], list[tuple[str, Form | None]]()
    for piece in _find_shown(form, shown):
        if isinstance(piece, bytes):
            stretches[-1] += piece
        else:
            places.append((piece.name, piece.form if isinstance(piece, Option) else None))
            stretches.append(b"")
    return stretches, places


def _find_shown(form: Form, shown: Mapping[str, bool]) -> Iterator[_Piece]:
    for piece in form.pieces:
        if not isinstance(piece, Option) or piece.name == KEYWORD_LIST:
            yield piece
        elif shown[piece.name]:
            yield from _find_shown(piece.form, shown)


def _fill_rows(row: Form, values: Values, name: str) -> bytes:
    jumps = cast("Sequence[Jump]", values[name])
    if row.names <= JUMP_BLANKS:
        return b"".join(map(row.fill_jump, jumps))
    return b"".join([row.fill_all({**values, **jump.values}) for jump in jumps])


def blank(name: str) -> str:
    """What a template writes for a blank."""
    return f"@@{name}@@"


def when(name: str, caller: Callable[[], str]) -> str:
    """What a template writes for an option: `{% call when("feed") %}…{% endcall %}`."""
    if name.upper() not in (*CHOICE_BLANKS, *PERSONAL_BLANKS):
        raise ValueError(f"when() knows no {name!r}")
    return _mark(name.upper(), caller())


def each_keyword(caller: Callable[[Mapping[str, str]], str]) -> str:
    """What a template writes for the keywords: `{% call(keyword) each_keyword() %}…{% endcall %}`."""
    return _mark(KEYWORD_LIST, caller({"anchor": blank("ANCHOR"), "label": blank("LABEL")}))


def _mark(name: str, body: str) -> str:
    # The class of what was called decides: markup stays markup, text stays text.
    return body.__class__(f"<!--@@{name}-->") + body + body.__class__(f"<!--{name}@@-->")


def read_form(text: str) -> Form:
    """The form that a rendered text is."""
    pieces: list[_Piece] = []
    end = 0
    for token in _TOKEN.finditer(text):
        pieces.append(encode_text(text[end : token.start()]))
        if token["blank"]:
            pieces.append(Blank(token["blank"]))
        else:
            pieces.append(Option(token["option"], read_form(token["body"])))
        end = token.end()
    return Form((*pieces, encode_text(text[end:])))


def fill(form: Form, values: Values) -> Form:
    """The form with `values` filled in; what they do not name stays open."""
    if form.names.isdisjoint(values):
        return form
    pieces: list[_Piece] = []
    for piece in form.pieces:
        if isinstance(piece, bytes):
            pieces.append(piece)
        elif piece.name not in values:
            pieces.append(
                Option(piece.name, fill(piece.form, values)) if isinstance(piece, Option) else piece
            )
        else:
            pieces.extend(_fill_piece(piece, values))
    return Form(tuple(pieces))


def _fill_piece(piece: Blank | Option, values: Values) -> Iterator[_Piece]:
    value = values[piece.name]
    if isinstance(piece, Blank):
        yield cast("bytes", value)
        return
    if isinstance(value, bytes):
        yield from fill(piece.form, values).pieces if value else ()
        return
    for jump in value:
        yield from fill(piece.form, {**values, **jump.values}).pieces


def always_shows(form: Form, name: str) -> bool:
    """Whether the value `name` stands in the form whatever the other values are."""
    return any(
        piece.name == name and (isinstance(piece, Blank) or always_shows(piece.form, name))
        for piece in form.pieces
        if not isinstance(piece, bytes)
    )
