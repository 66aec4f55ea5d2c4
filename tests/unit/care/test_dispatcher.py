import logging
import multiprocessing
import os
import socket
import time
from datetime import timedelta
from email import message_from_string

import pytest

from bot.care import audit, database, outbox
from bot.care.alerts import get_alert
from bot.care.clock import now
from bot.care.dispatcher import MOST_TO_ONE_SERVICE, Dispatcher
from bot.care.models import Delivery
from bot.triage.vocabulary import Level

from .conftest import settings_in, telling
from .receivers import MailServer, WebServer, serving
from .samples import raise_sample


def raised(settings, **changes):
    with database.transaction(settings) as session:
        return raise_sample(session, **changes).id


def deliveries(settings):
    with database.reading(settings) as session:
        return {row.recipient.split(" (")[0]: row for row in session.query(Delivery)}


def every_delivery(settings):
    with database.reading(settings) as session:
        return list(session.query(Delivery))


def make_due(settings, **changes):
    with database.transaction(settings) as session:
        for delivery in session.query(Delivery).filter(Delivery.state != "sent"):
            delivery.due_at = now() - timedelta(seconds=1)
            for name, value in changes.items():
                setattr(delivery, name, value)


def test_a_mail_reaches_a_mail_server_and_holds_a_link_and_a_level_only(settings):
    with serving(MailServer()) as server:
        clinic = telling(settings, nurse=server.url)
        alert_id = raised(clinic)
        assert Dispatcher(clinic).run_once() == 1
        assert Dispatcher(clinic).run_once() == 0
    mail = message_from_string(server.mails[0])
    body = "".join(
        part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()
    )
    assert len(server.mails) == 1
    assert "EMERGENCY" in str(mail["Subject"])
    assert f"/desk/alerts/{alert_id}" in body
    for word in ("lips", "wheez", "jab", "Lip swelling", "33"):
        assert word not in body
    assert deliveries(clinic)["nurse"].state == "sent"
    with database.reading(clinic) as session:
        actions = [event.action for event in audit.timeline(session, alert_id)]
    assert actions == [audit.RAISED, audit.STEP_TAKEN, audit.DELIVERED]


def test_a_receiver_that_fails_is_tried_later_and_the_other_gets_its_own_at_once(settings):
    with serving(WebServer()) as good, serving(WebServer()) as bad:
        bad.status = 503
        clinic = telling(settings, good=good.url, bad=bad.url)
        raised(clinic)
        Dispatcher(clinic).run_once()
        rows = deliveries(clinic)
        assert (rows["good"].state, rows["bad"].state) == ("sent", "due")
        assert rows["bad"].due_at > now() and rows["bad"].attempts == 1
        assert "refused" in rows["bad"].last_error
        assert Dispatcher(clinic).run_once() == 0
        # A new dispatcher, as after a restart, finds the retry in the database.
        bad.status = 200
        make_due(clinic)
        assert Dispatcher(clinic).run_once() == 1
        assert deliveries(clinic)["bad"].state == "sent"
    assert len(good.posts) == len(bad.posts) == 1


def test_a_resend_carries_the_same_reference(settings):
    with serving(WebServer()) as server:
        clinic = telling(settings, nurse=server.url)
        raised(clinic)
        Dispatcher(clinic).run_once()
        with database.transaction(clinic) as session:
            # As if the process had died after the send and before its record.
            session.query(Delivery).one().state = "due"
        Dispatcher(clinic).run_once()
    assert len(server.posts) == 2
    assert server.posts[0]["message"] == server.posts[1]["message"]
    assert deliveries(clinic)["nurse"].idempotency_key in server.posts[0]["message"]


