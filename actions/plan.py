"""Her plan as the actions need it: read from the conversation, written out, linked to."""

from __future__ import annotations

from dataclasses import replace
from typing import List

from actions.incoming import Incoming
from bot.content import Content
from bot.plan.dates import days_in
from bot.plan.model import Plan
from bot.settings import Settings
from bot.triage.state import EpisodeState
from bot.triage.vocabulary import Assertion, Experiencer

_NOT_KNOWN = "I will ask."


def read_plan(incoming: Incoming, texts: Content, settings: Settings) -> Plan:
    """Return her plan with the days it names and the symptoms she reported in this chat."""
    plan = Plan.from_plain(incoming.slots.get("plan") or {})
    today, month_first = incoming.sent_at.date(), settings.region == "US"
    for kind, answer in (("injection", plan.schedule), ("tests", plan.tests)):
        plan = plan.with_dates(kind, days_in(answer, today=today, month_first=month_first))
    return replace(plan, symptoms=tuple(_symptoms(incoming, texts)))


def plan_as_text(plan: Plan) -> str:
    """Return the plan in a few lines, for the chat and for the nurse."""
    lines = [
        f"1. Labs: {plan.labs or _NOT_KNOWN}",
        f"2. Schedule: {plan.schedule or _NOT_KNOWN}",
        f"3. Follow-up: {plan.tests or _NOT_KNOWN}",
        *(f"My question: {question}" for question in plan.questions),
    ]
    if plan.symptoms:
        lines.append("I told the chat about: " + ", ".join(plan.symptoms))
    return "\n".join(lines)


def plan_link(settings: Settings, token: str) -> str:
    """Return the address of the plan's page, as patients reach it."""
    base = str(settings.service.get("chat_address") or "").rstrip("/")
    base = base or f"http://{settings.host}:{settings.patient_port}/chat"
    return f"{base}/plan/{token}"


def _symptoms(incoming: Incoming, texts: Content) -> List[str]:
    findings = EpisodeState.from_plain(incoming.slots.get("episode")).findings
    keys = [
        finding["key"]
        for finding in findings
        if finding.get("assertion") == Assertion.PRESENT.value
        and finding.get("experiencer", Experiencer.PATIENT.value) == Experiencer.PATIENT.value
    ]
    return [texts.symptoms[key].name for key in dict.fromkeys(keys) if key in texts.symptoms]
