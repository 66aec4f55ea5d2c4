"""The test vectors of triage.md section 12, at the level of findings."""

import pytest
from triage_reading import read_context, read_screening, read_vectors

from bot.triage import Level, assess

VECTORS = read_vectors()
ONE_MESSAGE = [vector for vector in VECTORS if "findings" in vector or "facts" in vector]


def expected_level(raw):
    return None if raw["level"] is None else Level[raw["level"]]


@pytest.mark.parametrize("vector", ONE_MESSAGE, ids=lambda vector: f"vector-{vector['id']}")
def test_one_message(vector):
    result = assess(read_screening(vector), read_context(vector))
    assert result.level == expected_level(vector), result.rules
    assert set(vector["rules"]) <= set(result.rules), result.rules
    assert set(vector.get("flags", ())) <= set(result.flags)
    if "question" in vector:
        assert result.question == vector["question"]


def test_every_vector_of_the_policy_is_here():
    assert [vector["id"] for vector in VECTORS] == list(range(1, 127))
