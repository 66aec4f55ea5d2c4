"""What the bot asked: how an answer counts, what stands from it, and what may be asked next.

What an answer means is in ``tables/questions.yml``; what is no answer ends with a nurse (U-02), and
no more than three questions are asked (G-08). Pure, like the episode.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional, Tuple

from bot.triage.answers import Reading, Reply
from bot.triage.reader import load_table
from bot.triage.state import EpisodeState, Standing
from bot.triage.table import Meaning, Question, Table
from bot.triage.vocabulary import (
    Assertion,
    Context,
    Finding,
    Level,
    Screening,
    StatedFacts,
    Subtype,
)


def answer(
    state: EpisodeState, reply: Reply, screening: Screening, context: Context, table: Table
) -> Tuple[EpisodeState, Optional[str]]:
    """Return the state after an answer, and the question that follows from it."""
    question = table.questions[reply.question]
    reading, meaning = _meaning(question, reply, screening)
    state = replace(
        state, answers=(*state.answers, (question.id, reading.value)), open_question=None
    )
    if meaning is None:
        return _unanswered(state, question, reading, table)
    state = replace(state, unanswered=0)
    if reading is Reading.HEDGED and question.kind == "yes_no":
        meaning = replace(meaning, rules=("G-09", *meaning.rules))
    if question.kind == "fact" and reply.number is not None and "weeks_pregnant" in question.needs:
        state = replace(state, weeks_pregnant=max(reply.number, state.weeks_pregnant or 0))
    return _apply(state, question, meaning, reply), _next(state, meaning, context, table)


def _meaning(
    question: Question, reply: Reply, screening: Screening
) -> Tuple[Reading, Optional[Meaning]]:
    """Return how the answer reads in the end, and what it means; None when it is no answer."""
    told = any(f.assertion is Assertion.PRESENT for f in screening.findings)
    reading, facts = reply.reading, screening.facts
    if question.kind == "fact":
        stated = any(getattr(facts, name) not in (None, False) for name in question.needs)
        known = stated or reply.number is not None or told
        unknown = reading in (Reading.HEDGED, Reading.NO, Reading.NO_TO_ALL)
        return reading, question.no if known or unknown else None
    if question.kind == "choice":
        if reply.choice is not None:
            return Reading.YES, question.choices[reply.choice]
        return reading, Meaning() if told else None
    if question.minimum is not None and reply.number is not None:
        celsius = (reply.number - 32) / 1.8 if reply.number > 80 else reply.number
        yes = celsius >= question.minimum
        return (Reading.YES, question.yes) if yes else (Reading.NO, question.no)
    if reading in (Reading.YES, Reading.HEDGED):
        return reading, question.yes
    if told:
        # She answers with a symptom: the table decides about it, and it is no "no".
        return Reading.UNREADABLE, Meaning()
    if reading is Reading.NO_TO_ALL or facts.nothing_else:
        return Reading.NO_TO_ALL, question.no
    if reading is Reading.NO and not question.several:
        return reading, question.no
    return reading, None


def _apply(state: EpisodeState, question: Question, meaning: Meaning, reply: Reply) -> EpisodeState:
    if meaning.finding is not None:
        values = {}
        if meaning.within_hours is not None and reply.number is not None:
            values = {"count": reply.number, "count_hours": meaning.within_hours}
        finding = Finding(meaning.finding, 0, 0, f"answer to {question.id}", values=values)
        state = state.remember((finding,), StatedFacts(), state.last())
    if meaning.level is not None:
        rules = (*meaning.rules, *_rule_of(question))
        state = stand(state, meaning.level, rules, _subtype_of(question, meaning))
    return state


def _rule_of(question: Question) -> Tuple[str, ...]:
    return ("U-01",) if question.id.startswith("U-01") else ()


def _subtype_of(question: Question, meaning: Meaning) -> Optional[Subtype]:
    if meaning.finding is not None:
        return load_table().rows[meaning.finding].subtype
    return Subtype.ALLERGIC if meaning.level is Level.EMERGENCY_NOW else Subtype.OTHER


def _next(state: EpisodeState, meaning: Meaning, context: Context, table: Table) -> Optional[str]:
    """Return the next question of the line, leaving out those whose fact is known."""
    weeks = [w for w in (state.weeks_pregnant, context.weeks_pregnant) if w is not None]
    known = {
        "since_injection": state.injection or context.minutes_since_injection is not None,
        "weeks_pregnant": weeks,
        "postpartum": state.postpartum or context.postpartum,
    }
    while meaning.next is not None:
        if meaning.unless == "weeks_under_20" and weeks and max(weeks) < 20:
            return None
        question = table.questions[meaning.next]
        if question.kind != "fact" or not any(known[name] for name in question.needs):
            return question.id
        meaning = question.no
    return None


def _unanswered(
    state: EpisodeState, question: Question, reading: Reading, table: Table
) -> Tuple[EpisodeState, Optional[str]]:
    """Ask once more, then a nurse: nonsense, a bare "no" to several things, a refusal (U-02)."""
    state = replace(state, unanswered=state.unanswered + 1)
    if question.unanswered.level is not None:
        meaning = question.unanswered
        state = stand(state, meaning.level, meaning.rules, Subtype.OBSTETRIC)
    policy = table.policy["questions"]
    counted = [name for name in state.asked if table.questions[name].counted]
    if state.unanswered < policy["unanswered"] and len(counted) < policy["most"]:
        return state, question.id
    if not question.counted and state.level is not None:
        return state, None
    rules = ["U-02"]
    if reading is Reading.NO:
        rules.append("N-05")
    elif reading is Reading.REFUSED:
        rules.append("U-03")
    return take_over(state, tuple(rules)), None


def take_over(state: EpisodeState, rules: Tuple[str, ...]) -> EpisodeState:
    """Return the state with a nurse taking over, at URGENT_SAME_DAY at least."""
    state = stand(state, Level.URGENT_SAME_DAY, rules, Subtype.OTHER, ("hand_over",))
    return replace(state, handed_over=True)


def stand(
    state: EpisodeState,
    level: Optional[Level],
    rules: Tuple[str, ...],
    subtype: Optional[Subtype],
    flags: Tuple[str, ...] = (),
) -> EpisodeState:
    """Return the state with a level that stands from now on; None adds nothing."""
    if level is None:
        return state
    entry = Standing(level.name, rules, subtype.value if subtype else None, flags)
    return state if entry in state.standing else replace(state, standing=(*state.standing, entry))


def allowed(question: Optional[str], state: EpisodeState, table: Table) -> Optional[str]:
    """Return ``question`` when one more may be asked (G-08)."""
    if question is None:
        return None
    counted = [name for name in state.asked if table.questions[name].counted]
    if table.questions[question].counted and len(counted) >= table.policy["questions"]["most"]:
        return None
    return question


def fresh(question: Optional[str], state: EpisodeState) -> Optional[str]:
    """Return the question the table asks for, unless its line is already under way."""
    if question is None or any(_line(name) == _line(question) for name in state.asked):
        return None
    return question


def _line(question: str) -> str:
    return question.split("-")[0] if question.startswith("8.") else question.split(".")[0]
