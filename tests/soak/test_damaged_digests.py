"""Five thousand mutations of every real digest, and of its JSON: each is read or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.digests import digest_as_json, parse_digest
from tests.digests.mutations import check_mutant, mutate, real_digests

pytestmark = pytest.mark.soak

EACH = 5_000


def test_every_damaged_real_digest_is_read_or_refused(shared_folder: Path) -> None:
    for path in real_digests(shared_folder):
        read = sum(check_mutant(mutant) for mutant in mutate(path.read_bytes(), seed=path.name, count=EACH))
        print(f"{path.parent.name}/{path.name}: {read} of {EACH} read, {EACH - read} refused")  # noqa: T201
        assert 0 < read < EACH


def test_the_json_of_every_real_digest_damaged_is_read_or_refused(shared_folder: Path) -> None:
    for path in real_digests(shared_folder):
        shown = digest_as_json(parse_digest(path.read_bytes(), source=path.name))
        data = json.dumps(shown, ensure_ascii=False, indent=1).encode()
        read = sum(check_mutant(mutant) for mutant in mutate(data, seed=path.name, count=EACH // 5))
        print(f"{path.name} as JSON: {read} of {EACH // 5} read")  # noqa: T201
