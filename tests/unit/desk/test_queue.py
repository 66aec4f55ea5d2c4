"""What the queue shows, in which order, and what is found in it."""

import re
from datetime import timedelta

import pytest
from care.samples import raise_sample

from bot.care import database, handling
from bot.care.alerts import acknowledge, get_alert
from bot.care.models import LadderStep
from bot.desk import queue
from bot.triage.vocabulary import Level

from .conftest import NAME


def raised(settings, name, level=Level.EMERGENCY_NOW, minutes=0, **changes):
    with database.transaction(settings) as session:
        alert = raise_sample(session, conversation_id=name, level=level, **changes)
        alert.level_since -= timedelta(minutes=minutes)
        return alert.id


def shown(page):
    return re.findall(r'<li class="row[^>]*?data-alert="([^"]+)"', page)


@pytest.fixture
def many(settings):
    """Alerts by name: two emergencies, one urgent, one routine that waits longest, one taken."""
    found = {
        "old": raised(settings, "old", minutes=9),
        "new": raised(settings, "new", minutes=1),
        "urgent": raised(settings, "urgent", Level.URGENT_SAME_DAY, 300),
        "routine": raised(settings, "routine", Level.ROUTINE, 900, text="my arm is sore"),
        "taken": raised(settings, "taken", Level.ROUTINE, 5),
    }
    with database.transaction(settings) as session:
        acknowledge(session, found["taken"], nurse=NAME)
    return found


def names(page, many):
    by_id = {alert_id: name for name, alert_id in many.items()}
    return [by_id[alert_id] for alert_id in shown(page)]


def test_the_most_urgent_comes_first_then_who_waits_longest(nurse, many):
    assert names(nurse.get("/desk").text, many) == ["old", "new", "urgent", "routine", "taken"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("level=EMERGENCY_NOW", ["old", "new"]),
        ("state=waiting&level=ROUTINE", ["routine"]),
        ("state=taken", ["taken"]),
        ("mine=1", ["taken"]),
        ("text=SORE", ["routine"]),
        ("text=br-02 wheez", ["old", "new", "urgent", "routine", "taken"]),
        ("text=wao-1&level=URGENT_SAME_DAY", ["urgent"]),
        ("text=nothing like it", []),
        ("level=nonsense&state=nonsense", ["old", "new", "urgent", "routine", "taken"]),
    ],
)
def test_the_filter_and_the_search_find_what_they_say(nurse, many, query, expected):
    for path in ("/desk", "/desk/queue"):
        assert names(nurse.get(f"{path}?{query}").text, many) == expected


def test_a_patient_is_found_by_her_pseudonym(nurse, settings, many):
    with database.reading(settings) as session:
        pseudonym = get_alert(session, many["urgent"]).episode.patient.pseudonym
    page = nurse.get("/desk", params={"text": pseudonym.lower()}).text
    assert names(page, many) == ["urgent"]


def test_a_filter_does_not_hide_that_somebody_waits(nurse, many):
    page = nurse.get("/desk?level=ROUTINE").text
    counts = dict(re.findall(r'data-count="(\w+)" data-number="(\d+)"', page))
    assert counts == {"EMERGENCY_NOW": "2", "URGENT_SAME_DAY": "1", "ROUTINE": "1"}
    assert "count everybody who waits" in page


def test_resolved_alerts_are_found_on_request(nurse, settings, many):
    with database.transaction(settings) as session:
        handling.resolve(session, many["old"], nurse="Ben", outcome="routine", reason="called")
    assert "old" not in names(nurse.get("/desk").text, many)
    assert names(nurse.get("/desk?state=resolved").text, many) == ["old"]


def test_what_she_searched_for_cannot_become_part_of_the_page(nurse):
    page = nurse.get("/desk", params={"text": '"><script>x</script>'}).text
    assert "<script>x" not in page


def test_a_long_queue_shows_the_most_urgent_and_says_how_many_more(nurse, settings, monkeypatch):
    monkeypatch.setattr(queue, "MOST_SHOWN", 2)
    for number in range(3):
        raised(settings, f"routine{number}", Level.ROUTINE)
    emergency = raised(settings, "emergency")
    page = nurse.get("/desk").text
    assert shown(page)[0] == emergency and len(shown(page)) == 2
    assert "2 more, less urgent, are not shown" in page


def test_the_clock_of_the_ladder_says_when_the_next_people_are_told(nurse, settings):
    alert_id = raised(settings, "one")
    with database.reading(settings) as session:
        (step,) = session.query(LadderStep).filter_by(alert_id=alert_id, state="due")
    for path in ("/desk", f"/desk/alerts/{alert_id}"):
        page = nurse.get(path).text
        assert re.search("(Charge nurse|On-call clinician|Everybody again) told", page)
        assert f'data-end="{step.due_at.isoformat()}"' in page


def test_a_part_that_is_still_the_same_is_not_sent_again(nurse, many):
    first = nurse.get("/desk/queue")
    again = nurse.get("/desk/queue", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_part_of_an_alert_stays_the_same_until_something_happens(nurse, settings, many):
    path = f"/desk/alerts/{many['taken']}"
    token = re.search(r'name="csrf" value="([^"]+)"', nurse.get(path).text).group(1)
    mark = nurse.get(f"{path}/live").headers["etag"]
    assert nurse.get(f"{path}/live", headers={"If-None-Match": mark}).status_code == 304
    nurse.post(f"{path}/note", data={"csrf": token, "note": "called her"})
    assert "called her" in nurse.get(f"{path}/live", headers={"If-None-Match": mark}).text
