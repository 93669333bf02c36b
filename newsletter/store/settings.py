"""Single facts: the key that signs links and the authority of tag: URIs, both fixed once for the life of
a store; and what the public folder was rendered with."""

from __future__ import annotations

import secrets
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.config import is_example_host, is_loopback
from newsletter.store import schema
from newsletter.store.engine import Transaction

_SETTING = schema.setting


def find_secret_key(tx: Transaction) -> bytes | None:
    key = _read(tx, "secret_key")
    return None if key is None else bytes.fromhex(key)


def secret_key(tx: Transaction) -> bytes:
    """The key that signs links, made at the first call (32 random bytes). Needs a writing transaction."""
    key = find_secret_key(tx)
    if key is None:
        key = secrets.token_bytes(32)
        _write(tx, {"secret_key": key.hex()})
    return key


def find_tag_authority(tx: Transaction, host: str, day: date) -> tuple[str, date]:
    """The authority and date of our tag: URIs (RFC 4151 §2.1); before the first publication, what that one
    would fix: `host` and `day`.

    What was fixed while base_url was still an example, or of this machine alone, gives way to the first
    real host: nobody else has read those ids, and the name is not ours.
    """
    authority, fixed_on = _read(tx, "tag_authority"), _read(tx, "tag_date")
    if authority is None or fixed_on is None or (_is_nobodys(authority) and not _is_nobodys(host)):
        return host, day
    return authority, date.fromisoformat(fixed_on)


def is_tag_authority_fixed(tx: Transaction, authority: str, day: date) -> bool:
    """Whether it is this one for good."""
    return (_read(tx, "tag_authority"), _read(tx, "tag_date")) == (authority, day.isoformat())


def fix_tag_authority(tx: Transaction, host: str, day: date) -> tuple[str, date]:
    """As `find_tag_authority`, for good: what is published keeps its ids."""
    authority, fixed_on = find_tag_authority(tx, host, day)
    _write(tx, {"tag_authority": authority, "tag_date": fixed_on.isoformat()})
    return authority, fixed_on


def _is_nobodys(host: str) -> bool:
    return is_example_host(host) or is_loopback(host)


def read_site_fingerprint(tx: Transaction) -> str:
    """What the public folder was last rendered with (see daily/plan.py); empty before the first time."""
    return _read(tx, "site_fingerprint") or ""


def write_site_fingerprint(tx: Transaction, fingerprint: str) -> None:
    _write(tx, {"site_fingerprint": fingerprint})


def read_templates_proved(tx: Transaction) -> str:
    """The stamp of the templates that were last proved (see daily/templates.py)."""
    return _read(tx, "templates_proved") or ""


def write_templates_proved(tx: Transaction, stamp: str) -> None:
    _write(tx, {"templates_proved": stamp})


def read_merges(tx: Transaction) -> int:
    """How often keywords were merged or retired: another number, another meaning of what was written."""
    return int(_read(tx, "merges") or 0)


def count_merge(tx: Transaction) -> None:
    """One more; the label stands wherever its papers do, so that everything is rendered again."""
    _write(tx, {"merges": str(read_merges(tx) + 1), "site_fingerprint": ""})


def find_topics_fingerprint(tx: Transaction) -> str:
    """Of the groups that the index of keywords was made with (see store/topics.py)."""
    return _read(tx, "topics_fingerprint") or ""


def write_topics_fingerprint(tx: Transaction, fingerprint: str) -> None:
    _write(tx, {"topics_fingerprint": fingerprint})


def _read(tx: Transaction, name: str) -> str | None:
    value = tx.execute(sa.select(_SETTING.c.value).where(_SETTING.c.name == name)).scalar()
    return None if value is None else str(value)


def _write(tx: Transaction, values: dict[str, str]) -> None:
    for name, value in values.items():
        statement = insert(_SETTING).values(name=name, value=value)
        tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
