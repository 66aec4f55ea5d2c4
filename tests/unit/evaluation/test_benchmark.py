"""The benchmark's own arithmetic; nothing here asserts how fast anything is."""

import pytest

from benchmarks.screening.measure import LENGTHS, growth, long_texts, per_message


@pytest.mark.parametrize("exponent", [1, 2])
def test_growth_tells_linear_from_quadratic(exponent):
    points = [(length, 3e-4 * length**exponent) for length in LENGTHS]
    assert growth(points) == pytest.approx(exponent)


@pytest.mark.parametrize("length", LENGTHS)
def test_long_texts_have_exactly_the_length_asked_for(length):
    for make in long_texts(["sore arm", "queasy"]).values():
        assert len(make(length)) == length


def test_every_pass_measures_every_message_anew():
    seen = []
    rows = per_message(seen.append, ["my arm is sore", "feeling queasy"], repeats=3)
    assert len(seen) == 2 * 4
    assert len(set(seen)) > 4
    assert [row.name for row in rows] == ["throughput", "p50", "p95", "p99"]
