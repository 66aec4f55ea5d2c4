from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.plan.dates import add_months, days_in

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("my next one is on 14 March", [date(2027, 3, 14)]),
        ("March 14th, 2027 at ten", [date(2027, 3, 14)]),
        ("the 3rd of December and 2027-01-05", [date(2026, 12, 3), date(2027, 1, 5)]),
        ("5/12", [date(2026, 12, 5)]),
        ("25/12/26", [date(2026, 12, 25)]),
        ("12/25", [date(2026, 12, 25)]),
        ("every 3 months, next on Tuesday", [date(2026, 11, 24)]),
        ("in 3 months", [date(2027, 2, 22)]),
        ("blood test in two weeks", [date(2026, 12, 6)]),
        ("tomorrow!", [date(2026, 11, 23)]),
        ("Dec 1, then Dec 1", [date(2026, 12, 1)]),
    ],
)
def test_days_are_found_as_people_write_them(text, days):
    assert list(days_in(text, today=TODAY)) == days


@pytest.mark.parametrize(
    "text",
    [
        "I don't know",
        "B12 was 140 and MMA 0.6",
        "1/2 tablet",
        "31/2",
        "every 3 months for life",
        "last one was 3 October 2026",
        "12.5 pmol",
        "in 2000 weeks",
    ],
)
def test_what_is_no_day_ahead_is_no_date(text):
    assert days_in(text, today=TODAY) == ()


def test_the_order_of_day_and_month_follows_the_country():
    assert days_in("3/4/2027", today=TODAY) == (date(2027, 4, 3),)
    assert days_in("3/4/2027", today=TODAY, month_first=True) == (date(2027, 3, 4),)


def test_a_month_later_is_a_day_of_that_month():
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)


@given(st.text(max_size=300), st.booleans())
def test_any_text_gives_days_ahead_or_none(text, month_first):
    for day in days_in(text, today=TODAY, month_first=month_first):
        assert TODAY <= day <= TODAY + timedelta(days=3 * 366)
