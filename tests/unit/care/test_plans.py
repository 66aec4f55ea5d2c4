"""Her plan opens for whoever holds the link, and for nobody else."""

import sqlite3
from datetime import timedelta

from bot.care import database, plans
from bot.care.clock import now
from bot.care.models import Plan as PlanRow
from bot.plan.model import Plan

HER = {"conversation_id": "one", "channel": "web"}
PLAN = Plan(labs="canary result", questions=("Can I take iron?",))


def save(settings, plan=PLAN):
    with database.transaction(settings) as session:
        return plans.save_plan(session, **HER, plan=plan)


def opened(settings, token):
    with database.reading(settings) as session:
        return plans.plan_of_token(session, token)


def test_the_link_opens_the_plan_and_a_guess_does_not(settings):
    token = save(settings)
    assert opened(settings, token) == PLAN
    assert opened(settings, token[:-1] + ("A" if token[-1] != "A" else "B")) is None


def test_a_new_plan_closes_the_old_link(settings):
    old = save(settings)
    new = save(settings, Plan(labs="B12 only"))
    assert opened(settings, old) is None
    assert opened(settings, new).labs == "B12 only"


def test_a_link_does_not_live_for_ever(settings):
    token = save(settings)
    with database.transaction(settings) as session:
        session.query(PlanRow).one().updated_at = now() - timedelta(days=91)
    assert opened(settings, token) is None


def test_the_nurse_reads_it_only_after_she_agreed(settings):
    save(settings)
    with database.transaction(settings) as session:
        patient_id = session.query(PlanRow).one().patient_id
        assert plans.shared_plan(session, patient_id=patient_id) is None
        assert plans.share_with_nurse(session, **HER)
        assert plans.shared_plan(session, patient_id=patient_id) == PLAN
        assert not plans.share_with_nurse(session, conversation_id="two", channel="web")


def test_neither_her_words_nor_the_token_are_in_the_database_file(settings):
    token = save(settings)
    with sqlite3.connect(settings.folder / "care.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (settings.folder / "care.db").read_bytes()
    assert b"canary" not in content and token.encode() not in content
