"""What a nurse does on the page of an alert, and what happens when somebody was first."""

import re

import pytest
from care.samples import raise_sample
from sqlalchemy import select

from bot.care import audit, database, handling
from bot.care.alerts import acknowledge, get_alert
from bot.care.models import Delivery, OutgoingMessage
from bot.desk import accounts
from bot.triage.vocabulary import Level

from .conftest import NAME, PASSWORD


@pytest.fixture
def alert_id(settings):
    with database.transaction(settings) as session:
        return raise_sample(session).id


class Page:
    """The page of an alert as it was when it was loaded."""

    def __init__(self, browser, alert_id):
        self.browser, self.path = browser, f"/desk/alerts/{alert_id}"
        html = browser.get(self.path).text
        self.html = html
        self.hidden = {
            name: re.search(f'name="{name}" value="([^"]*)"', html).group(1)
            for name in ("csrf", "version")
        }
        press = re.search('name="press" value="([^"]+)"', html)
        self.hidden["press"] = press.group(1) if press else ""

    def send(self, action, **fields):
        return self.browser.post(f"{self.path}/{action}", data={**self.hidden, **fields})


def stored(settings, alert_id):
    with database.reading(settings) as session:
        return get_alert(session, alert_id)


def words_to_her(settings):
    with database.reading(settings) as session:
        rows = session.execute(select(OutgoingMessage).where(OutgoingMessage.kind == "text"))
        return [(row.text, row.author_name) for row in rows.scalars()]


def test_a_nurse_goes_from_acknowledging_to_resolving(nurse, settings, alert_id):
    assert Page(nurse, alert_id).send("acknowledge").status_code == 200
    Page(nurse, alert_id).send("take-over")
    assert stored(settings, alert_id).episode.taken_over_by == NAME
    Page(nurse, alert_id).send("write", text="I am a nurse. Is the ambulance there?")
    assert words_to_her(settings) == [("I am a nurse. Is the ambulance there?", NAME)]
    page = Page(nurse, alert_id)
    assert "Is the ambulance there?" in page.html and "on its way" in page.html
    page.send("hand-back")
    assert stored(settings, alert_id).episode.taken_over_by is None
    Page(nurse, alert_id).send("note", note="Husband is with her.")
    assert "Husband is with her." in Page(nurse, alert_id).html
    answer = Page(nurse, alert_id).send(
        "resolve", outcome="true emergency", reason="Ambulance took her."
    )
    assert answer.url.path == "/desk" and alert_id not in answer.text
    done = stored(settings, alert_id)
    assert (done.outcome, done.resolved_by) == ("true emergency", NAME)
    assert "Ambulance took her." in nurse.get(f"/desk/alerts/{alert_id}").text


def test_the_level_is_lowered_with_a_reason_only(nurse, settings, alert_id):
    page = Page(nurse, alert_id)
    assert page.send("lower", level="ROUTINE").status_code == 409
    assert page.send("lower", level="nonsense", lower_reason="x").status_code == 409
    assert stored(settings, alert_id).level is Level.EMERGENCY_NOW
    assert (
        page.send("lower", level="ROUTINE", lower_reason="She meant last year").status_code == 200
    )
    assert stored(settings, alert_id).level is Level.ROUTINE
    assert "lowered this from Emergency now" in Page(nurse, alert_id).html


def test_an_alert_is_given_to_a_colleague_who_may_have_it(nurse, settings, alert_id):
    accounts.add_user(settings, "Ben", PASSWORD, "nurse")
    accounts.add_user(settings, "Cleo", PASSWORD, "auditor")
    page = Page(nurse, alert_id)
    assert "<option>Ben</option>" in page.html and "Cleo" not in page.html
    for nobody in ("Cleo", "Nobody", ""):
        assert page.send("assign", to=nobody).status_code == 409
    page.send("assign", to="Ben")
    assert stored(settings, alert_id).assigned_to == "Ben"
    assert "Ben</strong> has this" not in page.html
    # Who takes it has it: no second press is needed to stop the ladder.
    Page(nurse, alert_id).send("assign", to=NAME)
    assert stored(settings, alert_id).acknowledged_by == NAME


@pytest.mark.parametrize("outcome, reason", [("", "why"), ("nonsense", "why"), ("routine", " ")])
def test_resolving_needs_an_outcome_and_a_reason(nurse, settings, alert_id, outcome, reason):
    answer = Page(nurse, alert_id).send("resolve", outcome=outcome, reason=reason)
    assert answer.status_code == 409
    assert stored(settings, alert_id).resolved_at is None


def test_what_is_resolved_at_once_counts_as_acknowledged(nurse, settings, alert_id):
    Page(nurse, alert_id).send("resolve", outcome="false alarm", reason="She quoted a leaflet.")
    assert stored(settings, alert_id).acknowledged_by == NAME


def ben_does(settings, alert_id, action):
    with database.transaction(settings) as session:
        who = {"nurse": "Ben"}
        if action == "acknowledge":
            acknowledge(session, alert_id, **who)
        elif action == "take over":
            handling.take_over(session, alert_id, **who)
        elif action == "lower":
            handling.lower_level(
                session,
                alert_id,
                **who,
                seen=Level.EMERGENCY_NOW,
                level=Level.ROUTINE,
                reason="old",
            )
        elif action == "resolve":
            handling.resolve(session, alert_id, **who, outcome="routine", reason="called")
        elif action == "assign":
            handling.assign(session, alert_id, **who, to="Cleo")


FORMS = {
    "acknowledge": {},
    "assign": {"to": NAME},
    "note": {"note": "my note"},
    "take-over": {},
    "write": {"text": "my words"},
    "hand-back": {},
    "lower": {"level": "ROUTINE", "lower_reason": "my reason"},
    "resolve": {"outcome": "false alarm", "reason": "my reason"},
}


