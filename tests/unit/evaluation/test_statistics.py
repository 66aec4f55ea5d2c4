"""The statistics against published and exactly computable values."""

import math

import pytest

from bot.evaluation.statistics import (
    paired_drop,
    percentile_interval,
    proportion,
    upper_bound,
)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 1998;17:857-872, table I, score method
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_agrees_with_published_examples(count, total, low, high):
    result = proportion(count, total)
    assert result.value == count / total
    assert result.low == pytest.approx(low, abs=5e-5)
    assert result.high == pytest.approx(high, abs=5e-5)


def test_wilson_interval_touches_the_end_when_all_or_none():
    assert proportion(0, 7).low == 0.0
    assert proportion(7, 7).high == 1.0


def test_no_cases_is_said_and_not_zero():
    nothing = proportion(0, 0)
    assert math.isnan(nothing.value)
    assert str(nothing) == "no cases"


@pytest.mark.parametrize(("count", "total"), [(0, 1), (0, 60), (0, 346)])
def test_upper_bound_without_events_has_a_closed_form(count, total):
    assert upper_bound(count, total) == pytest.approx(1 - 0.05 ** (1 / total))


def test_upper_bound_holds_exactly_the_tail_it_promises():
    bound = upper_bound(3, 50)
    tail = sum(math.comb(50, k) * bound**k * (1 - bound) ** (50 - k) for k in range(4))
    assert tail == pytest.approx(0.05)


def test_upper_bound_when_everything_failed_is_one():
    assert upper_bound(5, 5) == 1.0


@pytest.mark.parametrize("function", [proportion, upper_bound])
@pytest.mark.parametrize(("count", "total"), [(3, 2), (-1, 2)])
def test_impossible_counts_are_refused(function, count, total):
    with pytest.raises(ValueError, match="not a proportion"):
        function(count, total)


def test_paired_drop_counts_both_directions():
    before = [True] * 80 + [False] * 20
    after = [True] * 70 + [False] * 10 + [True] * 5 + [False] * 15
    drop = paired_drop(before, after)
    assert (drop.lost, drop.gained) == (10, 5)
    assert drop.value == pytest.approx(-0.05)
    assert drop.low < drop.value < drop.high


def test_paired_drop_is_zero_with_certainty_when_nothing_changed():
    drop = paired_drop([True, False, True], [True, False, True])
    assert (drop.value, drop.low, drop.high) == (0.0, 0.0, 0.0)


def test_paired_drop_refuses_different_cases():
    with pytest.raises(ValueError, match="same cases"):
        paired_drop([True], [True, False])


def test_percentile_interval_of_equal_repeats_is_that_value():
    assert percentile_interval([3.0] * 8) == (3.0, 3.0, 3.0)
