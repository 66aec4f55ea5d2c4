"""An episode: many messages, one level that only a nurse can lower (G-03).

Everything here is a pure function of the state, the message and the time. Findings add up over the
messages (hives first, nausea later: C-02), the bot's questions and their answers are kept, and what
is unclear ends with a nurse (U-02). States go in and come out as plain data.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional, Tuple

from bot.triage.answers import Reply
from bot.triage.asking import allowed, answer, fresh, stand, take_over
from bot.triage.evaluate import assess
from bot.triage.reader import load_table
from bot.triage.state import EpisodeState
from bot.triage.table import Table
from bot.triage.vocabulary import (
    Assertion,
    Assessment,
    Context,
    Level,
    Screening,
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
    now = now or before.last()
    after = before.remember(screening.findings, screening.facts, now)
    following: Optional[str] = None
    if answer_to is not None and before.open_question == answer_to.question:
        after, following = answer(after, answer_to, screening, context, table)
    else:
        after = _contact(after, screening, now, table)
        after = replace(after, open_question=None)
    message = _assess(after, before, screening, context, opinion, now)
    if "second_opinion" in message.flags and message.level is not None:
        after = stand(after, message.level, (), message.subtype, ("second_opinion",))
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
        after = stand(after, Level.EMERGENCY_NOW, rules, before.current_subtype, ("call_back",))
    elif question is not None and question.red_flag and minutes >= patience:
        if question.counted or before.level is None:
            rules = ("U-02",)
            after = take_over(after, rules)
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


def _contact(
    state: EpisodeState, screening: Screening, now: datetime, table: Table
) -> EpisodeState:
    """Count a symptom contact: one that starts after 60 minutes of silence (G-18)."""
    if not _tells_symptom(screening, table):
        return state
    policy = table.policy["episode"]
    gap = timedelta(minutes=policy["contact_gap_minutes"])
    if state.contacts and now - state.last() <= gap:
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


def _standing_only(state: EpisodeState, rules: Tuple[str, ...]) -> Assessment:
    """Return an assessment that adds nothing of its own to what stands."""
    findings = tuple(state.told(state.last()))
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
        question = allowed(following, after, table) or fresh(message.question, after)
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
