"""Signatures, checked by dkimpy, which shares nothing with what made them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import dkim
import pytest
from dkim.canonicalization import Relaxed
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from newsletter.delivery import dkim_keys
from newsletter.delivery.dkim import SIGNED, DkimSigner
from newsletter.delivery.dkim_keys import make_key, make_record, read_key
from tests.builders import NOON, make_edition, make_newsletter
from tests.delivery.mails import DOMAIN, SELECTOR, compose, hand_over, make_signer
from tests.delivery.wild_texts import texts

SIGNER, RECORD = make_signer()


def look_up(name: bytes, timeout: int = 5) -> bytes | None:
    """The DNS, as far as it holds our one record."""
    return RECORD.value.encode() if name.decode().rstrip(".") == RECORD.name else None


def verify(raw: bytes) -> bool:
    return bool(dkim.verify(raw, dnsfunc=look_up))


def signature_of(raw: bytes) -> str:
    field = re.match(rb"DKIM-Signature:(?:.|\r\n )*?\r\n(?! )", raw)
    assert field
    return field[0].decode("ascii")


@pytest.fixture(scope="module")
def raw() -> bytes:
    newsletter = make_newsletter(reply_to="editors@papers.test")
    return compose(newsletter=newsletter, edition=make_edition(40), signer=SIGNER).raw


# --- What holds -----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(texts, texts, st.integers(20, 900))
@example("每日论文 👩‍🔬, Dr.", "مرحبا \u202e", 900)
def test_a_signature_holds_whatever_the_names_and_the_link(name: str, sender: str, length: int) -> None:
    message = compose(
        newsletter=make_newsletter(sender_name=sender),
        titles=[name],
        name=name,
        unsubscribe="https://p.test/".ljust(length, "x"),
        signer=SIGNER,
    )
    assert verify(message.raw)
    body = message.raw.partition(b"\r\n\r\n")[2]
    assert Relaxed.canonicalize_body(body) == body, "what is hashed is what stands there"


def test_a_signature_holds_after_the_trip_to_a_server() -> None:
    taken = hand_over(compose(signer=SIGNER))
    assert verify(b"Received: from mx.test by mx.mail.test; Wed, 24 Sep 2025 04:00:01 +0000\r\n" + taken)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"Subject: ", b"subject:  "),
        lambda raw: raw.replace(b" <digest@", b"\r\n\t<digest@"),
        lambda raw: raw.replace(b"Precedence: bulk\r\n", b"Precedence: list\r\nX-Spam: no\r\n"),
        lambda raw: raw + b"\r\n\r\n",
    ],
)
def test_what_relays_do_to_a_mail_leaves_its_signature_whole(
    raw: bytes, change: Callable[[bytes], bytes]
) -> None:
    assert change(raw) != raw
    assert verify(change(raw))


@pytest.mark.parametrize("bits", [1024, 2048, 4096])
def test_a_signature_holds_with_a_key_of_any_size_that_is_allowed(bits: int) -> None:
    key = read_key(make_key(bits))
    domain = ".".join(["d" * 60] * 4)  # too long for the line it would stand on
    record = make_record(key, "s" * 63, domain)
    signed = compose(signer=DkimSigner(domain, "s" * 63, key)).raw
    assert dkim.verify(signed, dnsfunc=lambda name, timeout=5: record.value.encode())
    assert max(map(len, signed.split(b"\r\n"))) <= 998


# --- What does not --------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 6))
@example(999_999, 2)  # a CR becomes a tab, which the relaxed form of a body does not tell apart
def test_a_flipped_bit_of_the_body_breaks_it(raw: bytes, place: int, bit: int) -> None:
    head, _, body = raw.partition(b"\r\n\r\n")
    flipped = bytearray(body)
    flipped[place % len(body)] ^= 1 << bit
    assume(flipped.split() != body.split())
    assert not verify(head + b"\r\n\r\n" + flipped)


def values_of(raw: bytes) -> dict[str, bytes]:
    fields = re.split(rb"\r\n(?![ \t])", raw.partition(b"\r\n\r\n")[0])
    return {name.decode().lower(): value for name, _, value in (each.partition(b": ") for each in fields)}


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_field_can_be_neither_changed_nor_removed_nor_doubled(raw: bytes, name: str) -> None:
    value = values_of(raw)[name]
    field = re.search(rb"(?i)^%b: " % name.encode() + re.escape(value) + rb"\r\n", raw, re.M)
    assert field
    for instead in (b"", field[0][:-3] + b"~\r\n", field[0] * 2):
        assert not verify(raw.replace(field[0], instead))
    for added in (b"%b: x@mail.test\r\n" % name.encode(), field[0]):
        assert not verify(added + raw)
        assert not verify(raw.replace(b"\r\n\r\n", b"\r\n" + added + b"\r\n", 1))


def test_a_reply_to_that_was_not_written_cannot_be_added() -> None:
    signed = compose(signer=SIGNER).raw
    assert b"\r\nReply-To:" not in signed
    assert verify(signed)
    assert not verify(b"Reply-To: thief@mail.test\r\n" + signed)


# --- How it looks ---------------------------------------------------------------------------------


def test_the_field_stands_first_folded_at_its_tags(raw: bytes) -> None:
    field = signature_of(raw)
    lines = field.removesuffix("\r\n").split("\r\n")
    assert max(map(len, lines)) <= 78
    assert lines[0] == "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=papers.test; s=s1;"
    tags = dict(tag.strip().split("=", 1) for tag in re.sub(r"\s+", " ", field.partition(":")[2]).split(";"))
    assert list(tags) == ["v", "a", "c", "d", "s", "t", "h", "bh", "b"]
    assert tags["t"] == str(int(NOON.timestamp())), "the Date of the mail, not the clock"
    signed = tags["h"].replace(" ", "").split(":")
    assert {signed.count(name) for name in SIGNED} == {2}
    assert set(signed) == set(SIGNED)


def test_the_same_mail_has_the_same_signature_and_another_date_another_one() -> None:
    message = compose()
    signs = [SIGNER.sign(message.head, message.encoded_body, NOON) for _ in range(2)]
    assert signs[0] == signs[1]
    assert SIGNER.sign(message.head, message.encoded_body, NOON + timedelta(days=1)) != signs[0]


def test_the_parts_for_providers_that_sign_themselves_stay_as_they_are() -> None:
    signed, unsigned = compose(signer=SIGNER), compose()
    assert (signed.headers, signed.text, signed.html) == (unsigned.headers, unsigned.text, unsigned.html)
    assert signed.raw.endswith(unsigned.raw)


# --- Keys -----------------------------------------------------------------------------------------


def test_a_record_is_cut_into_strings_that_a_zone_file_can_hold() -> None:
    assert RECORD.name == f"{SELECTOR}._domainkey.{DOMAIN}"
    assert all(0 < len(each) <= 255 for each in RECORD.strings)
    assert "".join(RECORD.strings) == RECORD.value
    assert len(RECORD.strings) == 2
    quoted = re.findall('"([^"]*)"', RECORD.zone_line)
    assert tuple(quoted) == RECORD.strings


def _ed25519() -> str:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()


def _encrypted() -> str:
    from cryptography.hazmat.primitives import serialization as form

    key, encryption = read_key(make_key(2048)), form.BestAvailableEncryption(b"secret")
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, encryption).decode()


def _public() -> str:
    from cryptography.hazmat.primitives import serialization as form

    public = read_key(make_key(2048)).public_key()
    return public.public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode()


# Of 512 bits, which no library makes any more.
SHORT_KEY = """\
-----BEGIN PRIVATE KEY-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAtC4chIxVxQK+58/3
pY1P5FEEteTwkMv7aRhGVHWlM5jp+VEpsloOg/Xs6dM5ri9VFaiZMr21zp80h+rn
nOkyawIDAQABAkAsbEn/rBHhduHWiYHHQWX3JrqAlidxq7kami+M10yZwalaeqJ1
FpKnU9Z0JuhNewApvM1slN/zSZYxA6iTedThAiEA7FfUJbbJR5EMrSShEcdOlbhE
BRXn3C9gU/6rCZsX/AkCIQDDKnjJTXXY4qXaqC5AS3a6aPGBHDJmT2bHhobaUDx/
0wIgbL8g21WWmbpxFb3z6uVFEHjfu2NP8y1NaniUpG/bglkCIQCfybE011eqJ/60
pEeh2mctvegk1gopm87Bg1H7gf/WgwIgYk+1yKZJqxrKGRqu6kY26Lu7XBSyoVTG
RNAyEnpAzYo=
-----END PRIVATE KEY-----
"""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: "", "no private key"),
        (lambda: "王", "no private key"),
        (lambda: make_key(2048)[:900], "no private key"),
        (_public, "no private key"),
        (_encrypted, "is encrypted"),
        (_ed25519, "not an RSA key"),
        (lambda: SHORT_KEY, "512 bits; it must be 1024 at least"),
    ],
)
def test_a_key_that_cannot_sign_says_why(make: Callable[[], str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_key(make())


def test_a_key_that_checkers_need_not_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkim_keys, "MOST_BITS", 1536)  # making one of more than 4096 takes long
    with pytest.raises(ValueError, match="2048 bits"):
        read_key(make_key(2048))


def test_a_key_in_the_older_form_is_read_too() -> None:
    from cryptography.hazmat.primitives import serialization as form

    older = read_key(make_key(2048)).private_bytes(
        form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption()
    )
    assert b"BEGIN RSA PRIVATE KEY" in older
    assert read_key(older.decode()).key_size == 2048
