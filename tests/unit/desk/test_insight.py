"""The figures, checked against numbers that are worked out by hand or by another library."""

import csv
import io
import re
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from care.samples import raise_sample
from scipy.stats import binomtest

from bot.care import audit, database, handling
from bot.care.alerts import acknowledge
from bot.care.models import Acknowledgement, Delivery, LadderStep
from bot.desk import charts, insight, insight_pages
from bot.desk.view import precise
from bot.triage.vocabulary import Level

from .conftest import enter

START = datetime(2026, 7, 1, 22, 30, tzinfo=timezone.utc)


def happened(settings, name, *, level=Level.EMERGENCY_NOW, acknowledged=None, outcome=None):
    """Store an alert of START; ``acknowledged`` is seconds later; it is resolved an hour later."""
    with database.transaction(settings) as session:
        alert = raise_sample(session, conversation_id=name, level=level)
        alert.created_at = START
        if acknowledged is not None:
            acknowledge(session, alert.id, nurse="=Ada")
            row = session.query(Acknowledgement).filter_by(alert_id=alert.id).one()
            row.at = START + timedelta(seconds=acknowledged)
        if outcome:
            handling.resolve(session, alert.id, nurse="Ada", outcome=outcome, reason="why")
            alert.episode.closed_at = START + timedelta(hours=1)
        return alert.id


def read(settings):
    with database.reading(settings) as session:
        return insight.records(session)


def test_times_count_from_the_alert_to_the_first_acknowledgement(settings):
    alert_id = happened(settings, "one", acknowledged=40, outcome="routine")
    happened(settings, "two")
    with database.transaction(settings) as session:
        late = START + timedelta(hours=3)
        session.add(Acknowledgement(alert_id=alert_id, level=4, nurse="Ben", at=late))
    first, second = sorted(read(settings), key=lambda each: each.resolved_at is None)
    assert (first.seconds_to_acknowledge, first.seconds_to_resolve) == (40, 3600)
    assert (second.seconds_to_acknowledge, second.seconds_to_resolve) == (None, None)


@pytest.mark.parametrize("count, total", [(0, 1), (1, 1), (0, 30), (3, 32), (50, 100), (999, 1000)])
def test_the_interval_is_wilsons(count, total):
    share = insight.wilson(count, total)
    expected = binomtest(count, total).proportion_ci(0.95, method="wilson")
    assert (share.low, share.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_no_cases_are_no_share_and_impossible_counts_are_refused():
    assert insight.wilson(0, 0).words == "no cases"
    for count, total in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="is not a share"):
            insight.wilson(count, total)


def test_false_alarms_are_counted_among_the_resolved_by_their_highest_level(settings):
    happened(settings, "one", outcome="false alarm")
    happened(settings, "two", outcome="true emergency")
    happened(settings, "three")
    happened(settings, "four", level=Level.ROUTINE, outcome="false alarm")
    found = read(settings)
    every, urgent = insight.false_alarms(found), insight.false_alarms(found, Level.EMERGENCY_NOW)
    assert (every.count, every.total, urgent.count, urgent.total) == (2, 3, 1, 2)


def test_hours_are_those_of_the_clinic(settings):
    happened(settings, "one")
    hours = insight.by_hour(read(settings), ZoneInfo("Europe/Dublin"))
    assert hours[Level.EMERGENCY_NOW][23] == 1 and sum(map(sum, hours.values())) == 1


def test_a_step_is_unanswered_when_the_next_one_was_taken_or_somebody_still_waits(settings):
    answered = happened(settings, "one", acknowledged=400)
    waiting = happened(settings, "two")
    with database.transaction(settings) as session:
        session.query(Delivery).delete()
        session.query(LadderStep).delete()
        for alert_id, numbers in ((answered, (1, 2, 3)), (waiting, (1,))):
            for number in numbers:
                session.add(
                    LadderStep(
                        alert_id=alert_id,
                        round=1,
                        number=number,
                        due_at=START,
                        state="sent",
                        sent_at=START,
                    )
                )
    with database.reading(settings) as session:
        found = {tier.number: (tier.taken, tier.unanswered) for tier in insight.tiers(session)}
    assert found == {1: (2, 2), 2: (1, 1), 3: (1, 0)}


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([7.0], 90, 7.0), ([1.0, 2.0, 3.0], 50, 2.0), (list(range(101)), 90, 90.0)],
)
def test_percentiles(values, percent, expected):
    assert insight.percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (80, "1 min 20 s"),
        (7500, "2 h 05 min"),
        (3e5, "3.5 days"),
    ],
)
def test_durations_are_said_with_two_units(seconds, said):
    assert precise(seconds) == said


def test_every_value_is_in_one_bar_and_edges_belong_below():
    counts = charts.binned([0, 30, 30.1, 60, 86400, 86401, 1e9])
    assert (counts[0], counts[1], counts[-2], counts[-1], sum(counts)) == (2, 2, 1, 2, 7)


def test_plots_say_what_they_show_and_hold_no_inline_style():
    svg = str(charts.durations({Level.EMERGENCY_NOW: [20, 40, 45]}, "Time <b>"))
    assert 'aria-label="Time &lt;b&gt;"' in svg and "style" not in svg
    assert re.findall(r'text-anchor="middle">(\d)</text>', svg)[:2] == ["1", "2"]
    hours = str(charts.hours({Level.ROUTINE: [0] * 23 + [4]}, "Hours"))
    assert hours.count("<rect") == 1 and ">4</text>" in hours


def test_an_export_has_no_words_and_nothing_that_a_spreadsheet_would_run(settings):
    happened(settings, "one", acknowledged=40, outcome="false alarm")
    text = insight_pages.as_csv(read(settings))
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["seconds_to_acknowledge"] == "40.0" and row["outcome"] == "false alarm"
    assert row["acknowledged_by"] == "'=Ada"
    assert row["raised_at"] == "2026-07-01T22:30:00+00:00"
    assert "puffy" not in text and "why" not in text


def test_the_page_shows_the_figures_and_the_export_is_recorded(browser, settings):
    enter(browser, settings, "Lea", "lead")
    assert "no cases" in browser.get("/desk/insight").text
    happened(settings, "one", acknowledged=80, outcome="false alarm")
    page = browser.get("/desk/insight?days=all").text
    assert "1 min 20 s" in page and "21 to 100 % (95 % Wilson), 1 of 1" in page
    assert "puffy" not in page
    answer = browser.get("/desk/insight.csv?days=all")
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(list(csv.reader(io.StringIO(answer.text)))) == 2
    with database.reading(settings) as session:
        acts = [(event.actor, event.action) for event in audit.events_after(session, 0)]
    assert ("Lea", "figures exported") in acts
