"""Real digests, damaged: they are read or refused, and nothing else. The long form stands in tests/soak/."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsletter.digests import digest_as_json, parse_digest
from tests.contracts.test_digest_format import SAMPLES, every_format
from tests.digests.mutations import check_mutant, mutate, real_digests

EACH = 60


def test_a_damaged_real_digest_is_read_or_refused(shared_folder: Path) -> None:
    for path in real_digests(shared_folder):
        read = [check_mutant(mutant) for mutant in mutate(path.read_bytes(), seed=path.name, count=EACH)]
        assert 0 < sum(read) < EACH


def test_the_json_of_a_damaged_real_digest_is_read_or_refused(shared_folder: Path) -> None:
    for path in real_digests(shared_folder)[::4]:
        shown = digest_as_json(parse_digest(path.read_bytes(), source=path.name))
        data = json.dumps(shown, ensure_ascii=False, indent=1).encode()
        for mutant in mutate(data, seed=path.name, count=EACH // 3):
            check_mutant(mutant)


@every_format
@pytest.mark.parametrize("seed", ["a", "b"])
def test_a_damaged_sample_is_read_or_refused(name: str, seed: str) -> None:
    sample = SAMPLES[name]
    whole = sample.write(*sample.papers, sample.broken).encode()
    assert sum(check_mutant(mutant) for mutant in mutate(whole, seed=seed, count=EACH)) > 0
