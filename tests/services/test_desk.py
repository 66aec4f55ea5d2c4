"""The desk in a real browser, served by real care processes on real databases.

Pictures of the pages go to the folder named by DESK_PICTURES, if it is set.
"""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "unit"))

from care.conftest import settings_in, telling  # noqa: E402
from care.samples import CONTEXT, TEXT, raise_sample  # noqa: E402
from care.test_sweeper import store  # noqa: E402

from bot.care import database  # noqa: E402
from bot.care.clock import now  # noqa: E402
from bot.desk import access, accounts  # noqa: E402
from bot.service.processes import free_port  # noqa: E402
from bot.triage.vocabulary import Assertion, Assessment, Finding, Level, Subtype  # noqa: E402

pytestmark = pytest.mark.services

PASSWORD = "correct horse battery"


def until(condition):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")


class Care:
    """A care process on a database of its own."""

    def __init__(self, folder, port=None):
        self.port = port or free_port()
        self.settings = settings_in(folder, care_port=self.port)
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        environment = {
            **os.environ,
            "BOT_STORAGE_FOLDER": str(self.settings.folder),
            "BOT_STORAGE_CARE_DATABASE": self.settings.care_database,
            "BOT_STORAGE_CONVERSATION_DATABASE": str(self.settings.conversation_database),
            "BOT_ESCALATION": str(self.settings.escalation),
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

    def read(self, path):
        request = urllib.request.Request(
            self.address + path,
            headers={"Authorization": f"Bearer {access.api_token(self.settings)}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


@pytest.fixture
def care(tmp_path):
    made = Care(tmp_path).start()
    yield made
    made.stop()


@pytest.fixture
def desk(browser, care):
    """A browser page at the queue, signed in through the link that serve prints."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    problems = []
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(access.local_sign_in_link(care.settings))
    page.wait_for_selector("#link-state[data-state=live]")
    page.problems = problems
    yield page
    context.close()


def raised(care, **changes):
    with database.transaction(care.settings) as session:
        return raise_sample(session, **changes).id


def test_an_alert_of_another_process_appears_without_a_reload(care, desk):
    desk.evaluate("window.notReloaded = true")
    alert_id = raised(care)
    desk.wait_for_selector(f".card[data-alert='{alert_id}']")
    assert desk.title() == "(1) Queue – Nurse desk"
    assert "Emergency now: patient" in desk.text_content("#announce-now")
    assert desk.evaluate("window.notReloaded")
    assert not desk.problems


def test_a_nurse_opens_acknowledges_and_closes(care, desk):
    alert_id = raised(care)
    desk.click(f"#open-{alert_id}")
    desk.wait_for_selector("#acknowledge")
    assert desk.text_content("mark >> nth=0").startswith("lips went puffy")
    desk.focus("mark >> nth=0")
    assert desk.is_visible("mark .tip >> nth=0")
    desk.keyboard.press("Escape")
    assert not desk.is_visible("mark .tip >> nth=0")
    desk.click("#acknowledge")
    desk.wait_for_selector("text=has this alert")
    assert care.read(f"/api/alerts/{alert_id}")["acknowledged_by"] == "Local nurse"
    desk.select_option("#outcome", "true emergency")
    desk.click(".close-form button")
    desk.wait_for_selector("text=Nobody is waiting")
    assert care.read("/api/alerts") == []
    assert not desk.problems


def test_two_nurses_at_once_the_second_sees_who_was_first(care, browser, desk):
    alert_id = raised(care)
    accounts.add_user(care.settings, "Ben", PASSWORD, "nurse")
    other_context = browser.new_context()
    other = other_context.new_page()
    other.goto(f"{care.address}/desk/sign-in")
    other.fill("#name", "Ben")
    other.fill("#password", PASSWORD)
    other.click("text=Sign in >> nth=-1")
    for page in (desk, other):
        page.goto(f"{care.address}/desk/alerts/{alert_id}")
        page.wait_for_selector("#acknowledge")
    # Without its script the second page is not told of the first, as when both press at once.
    token = other.get_attribute(".summary-act input[name=csrf]", "value")
    desk.click("#acknowledge")
    other.wait_for_selector("text=Local nurse has this alert")
    answer = other_context.request.post(
        f"{care.address}/desk/alerts/{alert_id}/acknowledge", form={"csrf": token}
    )
    assert answer.status == 409 and "Local nurse was first" in answer.text()
    other_context.close()


def test_the_desk_reconnects_after_a_restart_and_misses_nothing(care, desk):
    assert care.stop(signal.SIGKILL) == -signal.SIGKILL
    desk.wait_for_selector("#link-state[data-state=lost]", timeout=60_000)
    alert_id = raised(care)
    care.start()
    desk.wait_for_selector(f".card[data-alert='{alert_id}']", timeout=60_000)
    desk.wait_for_selector("#link-state[data-state=live]")


def test_an_ended_session_is_told_loudly(care, desk):
    with database.transaction(care.settings) as session:
        session.execute(text("DELETE FROM desk_sessions"))
    desk.wait_for_selector("text=You are signed out", timeout=60_000)


def test_the_alarm_can_be_muted_for_other_levels_but_not_for_an_emergency(care, desk):
    desk.evaluate(
        """() => { window.tones = 0; const make = AudioContext.prototype.createOscillator;
        AudioContext.prototype.createOscillator = function () { window.tones += 1;
        return make.call(this); }; }"""
    )
    # The page offers sound a moment after it has loaded, if the browser withholds it.
    desk.wait_for_timeout(500)
    if desk.is_visible("#sound-on"):
        desk.click("#sound-on")
    desk.wait_for_selector("#sound-off", state="hidden")
    desk.check("#quiet-sounds")
    same_day = raised(care, conversation_id="day", level=Level.URGENT_SAME_DAY)
    desk.wait_for_selector(f".card[data-alert='{same_day}']")
    until(lambda: desk.text_content("#announce"))
    assert desk.evaluate("window.tones") == 0
    raised(care, conversation_id="now")
    until(lambda: desk.evaluate("window.tones") >= 3)


def test_care_stops_at_once_although_a_desk_is_open(care, desk):
    # uvicorn ends by the signal itself once everything is closed.
    assert care.stop() in (0, -signal.SIGTERM)
    assert "Traceback" not in (care.settings.folder / "care.log").read_text()


def test_an_emergency_written_while_care_was_down_reaches_the_desk(tmp_path):
    care = Care(tmp_path)
    store(care.settings, at=now() - timedelta(minutes=5))
    care.start()
    try:
        for _ in range(100):
            found = care.read("/api/alerts")
            if found:
                break
            time.sleep(0.1)
        assert found[0]["recovered"] and found[0]["text"] == TEXT
    finally:
        care.stop()


def test_the_stream_of_the_api_resumes_where_a_program_stopped(care):
    first = raised(care, conversation_id="a")
    with closing(sqlite3.connect(care.settings.folder / "care.db")) as connection:
        seen = connection.execute("SELECT max(id) FROM audit_events").fetchone()[0]
    missed = raised(care, conversation_id="b")
    request = urllib.request.Request(
        f"{care.address}/api/alerts/stream",
        headers={
            "Authorization": f"Bearer {access.api_token(care.settings)}",
            "Last-Event-ID": str(seen),
        },
    )
    ids = []
    with urllib.request.urlopen(request, timeout=20) as stream:
        while missed not in ids:
            line = stream.readline().decode()
            if line.startswith('data: {"event"'):
                body = json.loads(line[6:])
                if body["event"] == "alert raised":
                    ids.append(body["alert"]["id"])
    assert ids == [missed] and first not in ids


def test_no_word_of_hers_is_in_the_log(care, desk):
    alert_id = raised(care)
    desk.goto(f"{care.address}/desk/alerts/{alert_id}")
    desk.wait_for_selector("#acknowledge")
    log = (care.settings.folder / "care.log").read_text()
    assert alert_id in log
    for word in ("wheez", "puffy", "Lip swelling", access.api_token(care.settings)):
        assert word not in log


def test_a_thousand_words_without_a_space_do_not_break_the_page(care, desk):
    alert_id = raised(care, text="a" * 3000 + " 🤰 " + "cantbreathe" * 50)
    desk.set_viewport_size({"width": 320, "height": 640})
    for path in ("/desk", f"/desk/alerts/{alert_id}"):
        desk.goto(care.address + path)
        assert desk.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.fixture
def busy(care):
    """A morning: alerts of every level, one taken, one recovered, one notification given up."""
    clinic = settings_in(care.settings.folder)
    told = telling(clinic, **{"Nurse on duty": "unknown://nowhere"})
    conversation = [
        ("user", "hi, had my b12 jab about 20 min ago"),
        ("bot", "Thank you for telling me. How are you feeling since then?"),
        ("user", TEXT),
        ("bot", "This can be a serious allergic reaction. Call an ambulance now."),
        ("bot", "A nurse has been told and can see what you wrote."),
    ]
    for event, line in conversation:
        store(care.settings, text=line, event=event, intent="greet", message_id=None)
    with database.transaction(told) as session:
        emergency = raise_sample(session).id
    with database.transaction(care.settings) as session:
        _sample(
            session,
            "b",
            Level.EMERGENCY_NOW,
            Subtype.OBSTETRIC,
            "No movement felt today.",
            "havent felt baby kick since last night, i'm 34 weeks",
            "baby kick",
            "OB-03",
        )
        _sample(
            session,
            "c",
            Level.URGENT_SAME_DAY,
            Subtype.INFECTION,
            "Red, hot and spreading at the injection site on day 3; no fever.",
            "my arm where i had the shot is red and hot and its getting bigger, no fever tho",
            "red and hot",
            "IS-04",
            "no fever",
            "IN-01",
        )
        taken = _sample(
            session,
            "d",
            Level.URGENT_SAME_DAY,
            Subtype.NEURO,
            "Lasting headache with blurred vision once.",
            "headache since monday and my eyes went blurry once",
            "headache",
            "NE-01",
        )
        _sample(
            session,
            "e",
            Level.ROUTINE,
            Subtype.LOCAL,
            "Sore arm for four days after the injection.",
            "arm is still sore 4 days later is that ok",
            "arm is still sore",
            "IS-01",
        )
        from bot.care.alerts import acknowledge

        acknowledge(session, taken, nurse="Ada Nurse")
    with closing(sqlite3.connect(care.settings.folder / "care.db")) as connection, connection:
        connection.execute("UPDATE alerts SET level_since = datetime(level_since, '-64 seconds')")
        connection.execute(
            "UPDATE alerts SET level_since = datetime(level_since, '-41 minutes') WHERE level < 4"
        )
    return emergency


def _sample(session, conversation, level, subtype, summary, words, *spans):
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
        context=CONTEXT,
    ).id


def _audit(page):
    from axe_playwright_python.sync_playwright import Axe

    return [
        (violation["id"], violation["nodes"][0]["html"][:200])
        for violation in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (768, "dark"), (1440, "light"), (1440, "dark")]
)
def test_every_page_is_accessible_at_every_width(care, desk, busy, width, scheme):
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": width, "height": 900})
    pages = {"queue": "/desk", "alert": f"/desk/alerts/{busy}"}
    for name, path in {**pages, "missing": "/desk/alerts/none", "sign-in": "/desk/sign-in"}.items():
        desk.goto(care.address + path)
        if name in pages:
            desk.wait_for_selector("#link-state[data-state=live]")
            # The page offers sound a moment after it has loaded, if the browser withholds it.
            desk.wait_for_timeout(500)
            if desk.is_visible("#sound-on"):
                desk.click("#sound-on")
                desk.wait_for_selector("#sound-on", state="hidden")
        assert _audit(desk) == [], name
        assert desk.evaluate("document.documentElement.scrollWidth") <= width
        small = desk.evaluate(
            """() => [...document.querySelectorAll('button, select, input, .switch')]
            .filter((e) => e.offsetParent && e.type !== 'checkbox')
            .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
            .filter(([, height]) => height < 44)"""
        )
        assert small == []
        folder = os.environ.get("DESK_PICTURES")
        if folder:
            desk.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)


def test_the_keyboard_reaches_everything_and_the_focus_is_visible(care, desk, busy):
    desk.goto(f"{care.address}/desk/alerts/{busy}")
    desk.wait_for_selector("#link-state[data-state=live]")
    seen = []
    for _ in range(14):
        desk.keyboard.press("Tab")
        seen.append(
            desk.evaluate(
                """() => { const e = document.activeElement, s = getComputedStyle(e);
                if (e === document.body) return ["", ""];
                return [e.id || e.textContent.trim().slice(0, 20), s.outlineStyle]; }"""
            )
        )
    names = [name for name, _ in seen]
    assert names[0] == "Skip to content" and "acknowledge" in names
    assert any(re.match("lips went puffy", name) for name in names)
    assert all(style != "none" for name, style in seen if name)


def test_many_nurses_watch_and_each_hears_of_every_alert(care):
    heard, lock = {}, threading.Lock()
    started = threading.Barrier(11)

    def watch(number):
        request = urllib.request.Request(
            f"{care.address}/api/alerts/stream",
            headers={"Authorization": f"Bearer {access.api_token(care.settings)}"},
        )
        with urllib.request.urlopen(request, timeout=30) as stream:
            while not stream.readline().startswith(b"event: ready"):
                pass
            started.wait(30)
            ids = []
            while len(ids) < 5:
                line = stream.readline().decode()
                if '"event": "alert raised"' in line:
                    ids.append(json.loads(line[6:])["alert"]["id"])
        with lock:
            heard[number] = ids

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    started.wait(30)
    ids = [raised(care, conversation_id=str(number)) for number in range(5)]
    for thread in threads:
        thread.join(30)
    assert heard == {number: ids for number in range(10)}
