"""Single facts: the key that signs links and the authority of tag: URIs, both fixed once for the life of
a store; and what the public folder was rendered with."""

from __future__ import annotations

import secrets
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from newsletter.config import is_example_host
from newsletter.store import schema
from newsletter.store.engine import Transaction

_SETTING = schema.setting


def secret_key(tx: Transaction) -> bytes:
    """The key that signs links, made at the first call (32 random bytes). Needs a writing transaction."""
    key = _read(tx, "secret_key")
    if key is None:
        key = secrets.token_hex(32)
        _write(tx, {"secret_key": key})
    return bytes.fromhex(key)


def tag_authority(tx: Transaction, host: str, day: date) -> tuple[str, date]:
    """The authority and date of our tag: URIs (RFC 4151 §2.1): `host` and `day` of the first call.

    What was fixed while base_url was still an example gives way to the first real host: nobody
    else has read those ids, and the name is not ours.
    """
    authority, fixed_on = _read(tx, "tag_authority"), _read(tx, "tag_date")
    provisional = authority is not None and is_example_host(authority) and not is_example_host(host)
    if authority is None or fixed_on is None or provisional:
        authority, fixed_on = host, day.isoformat()
        _write(tx, {"tag_authority": authority, "tag_date": fixed_on})
    return authority, date.fromisoformat(fixed_on)


def read_site_fingerprint(tx: Transaction) -> str:
    """What the public folder was last rendered with (see daily/plan.py); empty before the first time."""
    return _read(tx, "site_fingerprint") or ""


def write_site_fingerprint(tx: Transaction, fingerprint: str) -> None:
    _write(tx, {"site_fingerprint": fingerprint})


def _read(tx: Transaction, name: str) -> str | None:
    value = tx.execute(sa.select(_SETTING.c.value).where(_SETTING.c.name == name)).scalar()
    return None if value is None else str(value)


def _write(tx: Transaction, values: dict[str, str]) -> None:
    for name, value in values.items():
        statement = insert(_SETTING).values(name=name, value=value)
        tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
