"""The keys that sign mail, and the DNS records that let others check them (RFC 6376 §3.6, RFC 8301).

Only RSA: what is signed with Ed25519 alone, large providers take for unsigned. Where a key lies, and
that it is nobody else's to read, is left to the caller.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

FEWEST_BITS, GOOD_BITS, MOST_BITS = 1024, 2048, 4096
"""RFC 8301 §3.2: signers must and should use at least so many; verifiers need not take more."""

_LONGEST_STRING = 255  # RFC 1035 §3.3: of the strings that a TXT record consists of


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A TXT record: its name without the last dot, and its value in one piece."""

    name: str
    value: str

    @property
    def strings(self) -> tuple[str, ...]:
        """The value in the pieces a zone file needs; whoever reads the record joins them again."""
        starts = range(0, len(self.value), _LONGEST_STRING)
        return tuple(self.value[start : start + _LONGEST_STRING] for start in starts)

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file (RFC 1035 §5.1)."""
        quoted = " ".join(f'"{each}"' for each in self.strings)
        return f"{self.name}. IN TXT ( {quoted} )"


def make_key(bits: int) -> str:
    """A new private key as PEM (PKCS#8, not encrypted)."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only where a key is made
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*form).decode("ascii")


def read_key(pem: str) -> RSAPrivateKey:
    """The private key of a PEM text. Raises ValueError with what is wrong, never with what it holds."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only where mail is signed
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415

    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except TypeError as error:
        raise ValueError("is encrypted: keep it as it was before, readable for this program alone") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("holds no private key in PEM form") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("is not an RSA key, the only kind that every provider checks")
    if not FEWEST_BITS <= key.key_size <= MOST_BITS:
        raise ValueError(
            f"has {key.key_size} bits; it must be {FEWEST_BITS} at least and {MOST_BITS} at most (RFC 8301)"
        )
    return key


def make_record(key: RSAPrivateKey, selector: str, domain: str) -> DnsRecord:
    """What has to stand in the DNS for whoever checks a signature of `key`."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    public = base64.b64encode(key.public_key().public_bytes(*form)).decode("ascii")
    return DnsRecord(f"{selector}._domainkey.{domain}", f"v=DKIM1; k=rsa; p={public}")
