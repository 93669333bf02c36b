"""Every request of a dialect is one that the provider's own OpenAPI file describes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError

from newsletter.delivery.transports.api_wire import Request

from .messages import make_message
from .openapi_files import (
    PUBLISHED,
    PUBLISHED_WITH_CHECK,
    AsPublished,
    change_first,
    find_specification,
    make_dialect,
    make_messages,
    make_request,
)

every_published = pytest.mark.parametrize("name", PUBLISHED)


@cache
def read_specification(path: Path) -> tuple[OpenAPI, str]:
    """The file, in which an object with named fields has no others, and the provider's host."""
    described: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    _close(described["components"])
    _close(described["paths"])
    return OpenAPI.from_dict(described, config=Config()), described["servers"][0]["url"]


def _close(described: Any) -> None:
    """Most files leave objects open: a misspelt field would pass as one more."""
    if isinstance(described, list):
        for each in described:
            _close(each)
    elif isinstance(described, dict):
        for each in described.values():
            _close(each)
        if isinstance(described.get("properties"), dict) and "allOf" not in described:
            described.setdefault("additionalProperties", False)


def validate(shared_folder: Path, name: str, request: Request) -> None:
    specification, host = read_specification(find_specification(shared_folder, name))
    specification.validate_request(AsPublished.of(request, host))


@every_published
def test_a_call_is_as_the_provider_publishes_it(name: str, shared_folder: Path) -> None:
    for messages in make_messages(name).values():
        validate(shared_folder, name, make_request(name, messages))


@pytest.mark.parametrize("name", PUBLISHED_WITH_CHECK)
def test_the_check_is_as_the_provider_publishes_it(name: str, shared_folder: Path) -> None:
    validate(shared_folder, name, make_dialect(name).make_check())


BREAKS: dict[str, Callable[[Request], Request]] = {
    "another path": lambda made: replace(made, path=f"{made.path}es"),
    "another method": lambda made: replace(made, method="DELETE"),
    "no key": lambda made: replace(made, headers={"Content-Type": "application/json"}),
    "another type": lambda made: replace(made, headers=dict(made.headers) | {"Content-Type": "text/plain"}),
    "no JSON": lambda made: replace(made, content=(made.body[:-1],)),
    "nothing": lambda made: replace(made, content=(b"{}",)),
    "a wrong type": lambda made: change_first(made, subject=5),
    "a misspelt field": lambda made: change_first(made, replyto="a@b.test"),
}


@every_published
@pytest.mark.parametrize("what", BREAKS)
def test_a_request_that_is_broken_is_found(name: str, what: str, shared_folder: Path) -> None:
    broken = BREAKS[what](make_request(name, [make_message()]))
    with pytest.raises(OpenAPIError):
        validate(shared_folder, name, broken)
