"""Sends texts of bot.content that belong to a finding or a question of triage.md."""

from __future__ import annotations

from typing import Iterable, List

from rasa_sdk.executor import CollectingDispatcher

from bot.content import Content
from bot.triage.vocabulary import Assertion, Assessment, Experiencer

#: More than two symptoms at once are no longer read on a phone; the others are with the nurse.
MOST_SYMPTOMS = 2


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


def symptoms_named(assessment: Assessment, earlier: Iterable[str]) -> List[str]:
    """Return the keys of the symptoms to explain: her own, present, in the order she wrote them.

    ``earlier`` are the keys of the last message that named any: her answer to a question need not
    name the symptom again.
    """
    present = [
        finding.key
        for finding in assessment.findings
        if finding.assertion is Assertion.PRESENT and finding.experiencer is Experiencer.PATIENT
    ]
    return list(dict.fromkeys(present or earlier))


def explain(dispatcher: CollectingDispatcher, texts: Content, keys: Iterable[str]) -> bool:
    """Send the advice for the first symptoms that have one; return whether any was sent."""
    known = [texts.symptoms[key] for key in keys if key in texts.symptoms][:MOST_SYMPTOMS]
    for symptom in known:
        dispatcher.utter_message(
            text=symptom.advice, metadata={"key": symptom.key, "facts": list(symptom.facts)}
        )
    return bool(known)
