import pytest

from bot.screening import screen


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("blood pressure 165/112", "OB-09", {"systolic": 165, "diastolic": 112}),
        ("bp 145 92", "OB-09", {"systolic": 145, "diastolic": 92}),
        ("it was 165 over 112", "OB-09", {"systolic": 165, "diastolic": 112}),
        ("bp 82 over 45", "CI-08", {"systolic": 82, "diastolic": 45}),
        ("my temp is 38.6", "IN-01", {"celsius": 38.6}),
        ("temperature 101 f", "IN-01", {"celsius": 38.33}),
        ("temp 37.4", "IN-03", {"celsius": 37.4}),
        ("oximeter says 91", "BR-01", {"spo2": 91}),
        ("my watch says 140", "CI-04", {"heart_rate": 140}),
    ],
)
def test_measured_values(text, key, values):
    assert values in [dict(f.values) for f in screen(text).findings if f.key == key]


def test_a_normal_pressure_is_no_finding():
    assert not [f for f in screen("bp 118/72").findings if f.key in ("OB-09", "CI-08")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("pressure went from 170 to 125", set()), ("pressure went from 120 to 170", {"OB-09"})],
)
def test_of_two_pressures_the_later_one_holds(text, expected):
    assert {f.key for f in screen(text).findings} & {"OB-09", "CI-08"} == expected


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("dizzy since the injection 20 minutes ago", 20, 20),
        ("rash 12 days after the shot", 17280, 17280),
        ("I had my jab two hours ago", 120, 120),
        ("no injections for half a year", 259200, None),
    ],
)
def test_time_since_the_injection(text, least, most):
    since = screen(text).facts.since_injection
    assert (since.least, since.most) == (least, most)


@pytest.mark.parametrize(
    ("text", "weeks"), [("sore arm, 30 weeks", 30), ("34w3d and dizzy", 34 + 3 / 7)]
)
def test_weeks_of_pregnancy(text, weeks):
    assert screen(text).facts.weeks_pregnant == pytest.approx(weeks)
