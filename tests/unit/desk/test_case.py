import dataclasses
from datetime import timedelta

import pytest
from care.samples import raise_sample
from sqlalchemy.exc import OperationalError

from bot.care import database, handling
from bot.care.clock import now
from bot.channels import database as channels
from bot.channels.messaging.inbox import Inbox
from bot.channels.messaging.received import Received
from bot.desk import case

NUMBER = "+447700900123"


def alert_of(settings, channel, address=NUMBER):
    """Let somebody write through a messaging app; return the id of the alert about it."""
    inbox = Inbox(channels.engine(channels.address(settings)), channel)
    her = inbox.take(Received(f"{channel} 1", channel, address, "my lips are swelling"))
    with database.transaction(settings) as session:
        return raise_sample(session, conversation_id=her.conversation, channel=channel).id


def number(settings, alert_id):
    with database.reading(settings) as session:
        (shown, _) = case.read(session, settings, alert_id).call_back
    return shown.value, shown.dial


@pytest.fixture
def clinic(settings, tmp_path):
    return dataclasses.replace(settings, channel_database=f"sqlite:///{tmp_path}/channels.db")


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_a_nurse_sees_the_number_she_writes_from(clinic, tmp_path, channel):
    assert number(clinic, alert_of(clinic, channel)) == (NUMBER, True)
    assert NUMBER.encode() not in (tmp_path / "channels.db").read_bytes()


@pytest.mark.parametrize("channel", ["telegram", "web"])
def test_an_id_that_nobody_can_dial_is_no_number(clinic, channel):
    shown, dial = number(clinic, alert_of(clinic, channel, "7394021"))
    assert "not known" in shown and not dial


@pytest.mark.parametrize("agreed", [True, False])
def test_after_it_is_resolved_the_number_is_shown_only_if_she_agreed(clinic, agreed):
    alert_id = alert_of(clinic, "sms")
    with database.transaction(clinic) as session:
        alert = handling.resolve(
            session, alert_id, nurse="Ada", outcome="routine", reason="called her"
        )
        alert.episode.patient.consent_at = now() - timedelta(days=1) if agreed else None
    shown, dial = number(clinic, alert_id)
    assert (shown, dial) == (NUMBER, True) if agreed else ("not shown" in shown and not dial)


def test_an_alert_is_shown_also_when_the_channels_database_is_away(clinic, monkeypatch, caplog):
    alert_id = alert_of(clinic, "sms")

    def away(*_):
        raise OperationalError("select", {}, Exception(NUMBER))

    monkeypatch.setattr(case, "telephone_number", away)
    assert number(clinic, alert_id) == ("cannot be read now; write to her here", False)
    assert "OperationalError" in caplog.text and NUMBER not in caplog.text
