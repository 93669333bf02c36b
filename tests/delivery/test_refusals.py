"""Whom a refusal means: the table against real bounces, and the guard against mass refusal."""

from __future__ import annotations

import email
import json
import re
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest

from newsletter.delivery.refusals import SIGNS, Meaning, Refusals, read_meaning
from newsletter.errors import AddressRefused

BOUNCES = Path(__file__).parents[2].parent / "shared" / "bounces"


def is_bad_address(refusal: AddressRefused) -> bool:
    return read_meaning(refusal) is Meaning.BAD_ADDRESS


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.1 Service unavailable, client host blocked using Spamhaus",
        "550 5.7.26 Unauthenticated email from papers.test is not accepted due to domain's DMARC policy",
        "554 Your IP is on a blocklist",
        "550 SPF check failed",
    ],
)
def test_a_judgement_on_the_sender_is_known_as_one(reply: str) -> None:
    assert read_meaning(refuse(reply)) is Meaning.POLICY


def refuse(reply: str) -> AddressRefused:
    code, _, words = reply.partition(" ")
    status = words.partition(" ")[0]
    return AddressRefused(f"the mail server refused the recipient: {reply}", code=int(code), status=status)


@pytest.mark.parametrize(
    ("reply", "is_bad"),
    [
        ("550 5.1.1 <a@b.test>: Recipient address rejected: User unknown in local table", True),
        ("550 5.1.10 Recipient not found", True),
        ("556 5.1.10 Domain does not accept mail", True),
        ("550 No such user here", True),
        ("550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help?id=20022", True),
        ("551 User not local", True),
        ("550 RCPT (a@b.test) dosn't exist", False),  # no known words: nothing is held against it
        ("552 5.2.2 Over quota", False),
        ("550 5.1.1 mailbox is full", False),
        ("550 5.7.1 Service unavailable, client host blocked using Spamhaus", False),
        ("550 User has no permission, blocked by policy", False),
        ("550 frequency limited", False),
        ("554 5.7.1 <a@b.test>: Relay access denied", False),
        ("550 administrative prohibition", False),
    ],
)
def test_only_a_bad_address_is_held_against_its_reader(reply: str, *, is_bad: bool) -> None:
    assert is_bad_address(refuse(reply)) is is_bad


def test_every_row_names_its_source() -> None:
    assert all(sign.source for sign in SIGNS)


def read_diagnoses() -> Iterator[tuple[str, bool, str]]:
    """Of each labelled mail with one bounce: its SMTP diagnosis, whether it is hard, and why."""
    labels = json.loads((BOUNCES / "labels.json").read_text())
    for name, rows in labels.items():
        if len(rows) != 1:
            continue
        mail = email.message_from_bytes((BOUNCES / "mail" / name).read_bytes(), policy=policy.compat32)
        for part in mail.walk():
            found = re.search(r"smtp;\s*(5\d\d[ -].{8,})", str(part.get("Diagnostic-Code", "")), re.S | re.I)
            if found:
                yield " ".join(found[1].replace("-", " ", 1).split()), rows[0]["hard"], rows[0]["reason"]
                break


@pytest.mark.skipif(not BOUNCES.exists(), reason="the labelled bounces are not here")
def test_of_real_bounces_hardly_a_soft_one_is_taken_for_a_bad_address() -> None:
    diagnoses = list(read_diagnoses())
    judged = [(reply, hard, reason) for reply, hard, reason in diagnoses if is_bad_address(refuse(reply))]
    wrong = [(reason, reply) for reply, hard, reason in judged if not hard]
    hard = sum(hard for _, hard, _ in diagnoses)
    assert len(diagnoses) > 60
    # Some destinations say so for a reader who filters, too: no table can tell.
    assert {reason for reason, _ in wrong} <= {"filtered", "rejected"}, wrong
    assert all(re.search("unknown|not exist", reply, re.IGNORECASE) for _, reply in wrong), wrong
    assert len(wrong) <= 0.15 * len(judged), wrong
    assert len(judged) - len(wrong) >= 0.85 * hard, [row for row in diagnoses if row[1] and row not in judged]


def fill(*, taken: int, gone: int, domain: str = "a.test") -> Refusals:
    refusals = Refusals()
    for number in range(taken):
        refusals.note(f"ok{number}@{domain}", None)
    for number in range(gone):
        refusals.note(f"gone{number}@{domain}", refuse("550 5.1.1 user unknown"))
    return refusals


def test_a_few_bad_addresses_are_gone() -> None:
    assert len(list(fill(taken=2, gone=3).find_gone())) == 3
    assert len(list(fill(taken=980, gone=20).find_gone())) == 20


def test_where_a_destination_refuses_many_it_is_us() -> None:
    refusals = fill(taken=900, gone=100)
    assert refusals.find_masses() == ["a.test"]
    for number in range(900):
        refusals.note(f"x{number}@b.test", None)
    refusals.note("gone@b.test", refuse("550 5.1.1 user unknown"))
    assert [address for address, _ in refusals.find_gone()] == ["gone@b.test"]


def test_where_every_destination_refuses_a_little_it_is_us_too() -> None:
    refusals = Refusals()
    for number in range(60):
        refusals.note(f"a@{number}.test", refuse("550 5.1.1 user unknown") if number % 2 else None)
    assert refusals.find_masses() == ["*"]
    assert list(refusals.find_gone()) == []
