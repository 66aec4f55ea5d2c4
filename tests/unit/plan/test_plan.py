import json
from datetime import date, datetime, timezone

import pytest
from icalendar import Calendar

from bot.plan.calendar import as_calendar
from bot.plan.model import LONGEST_ANSWER, Plan
from bot.plan.page import as_page

MADE_AT = datetime(2026, 11, 22, 9, 30, tzinfo=timezone.utc)
PLAN = (
    Plan(symptoms=("a sore arm",))
    .with_answer("labs", "B12 and <b>MMA</b>")
    .with_answer("schedule", "every 3 months, for life")
    .with_answer("own_questions", "Can I take iron?")
    .with_dates("injection", (date(2026, 12, 3),))
    .with_dates("tests", (date(2027, 2, 1),))
)


def test_it_survives_being_stored():
    assert Plan.from_plain(json.loads(json.dumps(PLAN.to_plain()))) == PLAN
    assert Plan.from_plain({}) == Plan()
    assert Plan().is_empty and not PLAN.is_empty


def test_a_second_answer_replaces_the_first_and_questions_add_up():
    plan = PLAN.with_answer("labs", "only B12").with_answer("own_questions", "And folate?")
    plan = plan.with_answer("own_questions", "And folate?")
    assert plan.labs == "only B12"
    assert plan.questions == ("Can I take iron?", "And folate?")
    assert plan.with_dates("injection", ()).dates == PLAN.dates[1:]


def test_what_is_too_long_is_cut_and_an_unknown_part_is_named():
    assert len(Plan().with_answer("tests", "x" * 5000).tests) == LONGEST_ANSWER
    with pytest.raises(ValueError, match="dose"):
        Plan().with_answer("dose", "1 mg")


def test_the_page_shows_her_words_as_text_and_runs_nothing():
    page = as_page(PLAN, clinic={"name": "Elm Clinic"}, call_line="call 112", calendar="x.ics")
    assert "B12 and &lt;b&gt;MMA&lt;/b&gt;" in page
    assert "Can I take iron?" in page and "a sore arm" in page
    assert "Thursday, 3 December 2026" in page
    assert "call 112" in page and "Elm Clinic" in page
    assert "I do not know yet" in page, "tests were not answered"
    assert "<script" not in page and "style=" not in page


def test_the_calendar_has_each_day_with_a_reminder_and_names_no_treatment_in_its_title():
    calendar = Calendar.from_ical(as_calendar(PLAN, made_at=MADE_AT))
    events = list(calendar.walk("VEVENT"))
    assert [event.decoded("dtstart") for event in events] == [date(2026, 12, 3), date(2027, 2, 1)]
    for event in events:
        assert len(list(event.walk("VALARM"))) == 1
        assert "B12" not in str(event["summary"]) and "injection" not in str(event["summary"])


def test_the_same_day_imported_twice_is_one_entry():
    first, second = (
        [
            str(event["uid"])
            for event in Calendar.from_ical(as_calendar(p, made_at=MADE_AT)).walk("VEVENT")
        ]
        for p in (PLAN, PLAN.with_answer("labs", "other"))
    )
    assert first == second and len(set(first)) == 2