@pytest.mark.parametrize("first", ["acknowledge", "take over", "lower", "resolve", "assign"])
def test_the_second_nurse_overwrites_nothing_and_reads_who_was_first(
    nurse, settings, alert_id, first
):
    page = Page(nurse, alert_id)
    ben_does(settings, alert_id, first)
    before = stored(settings, alert_id)
    for action, fields in FORMS.items():
        answer = page.send(action, **fields)
        assert answer.status_code == 409, action
        assert "Ben was first" in answer.text, action
        # What she had typed is not lost, as long as there is still a form for it.
        if action == "note" or (action in ("lower", "resolve") and first == "acknowledge"):
            assert next(iter(value for value in fields.values() if "my" in value)) in answer.text
    after = stored(settings, alert_id)
    for name in ("level", "acknowledged_by", "assigned_to", "outcome", "resolved_by"):
        assert getattr(after, name) == getattr(before, name)
    assert after.episode.taken_over_by == before.episode.taken_over_by
    assert words_to_her(settings) == []


def test_a_patient_who_raised_the_level_stops_a_form_of_before(nurse, settings):
    with database.transaction(settings) as session:
        alert_id = raise_sample(session, level=Level.URGENT_SAME_DAY).id
    page = Page(nurse, alert_id)
    with database.transaction(settings) as session:
        raise_sample(session)
    answer = page.send("resolve", outcome="routine", reason="all well")
    assert answer.status_code == 409 and "Level raised by triage: Emergency now" in answer.text


def test_what_she_did_herself_in_another_window_stops_nothing(nurse, settings, alert_id):
    page = Page(nurse, alert_id)
    page.send("acknowledge")
    assert page.send("take-over").status_code == 200
    assert stored(settings, alert_id).episode.taken_over_by == NAME


def test_a_note_of_a_colleague_stops_nothing(nurse, settings, alert_id):
    page = Page(nurse, alert_id)
    with database.transaction(settings) as session:
        handling.add_note(session, alert_id, nurse="Ben", text="She sounds calm.")
    assert page.send("acknowledge").status_code == 200
    assert stored(settings, alert_id).acknowledged_by == NAME


def test_a_form_without_its_version_is_treated_as_the_oldest(nurse, settings, alert_id):
    page = Page(nurse, alert_id)
    page.hidden["version"] = ""
    ben_does(settings, alert_id, "acknowledge")
    assert page.send("resolve", outcome="routine", reason="x").status_code == 409


def test_words_sent_twice_reach_her_once_and_new_words_always(nurse, settings, alert_id):
    Page(nurse, alert_id).send("take-over")
    page = Page(nurse, alert_id)
    page.send("write", text="How are you now?")
    page.send("write", text="How are you now?")
    Page(nurse, alert_id).send("write", text="How are you now?")
    assert len(words_to_her(settings)) == 2


def test_nobody_writes_without_taking_over(nurse, settings, alert_id):
    answer = Page(nurse, alert_id).send("write", text="hello", press="x")
    assert answer.status_code == 409 and "Take over before you write" in answer.text


def test_what_did_not_reach_her_is_told_on_the_alert_and_the_queue(nurse, settings, alert_id):
    Page(nurse, alert_id).send("take-over")
    Page(nurse, alert_id).send("write", text="Please call us.")
    with database.transaction(settings) as session:
        for row in session.execute(select(OutgoingMessage)).scalars():
            row.state, row.last_error = "failed", "The 24-hour window is closed."
    page = nurse.get(f"/desk/alerts/{alert_id}").text
    assert "1 message did not reach her: The 24-hour window is closed." in page
    assert "not delivered" in page
    queue = nurse.get("/desk").text
    assert "Not everything reached the patients" in queue and "24-hour window" in queue


def test_who_saw_the_alert_is_told_once_each(nurse, settings, alert_id):
    for _ in range(3):
        page = nurse.get(f"/desk/alerts/{alert_id}").text
    assert page.count(f"Opened by {NAME}") == 1
    assert f'{NAME} <span class="muted">(3 times)</span>' in page


def test_each_act_is_in_the_audit_record(nurse, settings, alert_id):
    Page(nurse, alert_id).send("take-over")
    Page(nurse, alert_id).send("write", text="secret words")
    with database.reading(settings) as session:
        events = audit.timeline(session, alert_id)
    acts = {event.action for event in events if event.actor == NAME}
    assert {audit.OPENED, audit.ACKNOWLEDGED, audit.TAKEN_OVER, audit.WROTE} <= acts
    assert "secret" not in str([event.details for event in events])


def test_a_notification_that_was_given_up_is_shown_and_tried_again(nurse, settings, alert_id):
    with database.transaction(settings) as session:
        delivery = Delivery(
            alert_id=alert_id,
            recipient="ward phone (sms)",
            level=Level.EMERGENCY_NOW,
            idempotency_key="one",
            state="failed",
            last_error="No such number.",
        )
        session.add(delivery)
        session.flush()
        number = delivery.id
    page = Page(nurse, alert_id)
    assert "ward phone (sms) was not told: No such number." in page.html
    assert "could not be delivered" in nurse.get("/desk").text
    page.send("tell-again", delivery=str(number))
    # The dispatcher may have failed again by now, so what counts is that it was asked to try.
    assert f"{NAME} had ward phone (sms) told once more" in Page(nurse, alert_id).html
    for wrong in (str(number + 100), "x", ""):
        assert Page(nurse, alert_id).send("tell-again", delivery=wrong).status_code == 409
