from datetime import datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.care.ladder import Address, Hours, Ladder, Shift, Tier, as_plain, from_plain

PEOPLE = {
    "day": {"sms": Address("sms://day"), "mail": Address("mail://day")},
    "night": {"sms": Address("sms://night")},
    "boss": {"sms": Address("sms://boss")},
}
ROTA = {
    "nurse": (
        Shift(("day",), Hours((0, 1, 2, 3, 4), time(7), time(19))),
        Shift(("night",), Hours((0, 1, 2, 3, 4), time(19), time(7))),
        Shift(("night",), Hours((5, 6), time(7), time(7))),
    ),
    "nobody": (),
}
MONDAY = datetime(2026, 11, 23, tzinfo=timezone.utc)

moments = st.datetimes(
    datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(timezone.utc)
)
waits = st.integers(0, 600).map(lambda minutes: timedelta(minutes=minutes))
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
hours = st.builds(
    Hours,
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    times,
    times,
)


ANY_HOURS = st.one_of(st.none(), hours)


@st.composite
def ladders(draw, working=ANY_HOURS):
    afters = sorted(draw(st.lists(waits, min_size=1, max_size=5)))
    return Ladder(
        tiers=tuple(Tier("nurse", after) for after in afters),
        repeat=timedelta(minutes=draw(st.integers(1, 120))),
        people=PEOPLE,
        rota=ROTA,
        time_zone=draw(
            st.sampled_from(["UTC", "Europe/London", "America/New_York", "Asia/Kolkata"])
        ),
        working_hours=draw(working),
        acknowledgement_lasts=draw(st.one_of(st.none(), st.just(timedelta(minutes=15)))),
    )


def climb(ladder, start, steps=9, late=timedelta(0)):
    due, found = ladder.first_due(start), []
    for number in range(1, steps + 1):
        found.append(due)
        due = ladder.next_due(number, due, due + late)
    return found


def simple(**changes):
    tiers = (Tier("nurse", timedelta(0)), Tier("boss", timedelta(minutes=2)))
    plan = {"tiers": tiers, "repeat": timedelta(minutes=5), "people": PEOPLE, "rota": ROTA}
    return Ladder(**{**plan, **changes})


@settings(max_examples=60, deadline=None)
@given(ladders(working=st.none()), moments)
def test_an_emergency_keeps_to_its_minutes_at_every_hour(ladder, start):
    found = climb(ladder, start)
    assert found[: len(ladder.tiers)] == [start + tier.after for tier in ladder.tiers]
    later = found[len(ladder.tiers) - 1 :]
    assert all(b - a == ladder.repeat for a, b in pairwise(later))


@settings(max_examples=60, deadline=None)
@given(ladders(working=hours), moments)
def test_where_only_working_hours_count_nobody_is_told_outside_of_them(ladder, start):
    found = climb(ladder, start)
    zone = ZoneInfo(ladder.time_zone)
    assert all(ladder.working_hours.contains(due.astimezone(zone)) for due in found)
    assert found == sorted(found) and found[0] >= start


@settings(max_examples=60, deadline=None)
@given(ladders(), moments, waits)
def test_repetitions_keep_their_distance_however_late_the_service_is(ladder, start, late):
    found = climb(ladder, start, late=late)[len(ladder.tiers) - 1 :]
    assert all(b - a >= ladder.repeat for a, b in pairwise(found))


@settings(max_examples=60, deadline=None)
@given(ladders(), moments)
def test_the_copy_in_an_alert_decides_as_the_ladder_did(ladder, start):
    kept = {}

    def seal(address):
        kept[str(len(kept))] = address
        return str(len(kept) - 1)

    assert from_plain(as_plain(ladder, seal), kept.__getitem__) == ladder


@settings(max_examples=60, deadline=None)
@given(hours, moments)
def test_a_shift_is_held_or_not_and_the_next_one_is_found_within_eight_days(working, moment):
    ladder = simple(working_hours=working, time_zone="Europe/London")
    opening = ladder.opening(moment)
    assert moment <= opening <= moment + timedelta(days=8)
    assert ladder.opening(opening) == opening


def test_the_rota_says_who_holds_a_role():
    at = {
        MONDAY + timedelta(hours=6, minutes=59): ("night",),  # Monday before seven: Sunday's shift
        MONDAY + timedelta(hours=7): ("day",),
        MONDAY + timedelta(hours=19): ("night",),
        MONDAY + timedelta(days=5, hours=12): ("night",),
    }
    for moment, people in at.items():
        assert simple().on_duty("nurse", moment) == people, moment
    summer = datetime(2026, 7, 6, 6, 30, tzinfo=timezone.utc)
    assert simple(time_zone="Europe/London").on_duty("nurse", summer) == ("day",)


def test_a_gap_of_the_rota_at_the_end_of_the_weekend_reaches_nobody():
    rota = {"nurse": (Shift(("day",), Hours((0,), time(7), time(19))),)}
    assert simple(rota=rota).recipients(1, MONDAY) == []


def test_steps_tell_their_tier_and_then_everybody_once():
    def names(number):
        return [r.name for r in simple().recipients(number, MONDAY + timedelta(hours=8))]

    assert names(1) == ["day (sms)", "day (mail)"]
    assert names(2) == ["boss (sms)"]
    assert names(3) == names(9) == ["day (sms)", "day (mail)", "boss (sms)"]


def test_a_tier_may_choose_some_of_the_ways():
    ladder = simple(tiers=(Tier("nurse", timedelta(0), ("mail",)),))
    told = ladder.recipients(1, MONDAY + timedelta(hours=8))
    assert [recipient.name for recipient in told] == ["day (mail)"]


def test_tiers_that_were_missed_while_the_service_was_down_come_at_once():
    ladder, restarted = simple(), MONDAY + timedelta(hours=1)
    assert ladder.next_due(1, MONDAY, restarted) < restarted
    assert ladder.next_due(2, MONDAY, restarted) == restarted + timedelta(minutes=5)
