"""What counts besides rows and combinations: modifiers, the message, contacts, the opinion."""

from __future__ import annotations

from typing import Callable, List, Sequence, Set, Tuple, Union

from bot.triage.firing import AUDIT, OVER, SINGLE, TOGETHER, Fired, first_case, from_row
from bot.triage.table import Modifier, Table
from bot.triage.vocabulary import (
    Assertion,
    Context,
    Finding,
    Level,
    Screening,
    Subtype,
)

#: A probability, or a function that gives it.
Opinion = Union[float, Callable[[], float]]


def modifier_raises(
    fired: Sequence[Fired],
    findings: Sequence[Finding],
    situation: Set[str],
    context: Context,
    table: Table,
) -> List[Fired]:
    """Return the one raise that risk modifiers give (section 7, C-24)."""
    stated = {f.key for f in findings if f.assertion is not Assertion.NEGATED}
    top = max((item.level for item in fired if item.level is not None), default=None)
    raises: List[Tuple[Level, Modifier, Fired]] = []
    for modifier in table.modifiers:
        if modifier.two_self_care is not None:
            for item in _two_self_care(modifier, fired, situation):
                raises.append((modifier.at_least or Level.ROUTINE, modifier, item))
            continue
        known = modifier.known_by is not None and modifier.known_by.holds(situation)
        if not (known or modifier.id in context.risk_modifiers or modifier.id in stated):
            continue
        for item in fired:
            if item.level is None or not item.symptom or modifier.id in item.includes:
                continue
            if modifier.touches(item.key):
                raised = modifier.at_least or Level(min(item.level + 1, Level.EMERGENCY_NOW))
                raises.append((raised, modifier, item))
    if not raises:
        return []
    level, name = max((raised, modifier.id) for raised, modifier, _ in raises)
    if top is not None and level <= top:
        return []
    return [
        Fired(level, (name, "C-24"), item.subtype, TOGETHER)
        for raised, modifier, item in raises
        if raised is level and modifier.id == name
    ]


def _two_self_care(modifier: Modifier, fired: Sequence[Fired], situation: Set[str]) -> List[Fired]:
    """RM-08: two expected effects at once; the injection site counts once, old ones do not."""
    rule = modifier.two_self_care or {}
    if rule["within"] not in situation:
        return []
    one = {key: group[0] for group in rule["as_one"] for key in group}
    counted = [
        item
        for item in fired
        if item.level is Level.SELF_CARE and item.symptom and not item.unchanged and item.key
    ]
    return counted if len({one.get(item.key, item.key) for item in counted}) > 1 else []


def message_rules(screening: Screening, situation: Set[str], table: Table) -> List[Fired]:
    """Return what the message as a whole means, besides its findings."""
    facts = screening.facts
    fired = []
    if facts.unsupported_language:
        row = table.rows["G-15"]
        fired.append(from_row(row, first_case(row.cases, situation), situation))
    if not facts.readable:
        fired.append(Fired(None, ("U-01",), None, SINGLE, ask="U-01"))
    asked = any(f.assertion is Assertion.HYPOTHETICAL for f in screening.findings)
    if facts.general_question or asked:
        fired.append(Fired(None, ("Q-01",), None, AUDIT))
    if facts.figurative:
        fired.append(Fired(None, ("Q-06",), None, AUDIT))
    return fired


def repeat_contact(fired: Sequence[Fired], context: Context, table: Table) -> List[Fired]:
    """G-18: the third contact about symptoms within 48 hours is at least URGENT_SAME_DAY."""
    policy = table.policy["repeat_contact"]
    if context.symptom_contacts_48h < policy["contacts"]:
        return []
    levels = [item.level for item in fired if item.symptom and item.level is not None]
    if not levels or max(levels) not in policy["raise"]:
        return []
    return [
        Fired(policy["level"], ("G-18",), item.subtype, TOGETHER, flags=("repeat_contact",))
        for item in fired
        if item.level is max(levels)
    ]


def check_probability(opinion: float) -> float:
    """Return ``opinion``. Raises ValueError when it is no probability."""
    if not 0.0 <= opinion <= 1.0:
        raise ValueError(f"opinion is {opinion!r}; use a probability from 0 to 1.")
    return opinion


def second_opinion(
    screening: Screening,
    fired: Sequence[Fired],
    situation: Set[str],
    opinion: Opinion,
    table: Table,
) -> List[Fired]:
    """Return the raise of the statistical second opinion: never a lower level, never a silence.

    It is not heard over a message that the rules read as another trigger's history, nor, unless it
    is certain, over a general question or a figure of speech: such words are about symptoms that
    nobody has now. One present finding above ROUTINE ends that protection.
    """
    policy = table.policy["second_opinion"]
    top = max((item.level for item in fired if item.level is not None), default=None)
    words = situation | ({"other_history"} if _only_other_history(screening) else set())
    calm = top is None or top <= Level.ROUTINE
    if calm and not words.isdisjoint(policy["silent_when"]):
        return []
    if top is Level.EMERGENCY_NOW:
        return []
    probability = check_probability(opinion()) if callable(opinion) else opinion
    if probability < policy["ask"]:
        return []
    if calm and probability < policy["over_doubt"] and words & set(policy["doubtful_when"]):
        return []
    subtype = Subtype.ALLERGIC if "within_24h" in situation else Subtype.CARDIORESP
    present = {f.key for f in screening.findings if f.assertion is Assertion.PRESENT}
    present -= table.modifier_ids
    fear_only = bool(present) and present <= set(policy["ask_only_over"])
    act = policy["act"]
    if top is Level.URGENT_SAME_DAY:
        act = policy["act_over_gone" if _all_gone(screening) else "act_over_urgent"]
    if probability >= act and not fear_only:
        return [Fired(Level.EMERGENCY_NOW, (), subtype, TOGETHER, flags=("second_opinion",))]
    if top is not None and top >= Level.URGENT_SAME_DAY:
        return []
    return [
        Fired(
            Level.URGENT_SAME_DAY,
            (),
            subtype,
            TOGETHER,
            ask=policy["question"],
            flags=("second_opinion",),
        )
    ]


def _all_gone(screening: Screening) -> bool:
    told = [f for f in screening.findings if f.assertion is not Assertion.NEGATED]
    return bool(told) and all(f.assertion in OVER for f in told)


def _only_other_history(screening: Screening) -> bool:
    told = [f for f in screening.findings if f.assertion is not Assertion.NEGATED]
    return bool(told) and all(f.assertion in OVER and "other_trigger" in f.attributes for f in told)
