"""Webhook and FHIR against real servers on loopback; mail and Apprise are in test_dispatcher."""

import asyncore
import email
import json
import runpy
import smtpd
import threading
import time

import pytest
from fhir.resources.R4B.bundle import Bundle

from bot.care import database, fhir, notify
from bot.care.dispatcher import Dispatcher
from bot.care.ladder import Address
from bot.care.models import Delivery
from bot.care.notification import Notification, PermanentFailure, TemporaryFailure
from bot.settings import PROJECT
from bot.triage.vocabulary import Level

from .conftest import telling
from .receivers import WebServer, serving
from .samples import TEXT, raise_sample

SECRET = "a secret of the ward system"
HERS = ("lips", "wheez", "jab", "Lip swelling", TEXT)
is_genuine = runpy.run_path(str(PROJECT / "docs/examples/verify_webhook.py"))["is_genuine"]


@pytest.fixture
def server():
    with serving(WebServer()) as made:
        yield made


def notification(settings, **changes):
    with database.transaction(settings) as session:
        alert = raise_sample(session)
        values = {"kind": "alert", "level": alert.level, "reference": "r:1", "with_text": False}
        return Notification.about(alert, link="http://desk/alerts/1", **{**values, **changes})


def deliver(settings, server, kind):
    clinic = telling(settings, ward=(f"{kind}+{server.web}/hook", SECRET))
    with database.transaction(clinic) as session:
        raise_sample(session)
    Dispatcher(clinic).run_once()
    return clinic


def test_a_webhook_is_signed_so_that_the_published_example_accepts_it(settings, server):
    clinic = deliver(settings, server, "webhook")
    ((path, headers, body),) = server.raw
    assert path == "/hook" and is_genuine(SECRET, headers, body)
    sent = json.loads(body)
    assert sent["level"] == "EMERGENCY_NOW" and "/desk/alerts/" in sent["link"]
    with database.reading(clinic) as session:
        (row,) = session.query(Delivery)
    assert headers["Idempotency-Key"] == sent["reference"] == row.idempotency_key
    assert row.state == "sent"
    assert not any(word in body.decode() for word in HERS)


def test_the_example_refuses_what_was_changed_replayed_or_signed_by_another(settings, server):
    deliver(settings, server, "webhook")
    ((_, headers, body),) = server.raw
    assert not is_genuine("another secret of somebody", headers, body)
    assert not is_genuine(SECRET, headers, body.replace(b"EMERGENCY_NOW", b"ROUTINE"))
    assert not is_genuine(SECRET, headers, body, now=time.time() + 301)
    assert not is_genuine(SECRET, {**headers, "X-B12-Timestamp": "1"}, body)
    assert not is_genuine(SECRET, {}, body)


def test_fhir_output_is_valid_posted_as_a_transaction_and_holds_none_of_her_words(settings, server):
    deliver(settings, server, "fhir")
    ((path, headers, body),) = server.raw
    assert (path, headers["Content-Type"]) == ("/hook", "application/fhir+json")
    assert headers["Authorization"] == f"Bearer {SECRET}"
    bundle = Bundle.parse_raw(body)
    kinds = [entry.resource.resource_type for entry in bundle.entry]
    assert bundle.type == "transaction"
    assert kinds == ["Patient", "DetectedIssue", "Task", "Communication"]
    patient = bundle.entry[0].fullUrl
    issue, task, communication = (entry.resource for entry in bundle.entry[1:])
    assert issue.patient.reference == task.for_fhir.reference == patient
    assert communication.subject.reference == patient
    assert task.focus.reference == communication.about[0].reference == bundle.entry[1].fullUrl
    assert (issue.severity, task.priority, communication.priority) == ("high", "stat", "stat")
    assert [c.coding[0].code for c in issue.evidence[0].code] == ["C-02", "WAO-1"]
    assert not any(word in body.decode() for word in HERS)


def test_a_resend_to_a_fhir_server_is_recognised_and_a_raised_level_updates(settings):
    told = notification(settings)
    first, again = fhir.bundle(told), fhir.bundle(told)
    assert first.json() == again.json()
    methods = {e.resource.resource_type: (e.request.method, e.request.url) for e in first.entry}
    assert methods["Task"][0] == methods["DetectedIssue"][0] == "PUT"
    assert methods["Communication"][0] == methods["Patient"][0] == "POST"
    assert all(e.request.ifNoneExist for e in first.entry if e.request.method == "POST")


def test_her_words_leave_only_when_the_operator_switched_it_on(settings):
    told = notification(settings, with_text=True)
    assert TEXT in told.body and TEXT in fhir.bundle(told).json()


@pytest.mark.parametrize(
    "status, failure",
    [(400, PermanentFailure), (422, PermanentFailure), (404, TemporaryFailure)]
    + [(code, TemporaryFailure) for code in (302, 401, 429, 500, 503)],
)
@pytest.mark.parametrize("kind", ["webhook", "fhir"])
def test_an_answer_that_cannot_change_is_told_apart_from_one_that_can(
    settings, server, kind, status, failure
):
    server.status = status
    with pytest.raises(failure, match=str(status)):
        notify.send("ward", Address(f"{kind}+{server.web}/x", SECRET), notification(settings))


def test_a_server_that_is_gone_is_tried_later_and_a_broken_address_is_not(settings):
    told = notification(settings, level=Level.ROUTINE)
    with pytest.raises(TemporaryFailure, match="does not answer"):
        notify.send("ward", Address("webhook+http://127.0.0.1:9/x", SECRET), told)
    with pytest.raises(PermanentFailure, match="not valid"):
        notify.send("ward", Address("webhook+ftp://127.0.0.1/x", SECRET), told)


class _MailSink(smtpd.SMTPServer):
    """The mail server of the standard library, which keeps what it accepts."""

    def __init__(self):
        self.sockets, self.mails = {}, []
        super().__init__(("127.0.0.1", 0), None, map=self.sockets, decode_data=True)

    def process_message(self, peer, mailfrom, rcpttos, data, **options):
        self.mails.append((mailfrom, rcpttos, email.message_from_string(data)))


@pytest.fixture
def mail_server():
    server, stopped = _MailSink(), threading.Event()

    def serve():
        while not stopped.is_set():
            asyncore.loop(timeout=0.05, map=server.sockets, count=1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server
    stopped.set()
    thread.join(5)
    server.close()


def test_a_mail_is_taken_by_an_smtp_server_and_holds_a_level_and_a_link_only(settings, mail_server):
    port = mail_server.socket.getsockname()[1]
    url = f"mailto://127.0.0.1:{port}?from=desk@clinic.example&to=ward@clinic.example"
    clinic = telling(settings, ward=url)
    with database.transaction(clinic) as session:
        alert_id = raise_sample(session).id
    assert Dispatcher(clinic).run_once() == 1
    ((sender, recipients, mail),) = mail_server.mails
    assert (sender, recipients) == ("desk@clinic.example", ["ward@clinic.example"])
    parts = [part for part in mail.walk() if not part.is_multipart()]
    body = "".join(part.get_payload(decode=True).decode() for part in parts)
    assert "EMERGENCY" in mail["Subject"] and f"/desk/alerts/{alert_id}" in body
    assert not any(word in body + mail["Subject"] for word in HERS)