def test_a_service_that_hangs_does_not_hold_up_another(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent, serving(WebServer()) as good:
        port = silent.getsockname()[1]
        clinic = telling(settings, silent=f"json://127.0.0.1:{port}/?rto=60", good=good.url)
        raised(clinic)
        Dispatcher(clinic, send_seconds=0.5).run_once()
        rows = deliveries(clinic)
    assert rows["good"].state == "sent"
    assert (rows["silent"].state, rows["silent"].last_error) == (
        "due",
        "The service did not answer in time.",
    )


def test_many_messages_to_a_service_that_hangs_leave_room_for_the_others(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent, serving(WebServer()) as good:
        port = silent.getsockname()[1]
        clinic = telling(settings, silent=f"json://127.0.0.1:{port}/?rto=60", good=good.url)
        alerts = MOST_TO_ONE_SERVICE + 4
        for number in range(alerts):
            raised(clinic, conversation_id=f"patient {number}")
        dispatcher = Dispatcher(clinic, send_seconds=30)
        # What hangs is under way all the time; only the rest may come to its end.
        until = time.monotonic() + 20
        while len(good.posts) < alerts and time.monotonic() < until:
            dispatcher.work()
            time.sleep(0.05)
        assert len(good.posts) == alerts
        assert sum(row.state == "sending" for row in every_delivery(clinic)) >= MOST_TO_ONE_SERVICE


def test_an_address_nobody_understands_fails_for_good_and_stays_visible(settings):
    clinic = telling(settings, nurse="unknown://somewhere")
    alert_id = raised(clinic)
    Dispatcher(clinic).run_once()
    assert deliveries(clinic)["nurse"].state == "failed"
    with database.reading(clinic) as session:
        assert audit.timeline(session, alert_id)[-1].action == audit.DELIVERY_FAILED
        (given_up,) = outbox.failed(session)
    with database.transaction(clinic) as session:
        assert outbox.try_again(session, given_up.id, nurse="Ada", at=now())
    assert Dispatcher(clinic).run_once() == 1


def test_editing_the_settings_cannot_strand_an_alert_under_way(settings):
    with serving(WebServer()) as before, serving(WebServer()) as after:
        alert_id = raised(telling(settings, nurse=before.url))
        # Taken out: the alert still knows the address. Corrected: the new one is used.
        Dispatcher(telling(settings, other=after.url)).run_once()
        with database.transaction(settings) as session:
            session.query(Delivery).one().state = "due"
        Dispatcher(telling(settings, nurse=after.url)).run_once()
    assert (len(before.posts), len(after.posts)) == (1, 1)
    with database.reading(settings) as session:
        assert str(before.server_address[1]) not in str(get_alert(session, alert_id).ladder)


def test_after_the_last_attempt_a_human_has_to_look(settings):
    with serving(WebServer()) as server:
        server.status = 500
        clinic = telling(settings, nurse=server.url)
        raised(clinic)
        make_due(clinic, attempts=outbox.MOST_ATTEMPTS - 1)
        Dispatcher(clinic).run_once()
    assert deliveries(clinic)["nurse"].state == "failed"


def test_without_recipients_a_log_line_tells_of_the_alert_without_her_words(settings, caplog):
    alert_id = raised(settings)
    with caplog.at_level(logging.DEBUG):
        Dispatcher(settings).run_once()
    assert alert_id in caplog.text and "EMERGENCY" in caplog.text
    assert "wheezing" not in caplog.text and "Lip swelling" not in caplog.text


@pytest.mark.services
def test_a_process_killed_between_the_transaction_and_the_send_loses_nothing(settings):
    with serving(WebServer()) as server:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=_raise_claim_and_die, args=(settings.folder, server.url))
        process.start()
        process.join(60)
        assert process.exitcode == 9
        clinic = telling(settings, nurse=server.url)
        assert Dispatcher(clinic).run_once() == 0
        make_due(clinic, claimed_until=now() - timedelta(seconds=1))
        assert Dispatcher(clinic).run_once() == 1
    assert len(server.posts) == 1


def _raise_claim_and_die(folder, url):
    clinic = telling(settings_in(folder), nurse=url)
    raised(clinic)
    with database.transaction(clinic) as session:
        assert outbox.claim_due(session, owner="dying", at=now())
    os._exit(9)


def test_two_dispatchers_never_claim_the_same_delivery(settings):
    for number in range(6):
        raised(settings, conversation_id=str(number))
    with database.transaction(settings) as session:
        first = outbox.claim_due(session, owner="a", at=now(), limit=4)
    with database.transaction(settings) as session:
        second = outbox.claim_due(session, owner="b", at=now(), limit=4)
    assert (len(first), len(second)) == (4, 2)
    assert not {claim.delivery_id for claim in first} & {claim.delivery_id for claim in second}


def test_emergencies_are_claimed_before_older_routine_alerts(settings):
    raised(settings, conversation_id="routine", level=Level.ROUTINE)
    raised(settings, conversation_id="emergency", level=Level.EMERGENCY_NOW)
    with database.transaction(settings) as session:
        (claim,) = outbox.claim_due(session, owner="a", at=now(), limit=1)
    assert claim.level is Level.EMERGENCY_NOW


def test_waiting_grows_to_a_limit_and_varies():
    assert 2.5 <= outbox.retry_seconds(1) <= 5
    assert 20 <= outbox.retry_seconds(4) <= 40
    assert 150 <= outbox.retry_seconds(50) <= 300
    assert len({outbox.retry_seconds(4) for _ in range(10)}) > 1
