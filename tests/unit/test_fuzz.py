"""Each parser of outside bytes with a few hostile inputs; `make fuzz` tries many."""

import pytest

from benchmarks.fuzz import TARGETS, Target, run

#: The screen has tests of its own that are quick; loading its tables only for this is not.
SLOW = ("screening", "lines of `assess`")
CASES = [
    pytest.param(
        target,
        id=target.name,
        marks=pytest.mark.services if target.name.startswith(SLOW) else (),
    )
    for target in TARGETS
]


@pytest.mark.parametrize("target", CASES)
def test_it_refuses_only_as_it_says(target):
    assert run(target, 15) >= 10


def test_a_parser_that_breaks_is_found():
    def breaks(data):
        raise KeyError("no")

    from hypothesis import strategies as st

    with pytest.raises(KeyError):
        run(Target("broken", st.text(), breaks, (ValueError,)), 5)
