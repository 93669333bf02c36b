"""How a key of the configuration is declared: a field of a dataclass that carries its meaning and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a key besides its type and default."""

    doc: str
    secret: bool = False
    one_or_several: bool = False
    """A list that may be written as one text; in a variable, several are a JSON list."""
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


def key(
    default: Any,
    doc: str,
    *,
    secret: bool = False,
    one_or_several: bool = False,
    choices: tuple[str, ...] = (),
    minimum: int | None = None,
    maximum: int | None = None,
) -> Any:
    facts = KeyFacts(doc, secret, one_or_several, choices, minimum, maximum)
    return field(default=default, repr=not secret, metadata={"facts": facts})


def section(kind: type[Any], doc: str) -> Any:
    return field(default_factory=kind, metadata={"facts": KeyFacts(doc)})
