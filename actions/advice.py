"""Sends texts of bot.content that belong to a finding or a question of triage.md."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from rasa_sdk.executor import CollectingDispatcher

from actions.incoming import Incoming
from bot.content import Content
from bot.triage.vocabulary import Assertion, Assessment, Context

#: More than two symptoms at once are no longer read on a phone; the others are with the nurse.
MOST_SYMPTOMS = 2
#: A missed injection, and the wish to stop or skip.
MISSED, STOPPING = "TX-06", "TX-07"
#: An earlier reaction, an allergy to an ingredient, Leber's disease (TX-03 to TX-05).
BEFORE_INJECTION = frozenset({"TX-03", "TX-04", "TX-05"})


def ask(dispatcher: CollectingDispatcher, texts: Content, assessment: Assessment) -> bool:
    """Send the question the assessment wants asked, with its buttons; return if there is one."""
    if not assessment.question:
        return False
    message = texts.question(assessment.question)
    dispatcher.utter_message(
        text=message.text,
        buttons=[{"title": b.title, "payload": b.payload} for b in message.buttons],
        metadata={"key": message.key, "facts": list(message.facts)},
    )
    return True


def ask_detail(dispatcher: CollectingDispatcher, check: Mapping[str, Any]) -> bool:
    """Ask for the detail that the symptom check wants next; return if there is one."""
    if not check.get("open"):
        return False
    dispatcher.utter_message(response=f"utter_detail_{check['open']}")
    return True


def answer_questions(dispatcher: CollectingDispatcher, asked: Iterable[str]) -> None:
    """Answer the questions of the page that came in the same message as a symptom."""
    for intent in asked:
        dispatcher.utter_message(response=f"utter_{intent}")


def before_injection(dispatcher: CollectingDispatcher, texts: Content, incoming: Incoming) -> bool:
    """Say what a nurse must know before the next injection; return whether that is due.

    Sent under the same-day call too: an allergy is no reason to stop, and she has to read that.
    """
    present = [
        finding.key
        for finding in (incoming.assessment.findings if incoming.assessment else ())
        if finding.assertion is Assertion.PRESENT and finding.key in BEFORE_INJECTION
    ]
    if present:
        symptom = texts.symptoms[present[-1]]
        dispatcher.utter_message(
            text=symptom.advice, metadata={"key": symptom.key, "facts": list(symptom.facts)}
        )
    return bool(present)


def explain(
    dispatcher: CollectingDispatcher, texts: Content, keys: Iterable[str], context: Context
) -> bool:
    """Send the advice for the first symptoms that have one; return whether any was sent.

    What may be expected depends on the time since the injection and the week of pregnancy, so the
    advice says which of both it goes by.
    """
    keys = list(keys)
    # "Should I skip it": a missed one is not what she asks about.
    keys = [key for key in keys if not (key == MISSED and STOPPING in keys)]
    known = [texts.symptoms[key] for key in keys if key in texts.symptoms][:MOST_SYMPTOMS]
    for symptom in known:
        dispatcher.utter_message(
            text=symptom.advice_at(context.minutes_since_injection, context.weeks_pregnant),
            metadata={"key": symptom.key, "facts": list(symptom.facts)},
        )
    return bool(known)


def update(
    dispatcher: CollectingDispatcher, texts: Content, keys: Iterable[str], context: Context
) -> bool:
    """Send only what a newly told time or week changes; return whether anything was sent."""
    known = [texts.symptoms[key] for key in keys if key in texts.symptoms][:1]
    for symptom in known:
        text = symptom.update_at(context.minutes_since_injection, context.weeks_pregnant)
        dispatcher.utter_message(
            text=text, metadata={"key": f"{symptom.key}_timing", "facts": list(symptom.facts)}
        )
    return bool(known)
