"""The calm part of the talk: what to answer when the rules found nothing to act on.

Also what is said after the answer: the scope at first contact, consent, a question put off.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Mapping, Sequence

from bot.nlu.details import NEXT, Heard
from bot.nlu.memory import FALLBACK, Guess, Memory
from bot.nlu.phrases import (
    looks_like_a_question,
    service_topic,
    steering,
    tells_of_loss,
    writes_for_another,
    yes_or_no,
)
from bot.nlu.plan_talk import check_in_asked, plan_intent, waiting_part
from bot.screening.commands import names_emergency
from bot.triage.answers import Reading, Reply
from bot.triage.vocabulary import Assertion, Assessment, Level, Screening

#: Messages in a row that nobody understood before a nurse is asked (G-14).
MISUNDERSTOOD_LIMIT = 2
#: How many likely topics are offered to choose from.
TOPICS_OFFERED = 3
#: Requests that staff have to act on; everything else about the service is a text.
SERVICE_REQUESTS = frozenset({"data_copy", "data_deletion", "complaint"})
#: What the bot offers in the texts of an intent: a yes in the next message takes the offer.
_OFFERS: Mapping[str, str] = {
    "bot_challenge": "nurse",
    "rude": "nurse",
    "needle_fear": "nurse",
    "plan_ready": "plan",
    "not_understood_again": "",
}
_ACCEPTED: Mapping[str, str] = {
    "nurse": "ask_human",
    "plan": "plan_to_nurse",
    "consent": "consent_given",
    "check_in": "check_in_wanted",
}
_DECLINED: Mapping[str, str] = {
    "plan": "plan_kept",
    "consent": "consent_refused",
    "check_in": "check_in_declined",
}
#: Her own questions and small talk that may come between a question of ours and its answer.
_INTERRUPTING = frozenset({"other_medicine", "needle_fear", "follow_up_plan"})
_STEERING = frozenset({"bot_challenge", "start_over"})
#: Intents after which nothing may be added: the answer is the only thing she should read.
_ALONE = frozenset(
    {
        "report_red_flag",
        "in_emergency",
        "report_urgent",
        "check_first",
        "screen_failed",
        "unmapped_symptom",
        "no_words",
        "with_nurse",
        "other_language",
        "not_understood_again",
        "pregnancy_loss",
    }
)


def calm_intent(
    text: str,
    guess: Guess,
    memory: Memory,
    screening: Screening,
    heard: Heard,
    now: datetime,
) -> str:
    """Return the intent of a message in which the rules found nothing to act on."""
    asks = screening.facts.general_question or screening.facts.figurative
    if tells_of_loss(text):
        return "pregnancy_loss"
    if guess.typed_command and names_emergency(text):
        return "check_first"
    said = steering(text)
    asked_for = check_in_asked(text, said, memory, now.date())
    if asked_for:
        return asked_for
    of_plan = plan_intent(text, guess, memory, said) if not memory.check.get("open") else ""
    if of_plan:
        return of_plan
    nothing_said = (said == "tell_more" and not memory.topic) or (
        said == "say_again" and not memory.welcomed
    )
    if said and not nothing_said:
        return said
    if said:
        # There is nothing yet to tell more of, and no guess would be better than to ask.
        again = memory.misunderstood + 1 >= MISUNDERSTOOD_LIMIT
        return "not_understood_again" if again else FALLBACK
    if memory.check.get("open") and (heard.answers or _answers_detail(text, guess)):
        return "report_symptom"
    if heard.facts == (NEXT,) and not looks_like_a_question(text):
        return "report_symptom" if memory.check.get("keys") else "fact_noted"
    unasked = heard.bare or guess.intent in (FALLBACK, "out_of_scope")
    if heard.corrected or (heard.facts and unasked):
        return "report_symptom" if memory.check.get("keys") else "fact_noted"
    if guess.intent == "report_red_flag":
        return "faq_urgent_reactions" if asks else "check_first"
    if guess.intent == "report_symptom":
        return "faq_side_effects" if asks else "unmapped_symptom"
    answer = yes_or_no(text, guess.intent)
    if memory.offer and answer is not None:
        intents = _ACCEPTED if answer else _DECLINED
        return intents.get(memory.offer, guess.intent)
    if guess.questions:
        return _first(guess.questions)
    topic = service_topic(text, _beside_the_page(guess))
    if topic and topic != "joke":
        return "service_request" if topic in SERVICE_REQUESTS else "out_of_scope"
    if guess.intent == FALLBACK:
        return _not_understood(guess, memory)
    return guess.intent


def interrupts(
    text: str, guess: Guess, memory: Memory, screening: Screening, message: Assessment, reply: Reply
) -> bool:
    """Return whether she asks something of her own before she answers an open question.

    The question is put again after the answer, once. A second time it counts as unanswered (U-02).
    """
    question = guess.intent.startswith("faq_") or guess.intent in _INTERRUPTING
    again = steering(text) == "say_again"
    own = again or guess.intent in _STEERING or (question and looks_like_a_question(text))
    told = any(finding.assertion is Assertion.PRESENT for finding in screening.findings)
    return (
        own
        and not told
        and message.level is None
        and reply.reading is Reading.UNREADABLE
        and memory.interrupted != reply.question
    )


def topic_of(intent: str, text: str, guess: Guess, memory: Memory) -> Dict[str, Any]:
    """Return the slots that choose a text: the topic for "tell me more", the service question."""
    slots: Dict[str, Any] = {"service_topic": "", "likely": []}
    if intent.startswith("faq_"):
        slots["topic"] = intent
    if intent in ("out_of_scope", "service_request") or "out_of_scope" in guess.questions:
        slots["service_topic"] = service_topic(text, _beside_the_page(guess))
    if intent == "unsure":
        slots["likely"] = _likely(guess)
    return slots


def offer_of(intent: str) -> str:
    """Return what the texts of ``intent`` offer her, or an empty string."""
    return _OFFERS.get(intent, "")


def notices(
    text: str,
    intent: str,
    guess: Guess,
    memory: Memory,
    interrupted: str,
    slots: Mapping[str, Any],
) -> Dict[str, Any]:
    """Return the slots for what is said after the answer, in this order.

    The texts of further questions, who we are (once), consent (once), and last the question of
    ours that still waits. Nothing is ever added to an emergency or a same-day call.
    """
    due: List[str] = []
    if intent in _ALONE:
        return {"notices": due}
    if intent == "say_again":
        # A question of ours that waits is among what is said again.
        waits = interrupted or memory.offer or memory.check.get("open") or memory.plan.get("open")
        return {"notices": [] if waits else ["said_again"]}
    changed: Dict[str, Any] = {}
    if guess.typed_command:
        due.append("typed_slash")
        changed["typed_text"] = text[:200]
    if intent != "report_symptom":
        due += [name for name in guess.questions if name != intent and _is_text(name)]
    elif not memory.helper and writes_for_another(text):
        due.append("someone_writes_for_her")
        changed["helper"] = "yes"
    check = slots.get("check") or {}
    urgent = slots["triage_level"] == Level.URGENT_SAME_DAY.name
    waits = bool(interrupted) or bool((slots.get("episode") or {}).get("open_question"))
    if not memory.welcomed and not urgent:
        if intent != "greet":
            due.append("welcome")
        changed["welcomed"] = "yes"
    part = waiting_part(slots, memory)
    busy = urgent or waits or bool(check.get("open") or slots.get("offer") or part)
    if not busy and _may_offer_check_in(intent, memory, slots):
        due.append("check_in_offer")
        changed.update(check_in_offered="yes", offer="check_in")
        busy = True
    if intent in ("consent_given", "consent_refused"):
        changed["consent"] = "yes" if intent == "consent_given" else "no"
    elif not memory.consent and not busy:
        due.append("consent")
        changed.update(consent="asked", offer="consent")
    if interrupted:
        due += ["urgent_same_day"] if urgent else []
        due.append(f"question_{interrupted.lower().replace('.', '_').replace('-', '_')}")
    elif intent != "report_symptom" and check.get("open"):
        due.append(f"detail_{check['open']}")
    elif part and intent != "report_symptom":
        due.append(f"plan_{part}")
    return {"notices": due, **changed}


def _may_offer_check_in(intent: str, memory: Memory, slots: Mapping[str, Any]) -> bool:
    """Return whether to offer a check-in (M-35): once, for a mild symptom or a new injection."""
    if memory.check_in_offered:
        return False
    if intent == "report_symptom":
        told = (slots.get("check") or {}).get("keys") or []
        # Not beside advice about the treatment itself, such as a missed injection.
        mild = slots["triage_level"] in (Level.SELF_CARE.name, Level.ROUTINE.name)
        return mild and not all(key.startswith("TX-") for key in told)
    return intent == "fact_noted" and "injection_time" in slots


def _answers_detail(text: str, guess: Guess) -> bool:
    """Return whether a message without a fact still is an answer to our question."""
    return guess.intent in (FALLBACK, "affirm", "deny") or len(text.split()) <= 2


def _beside_the_page(guess: Guess) -> bool:
    return not guess.intent.startswith("faq_")


def _not_understood(guess: Guess, memory: Memory) -> str:
    if memory.misunderstood + 1 >= MISUNDERSTOOD_LIMIT:
        return "not_understood_again"
    return "unsure" if _likely(guess) else FALLBACK


def _likely(guess: Guess) -> List[str]:
    return [name for name in guess.ranking if name.startswith("faq_")][:TOPICS_OFFERED]


def _first(questions: Sequence[str]) -> str:
    """Return the question answered first: one that needs an action, as only one of those can be."""
    return next((name for name in questions if not _is_text(name)), questions[0])


def _is_text(intent: str) -> bool:
    return intent.startswith("faq_") or intent in ("out_of_scope", "other_medicine", "needle_fear")
