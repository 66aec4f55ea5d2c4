"""A real care process for the tests of the desk, and a morning's worth of alerts to put into it."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from datetime import timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "unit"))

from care.conftest import settings_in, telling  # noqa: E402
from care.samples import TEXT, raise_sample  # noqa: E402
from care.test_sweeper import store  # noqa: E402
from sqlalchemy import delete, select  # noqa: E402

from bot.care import database, handling  # noqa: E402
from bot.care.alerts import acknowledge, list_alerts  # noqa: E402
from bot.care.clock import now  # noqa: E402
from bot.care.models import Acknowledgement, Delivery, LadderStep, OutgoingMessage  # noqa: E402
from bot.desk import access, api_tokens  # noqa: E402
from bot.service.processes import free_port  # noqa: E402
from bot.triage.vocabulary import (  # noqa: E402
    Assertion,
    Assessment,
    Context,
    Finding,
    Level,
    Subtype,
)

PASSWORD = "correct horse battery"


def until(condition):
    """Wait until a condition holds, for half a minute at most."""
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")


class Care:
    """A care process on a database of its own."""

    def __init__(self, folder, **environment):
        self.port = free_port()
        self.settings = settings_in(folder, care_port=self.port)
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = environment
        self.process = None

    _token = None

    def start(self):
        environment = {
            **os.environ,
            "BOT_STORAGE_FOLDER": str(self.settings.folder),
            "BOT_STORAGE_CARE_DATABASE": self.settings.care_database,
            "BOT_STORAGE_CONVERSATION_DATABASE": str(self.settings.conversation_database),
            "BOT_ESCALATION": str(self.settings.escalation),
            **self.environment,
        }
        command = [sys.executable, "-m", "bot.care.server", "--port", str(self.port)]
        self.log = open(self.settings.folder / "care.log", "ab")  # noqa: SIM115
        self.process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=self.log, stderr=self.log
        )
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError((self.settings.folder / "care.log").read_text())
            try:
                with urllib.request.urlopen(f"{self.address}/health/ready", timeout=2):
                    return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("care did not start")

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)
        self.log.close()
        return self.process.returncode

    def token(self):
        """Return a token of the API that may do everything."""
        if self._token is None:
            self._token = api_tokens.add(self.settings, "tests", api_tokens.SCOPES)
        return self._token

    def read(self, path):
        """Return what the API answers."""
        request = urllib.request.Request(
            self.address + path,
            headers={"Authorization": f"Bearer {self.token()}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def resolve_all(self):
        """Leave the queue empty for the next test."""
        with database.transaction(self.settings) as session:
            for alert in list_alerts(session, limit=5000):
                handling.resolve(
                    session, alert.id, nurse="Last test", outcome="routine", reason="done"
                )


def raised(care, **changes):
    """Raise a sample alert from this process, and return its id."""
    with database.transaction(care.settings) as session:
        return raise_sample(session, **changes).id


def fill(care):
    """Fill the desk with a morning of alerts, and return the id of the first emergency."""
    told = telling(care.settings, **{"Ward phone": "unknown://nowhere"})
    conversation = [
        ("user", "hi, had my b12 jab about 20 min ago", 65),
        ("bot", "Thank you for telling me. How are you feeling since then?", 64),
        ("user", TEXT, 32),
        ("bot", "This can be a serious allergic reaction. Call an ambulance now.", 32),
        ("bot", "A nurse has been told and can see what you wrote.", 31),
    ]
    for event, line, seconds in conversation:
        at = now() - timedelta(seconds=seconds)
        store(care.settings, text=line, event=event, intent="greet", message_id=None, at=at)
    with database.transaction(told) as session:
        first = raise_sample(session)
        emergency = first.id
        first.episode.patient.address = "+44 20 7946 0123"
    with database.transaction(care.settings) as session:
        text = "my arm where i had the shot is red and hot and its getting bigger, no fever tho"
        raise_plain(
            session,
            *("b", Level.EMERGENCY_NOW, Subtype.OBSTETRIC, "No movement felt since last night."),
            *("havent felt baby kick since last night, i'm 34 weeks", "baby kick", "OB-03"),
            context=Context(weeks_pregnant=34),
        )
        raise_plain(
            session,
            *("c", Level.URGENT_SAME_DAY, Subtype.INFECTION),
            "Red, hot and spreading at the injection site on day 3; no fever.",
            *(text, "red and hot", "IS-04", "no fever", "IN-01"),
            context=Context(minutes_since_injection=3 * 1440, weeks_pregnant=21),
        )
        taken = raise_plain(
            session,
            *("d", Level.URGENT_SAME_DAY, Subtype.NEURO),
            "Lasting headache with blurred vision once.",
            *("headache since monday and my eyes went blurry once", "headache", "NE-01"),
        )
        raise_plain(
            session,
            *("e", Level.ROUTINE, Subtype.LOCAL, "Sore arm for four days after the injection."),
            *("arm is still sore 4 days later is that ok", "arm is still sore", "IS-01"),
            context=Context(minutes_since_injection=4 * 1440, weeks_pregnant=16),
        )
        acknowledge(session, taken, nurse="Ada Nurse")
    with closing(sqlite3.connect(care.settings.folder / "care.db")) as connection, connection:
        connection.execute("UPDATE alerts SET level_since = datetime(level_since, '-32 seconds')")
        connection.execute(
            "UPDATE alerts SET level_since = datetime(level_since, '-41 minutes') WHERE level < 4"
        )
    return emergency


def history(care, count=160):
    """Leave the traces of the weeks before: alerts of every level, answered sooner or later."""
    chance = random.Random(5)
    usual = {
        Level.EMERGENCY_NOW: (75, 3 * 3600),
        Level.URGENT_SAME_DAY: (900, 8 * 3600),
        Level.ROUTINE: (4 * 3600, 30 * 3600),
    }
    outcomes = {
        Level.EMERGENCY_NOW: ("true emergency", "seen the same day", "false alarm"),
        Level.URGENT_SAME_DAY: ("seen the same day", "routine", "false alarm"),
        Level.ROUTINE: ("routine", "routine", "false alarm"),
    }
    with database.transaction(care.settings) as session:
        for number in range(count):
            level = chance.choices(list(usual), (2, 3, 5))[0]
            alert = raise_sample(session, conversation_id=f"old{number}", level=level)
            start = now() - timedelta(days=chance.uniform(1, 27))
            start = start.replace(hour=chance.choices(range(24), _WHEN)[0])
            took = timedelta(seconds=usual[level][0] * chance.lognormvariate(0, 0.9))
            nurse = chance.choice(["Ada Nurse", "Ben Okafor"])
            acknowledge(session, alert.id, nurse=nurse)
            outcome = chance.choices(outcomes[level], (6, 3, 2))[0]
            handling.resolve(session, alert.id, nurse=nurse, outcome=outcome, reason="Called her.")
            _backdate(session, alert, start, took, usual[level][1] * chance.lognormvariate(0, 0.7))


#: How often patients write in each hour of the day.
_WHEN = (4, 3, 3, 2, 2, 3, 5, 8, 10, 11, 10, 9, 8, 9, 9, 8, 8, 9, 11, 13, 14, 12, 9, 6)


def _backdate(session, alert, start, took, until_resolved):
    """Move what was just done into the past."""
    alert.created_at = alert.level_since = start
    alert.acknowledged_at = start + took
    alert.episode.closed_at = alert.resolved_at = start + took + timedelta(seconds=until_resolved)
    for said in session.execute(
        select(Acknowledgement).where(Acknowledgement.alert_id == alert.id)
    ).scalars():
        said.at = start + took
    for table in (Delivery, LadderStep):
        session.execute(delete(table).where(table.alert_id == alert.id))
    steps = [timedelta(0), timedelta(minutes=2), timedelta(minutes=5)]
    if alert.level is Level.URGENT_SAME_DAY:
        steps = [timedelta(0), timedelta(minutes=20), timedelta(minutes=45)]
    elif alert.level is Level.ROUTINE:
        steps = [timedelta(0), timedelta(hours=8)]
    for number, after in enumerate(steps, start=1):
        if after <= took:
            session.add(
                LadderStep(
                    alert_id=alert.id,
                    round=alert.ladder_round,
                    number=number,
                    due_at=start + after,
                    planned_at=start + after,
                    recipients=["Nurse on duty"],
                    state="sent",
                    sent_at=start + after,
                )
            )


def talk(care, alert_id, nurse, *lines):
    """Let a nurse take over and write; all but the last line reach the patient."""
    with database.transaction(care.settings) as session:
        handling.take_over(session, alert_id, nurse=nurse)
        for number, line in enumerate(lines):
            handling.write_to_patient(session, alert_id, nurse=nurse, text=line, key=str(number))
        rows = session.execute(
            select(OutgoingMessage).where(OutgoingMessage.kind == "text")
        ).scalars()
        for row in rows:
            row.state, row.attempts = "sent", 1
        row.state, row.last_error = "failed", "Her phone has been switched off for too long."


def raise_plain(session, conversation, level, subtype, summary, words, *spans, context=None):
    """Raise an alert about ``words``; ``spans`` are pairs of a piece of them and its row."""
    findings = []
    for piece, key in zip(spans[::2], spans[1::2], strict=True):
        start = words.index(piece)
        denied = Assertion.NEGATED if piece.startswith("no ") else Assertion.PRESENT
        findings.append(Finding(key, start, start + len(piece), piece, denied))
    assessment = Assessment(
        level, subtype, tuple(spans[1::2][:1]), tuple(findings), summary=summary
    )
    return raise_sample(
        session,
        conversation_id=conversation,
        level=level,
        subtype=subtype,
        assessment=assessment,
        text=words,
        context=context,
    ).id


def cookie_for(care, name, role):
    """Return the cookie of a new session, without the password whose check is slow on purpose."""
    with database.transaction(care.settings) as session:
        return {
            "name": "desk_session",
            "value": access.new_session(session, name, role, "signed in"),
        }
