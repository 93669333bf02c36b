"""The key of `[dkim]`: read for a run, made for the first one. How mail is signed is `delivery/dkim`'s."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.config import Config
from newsletter.delivery.dkim import DkimSigner
from newsletter.delivery.dkim_keys import GOOD_BITS, DnsRecord, make_key, make_record, read_key
from newsletter.errors import AlreadyExists, ConfigError, StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_log = logging.getLogger(__name__)

_FIX = "newsletter dkim new makes one; without [dkim] selector mail goes out unsigned"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was made: where it lies, and what has to stand in the DNS."""

    path: Path
    selector: str
    record: DnsRecord


def open_signer(config: Config) -> DkimSigner | None:
    """What signs the mails; None where nothing does. Raises ConfigError for a key that cannot be used."""
    section = config.dkim
    if not section.selector:
        return None
    place, key = _read_key(config)
    if key.key_size < GOOD_BITS:
        _log.warning("%s has %d bits; %d are usual (RFC 8301)", place, key.key_size, GOOD_BITS)
    return DkimSigner(section.domain, section.selector, key)


def find_record(config: Config) -> DnsRecord:
    """The DNS record of the configured key. Raises ConfigError where there is none."""
    if not config.dkim.selector:
        raise ConfigError(["[dkim] selector is not set: mail is not signed"], fix="newsletter dkim new")
    _, key = _read_key(config)
    return make_record(key, config.dkim.selector, config.dkim.domain)


def make_new_key(config: Config, path: Path, *, selector: str, bits: int) -> NewKey:
    """Writes a new private key that only its owner may read.

    Raises AlreadyExists for a file that stands there, StoreError for one that cannot be written.
    """
    pem = make_key(bits)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        fix = "newsletter dkim show prints its record; --out names another file for a new key"
        raise AlreadyExists(f"{path} stands here already and is left alone", fix=fix) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with open(descriptor, "w", encoding="ascii") as file:  # noqa: PTH123 - of a descriptor
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise StoreError(
            f"{path} cannot be written: {error.strerror}", fix="make room on the disk"
        ) from error
    return NewKey(path, selector, make_record(read_key(pem), selector, config.dkim.domain))


def _read_key(config: Config) -> tuple[str, RSAPrivateKey]:
    """Where the key was found, for a person, and the key."""
    section = config.dkim
    place, pem = "dkim.key", section.key
    try:
        if not pem:
            place = f"dkim.key_file {section.key_file}"
            pem = section.key_file.read_text(encoding="utf-8")
        return place, read_key(pem)
    except OSError as error:
        raise ConfigError([f"{place} cannot be read: {error.strerror}"], fix=_FIX) from error
    except ValueError as error:  # of which bytes that are no UTF-8 are one
        said = "is not text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigError([f"{place} {said}"], fix=_FIX) from error
