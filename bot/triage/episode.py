"""An episode: many messages, one level that only a nurse can lower (G-03).

Everything here is a pure function of the state, the message and the time. Findings add up over the
messages (hives first, nausea later: C-02), the bot's questions and their answers are kept, and what
is unclear ends with a nurse (U-02). States go in and come out as plain data.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional, Tuple

from bot.triage.answers import Reading, Reply
from bot.triage.evaluate import assess
from bot.triage.reader import load_table
from bot.triage.state import START, EpisodeState, Standing
from bot.triage.table import Meaning, Question, Table
from bot.triage.vocabulary import (
    Assertion,
    Assessment,
    Context,
    Finding,
    Level,
    Screening,
    StatedFacts,
    Subtype,
)

State = Optional[Mapping[str, Any]]
_NOTHING_KNOWN = Context()


def advance(
    state: State,
    screening: Screening,
    context: Context = _NOTHING_KNOWN,
    opinion: float = 0.0,
    now: Optional[datetime] = None,
    answer_to: Optional[Reply] = None,
) -> Tuple[Dict[str, Any], Assessment]:
    """Return the new state and the assessment of the episode after one message.

    ``state`` is what the call before returned (None for a new episode). ``now`` is the time of the
    message, with a time zone; without it the clock stands still. ``answer_to`` is how the message
    answers the open question (``answers.reply_to``); without it no answer is counted. The level of
    the assessment is the level of the episode. Raises what ``assess`` raises.
    """
    table = load_table()
    before = EpisodeState.from_plain(state)
    now = now or _last(before)
    after = before.remember(screening.findings, screening.facts, now)
    following: Optional[str] = None
    if answer_to is not None and before.open_question == answer_to.question:
        after, following = _answer(after, answer_to, screening, context, table)
    else:
        after = _contact(after, screening, now, table)
        after = replace(after, open_question=None)
    message = _assess(after, before, screening, context, opinion, now)
    if "second_opinion" in message.flags and message.level is not None:
        after = _stand(after, message.level, (), message.subtype, ("second_opinion",))
    after = replace(after, last_message=now.isoformat())
    return _conclude(before, after, message, following, table)


def silence(state: State, minutes: float) -> Tuple[Dict[str, Any], Assessment]:
    """Return the state and assessment after ``minutes`` without a message (U-02, U-04).

    Three minutes after a red-flag question a nurse takes over, at URGENT_SAME_DAY or the higher
    level there was. In an emergency the nurse calls back. Silence never makes an emergency. Do not
    call it for a check-in that was not answered: no symptom was reported then.
    """
    table = load_table()
    before = EpisodeState.from_plain(state)
    after = before
    patience = table.policy["questions"]["silence_minutes"]
    question = table.questions.get(before.open_question or "")
    rules: Tuple[str, ...] = ()
    if before.current_level is Level.EMERGENCY_NOW:
        rules = ("U-04",)
        after = _stand(after, Level.EMERGENCY_NOW, rules, before.current_subtype, ("call_back",))
    elif question is not None and question.red_flag and minutes >= patience:
        if question.counted or before.level is None:
            rules = ("U-02",)
            after = _take_over(after, rules)
        after = replace(after, open_question=None)
    assessment = _standing_only(after, rules)
    return _conclude(before, after, assessment, None, table, quiet=True)


def lower(state: State, level: Level) -> Dict[str, Any]:
    """Return the state after a nurse set ``level``: the only way down (G-03).

    What was told so far counts as reviewed: it no longer holds the level up, but still completes a
    rule together with something new.
    """
    before = EpisodeState.from_plain(state)
    return replace(
        before,
        level=level.name,
        reviewed=before.reviewed + before.findings,
        findings=(),
        standing=(),
        open_question=None,
        unanswered=0,
    ).to_plain()


def _last(state: EpisodeState) -> datetime:
    return datetime.fromisoformat(state.last_message) if state.last_message else START


def _contact(
    state: EpisodeState, screening: Screening, now: datetime, table: Table
) -> EpisodeState:
    """Count a symptom contact: one that starts after 60 minutes of silence (G-18)."""
    if not _tells_symptom(screening, table):
        return state
    policy = table.policy["episode"]
    gap = timedelta(minutes=policy["contact_gap_minutes"])
    if state.contacts and now - _last(state) <= gap:
        return state
    window = timedelta(hours=policy["contact_window_hours"])
    recent = tuple(at for at in state.contacts if now - datetime.fromisoformat(at) <= window)
    return replace(state, contacts=(*recent, now.isoformat()))


def _tells_symptom(screening: Screening, table: Table) -> bool:
    return any(
        finding.assertion is Assertion.PRESENT
        and "group" not in finding.attributes
        and finding.key in table.rows
        and table.rows[finding.key].symptom
        for finding in screening.findings
    )


def _assess(
    after: EpisodeState,
    before: EpisodeState,
    screening: Screening,
    context: Context,
    opinion: float,
    now: datetime,
) -> Assessment:
    """Return the assessment of everything told in the episode."""
    table = load_table()
    facts = after.facts(screening.facts, now)
    contacts = 1
    if _tells_symptom(screening, table):
        contacts = max(context.symptom_contacts_48h, len(after.contacts))
    context = replace(context, symptom_contacts_48h=contacts, questions_asked=after.asked)
    told = after.told(now)
    result = assess(Screening(tuple(told), facts), context, opinion)
    if not after.reviewed or not told:
        return result
    old = after.told(now, reviewed=True)
    together = assess(Screening(tuple(old + told), facts), context, opinion)
    alone = assess(Screening(tuple(old), facts), context)
    if set(together.rules) - set(alone.rules) - set(result.rules):
        return together
    return result


def _answer(
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
        state = state.remember((finding,), StatedFacts(), _last(state))
    if meaning.level is not None:
        rules = (*meaning.rules, *_rule_of(question))
        state = _stand(state, meaning.level, rules, _subtype_of(question, meaning))
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
        state = _stand(state, meaning.level, meaning.rules, Subtype.OBSTETRIC)
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
    return _take_over(state, tuple(rules)), None


def _take_over(state: EpisodeState, rules: Tuple[str, ...]) -> EpisodeState:
    state = _stand(state, Level.URGENT_SAME_DAY, rules, Subtype.OTHER, ("hand_over",))
    return replace(state, handed_over=True)


def _stand(
    state: EpisodeState,
    level: Optional[Level],
    rules: Tuple[str, ...],
    subtype: Optional[Subtype],
    flags: Tuple[str, ...] = (),
) -> EpisodeState:
    if level is None:
        return state
    entry = Standing(level.name, rules, subtype.value if subtype else None, flags)
    return state if entry in state.standing else replace(state, standing=(*state.standing, entry))


def _standing_only(state: EpisodeState, rules: Tuple[str, ...]) -> Assessment:
    """Return an assessment that adds nothing of its own to what stands."""
    findings = tuple(state.told(_last(state)))
    return Assessment(level=None, subtype=None, rules=rules, findings=findings)


def _conclude(
    before: EpisodeState,
    after: EpisodeState,
    message: Assessment,
    following: Optional[str],
    table: Table,
    quiet: bool = False,
) -> Tuple[Dict[str, Any], Assessment]:
    """Bring together what was just assessed, what stands, and the level there was (G-03)."""
    level, subtype = message.level, message.subtype
    rules: List[str] = list(message.rules)
    flags = dict.fromkeys(message.flags)
    for entry in sorted(after.standing, key=lambda item: -Level[item.level]):
        flags.update(dict.fromkeys(entry.flags))
        higher = level is None or Level[entry.level] > level
        if higher:
            level = Level[entry.level]
            subtype = Subtype(entry.subtype) if entry.subtype else subtype
            rules = [*entry.rules, *rules]
        else:
            rules += entry.rules
    earlier = before.current_level
    if earlier is not None and (level is None or earlier >= level):
        if level is None or earlier > level:
            subtype = before.current_subtype
        level = earlier
        rules.append("G-03")
    question = None
    if level is not Level.EMERGENCY_NOW and not quiet and not after.handed_over:
        question = _allowed(following, after, table) or _fresh(message.question, after)
    after = replace(
        after,
        level=level.name if level else None,
        subtype=subtype.value if subtype else None,
        open_question=question if not quiet else after.open_question,
        asked=(*after.asked, question) if question else after.asked,
    )
    urgent = level is not None and level >= Level.URGENT_SAME_DAY
    assessment = replace(
        message,
        level=level,
        subtype=subtype,
        rules=tuple(dict.fromkeys(rules)),
        flags=tuple(flags),
        question=question,
        action_line=question is not None
        and (urgent or "emergency_number" in flags or after.unanswered > 0),
    )
    return after.to_plain(), assessment


def _allowed(question: Optional[str], state: EpisodeState, table: Table) -> Optional[str]:
    """Return ``question`` when one more may be asked (G-08)."""
    if question is None:
        return None
    counted = [name for name in state.asked if table.questions[name].counted]
    if table.questions[question].counted and len(counted) >= table.policy["questions"]["most"]:
        return None
    return question


def _fresh(question: Optional[str], state: EpisodeState) -> Optional[str]:
    """Return the question the table asks for, unless its line is already under way."""
    if question is None or any(_line(name) == _line(question) for name in state.asked):
        return None
    return question


def _line(question: str) -> str:
    return question.split("-")[0] if question.startswith("8.") else question.split(".")[0]
