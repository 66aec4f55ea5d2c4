from datetime import timedelta

from care.samples import raise_sample

from bot.care import audit, database
from bot.care.clock import now
from bot.care.models import Alert, AuditEvent, Message, Patient
from bot.privacy.purge import PURGED, purge

from .conftest import close_episodes, event

LONG_AGO = now() - timedelta(days=4000)


def test_a_closed_episode_goes_when_its_time_is_over_and_an_open_one_stays(settings, her):
    close_episodes(settings, LONG_AGO)
    with database.transaction(settings) as session:
        raise_sample(session, conversation_id="open")
    planned = purge(settings, dry_run=True)
    assert planned["closed_episodes: care.messages"] == 1
    with database.reading(settings) as session:
        assert session.query(Message).count() == 2
    assert purge(settings) == planned
    with database.reading(settings) as session:
        assert [alert.episode.patient.conversation_id for alert in session.query(Alert)] == ["open"]
        # Her plan is young, so she is kept.
        assert session.query(Patient).count() == 2
        assert session.query(AuditEvent).filter_by(action=PURGED).count() == 1
        assert session.query(AuditEvent).filter_by(action=audit.RAISED).count() == 2


def test_old_words_go_and_a_session_that_goes_on_stays_whole(settings):
    old, young = LONG_AGO.timestamp(), now().timestamp()
    event(settings, "idle", "an old word of somebody", old)
    event(settings, "back", "an earlier session", old)
    event(settings, "back", "", old, kind="session_started")
    event(settings, "back", "the same session", old)
    event(settings, "back", "the same session", young)
    event(settings, "with a nurse", "an old emergency", old)
    with database.transaction(settings) as session:
        raise_sample(session, conversation_id="with a nurse")
    assert purge(settings)["conversations: conversations.events"] == 2
    assert purge(settings)["conversations: conversations.events"] == 0
