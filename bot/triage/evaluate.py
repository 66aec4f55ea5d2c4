"""Findings to assessment for one message: every rule is tried, the highest level wins (G-04)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, FrozenSet, Iterable, List, Optional, Sequence, Set, Tuple

from bot.triage.facts import Clock, finding_words, situation_words
from bot.triage.reader import load_table
from bot.triage.summary import summarise
from bot.triage.table import Case, Modifier, Row, Table
from bot.triage.vocabulary import (
    Assertion,
    Assessment,
    Context,
    Experiencer,
    Finding,
    Level,
    Screening,
    StatedFacts,
    Subtype,
)

_NOTHING_KNOWN = Context()
_SITE = frozenset({"IS-01", "IS-02"})
# Order of rules that reach the same level: several findings together, one finding, audit.
_TOGETHER, _SINGLE, _AUDIT = 0, 1, 2


@dataclass(frozen=True)
class Fired:
    """One rule that fired: the level it sets (None: none) and what goes with it."""

    level: Optional[Level]
    rules: Tuple[str, ...]
    subtype: Optional[Subtype]
    order: int
    ask: Optional[str] = None
    flags: Tuple[str, ...] = ()
    key: str = ""
    includes: FrozenSet[str] = frozenset()
    unchanged: bool = False
    symptom: bool = False


def assess(
    screening: Screening,
    context: Context = _NOTHING_KNOWN,
    opinion: float = 0.0,
    table: Optional[Table] = None,
) -> Assessment:
    """Return the decision on one message (triage.md sections 1 to 10).

    ``opinion`` is the probability, 0 to 1, of a statistical second opinion that the message reports
    an emergency; it may raise the level, never lower it. ``table`` replaces the table of the
    project, for tests and for comparing two versions. Raises ValueError when ``opinion`` is no
    probability and TableError when the decision table has a mistake.
    """
    if not 0.0 <= opinion <= 1.0:
        raise ValueError(f"opinion is {opinion!r}; use a probability from 0 to 1.")
    table = table or load_table()
    fired: List[Fired] = []
    situation: Set[str] = set()
    for who, findings in _people(screening.findings):
        if who == "patient":
            results, situation = _person(findings, screening.facts, context, table)
            results += _modifiers(results, findings, situation, context, table)
        elif who == "child":
            results, _ = _child(findings, screening.facts, table)
        else:
            results, _ = _other_adult(findings, screening.facts, table)
        fired += results
    fired += _message(screening, situation, table)
    fired += _repeat_contact(fired, context, table)
    fired += _second_opinion(screening, fired, situation, opinion, table)
    return _conclude(screening, context, fired, situation, table)


def _people(findings: Sequence[Finding]) -> Iterable[Tuple[str, List[Finding]]]:
    """Yield the findings of each person; the patient always comes first, also without findings."""
    groups: Dict[str, List[Finding]] = {"patient": []}
    for finding in findings:
        if "group" in finding.attributes:
            continue
        who = "patient"
        if finding.experiencer is Experiencer.OTHER:
            who = "child" if "child" in finding.attributes else "other"
        elif not finding.attributes.isdisjoint(("child", "unborn")):
            who = "child"
        groups.setdefault(who, []).append(finding)
    return groups.items()


def _person(
    findings: Sequence[Finding], facts: StatedFacts, context: Context, table: Table
) -> Tuple[List[Fired], Set[str]]:
    """Return what fires for one person, and the words that hold for her."""
    findings = [_known(f, table) for f in findings]
    stated = frozenset(f.key for f in findings if f.assertion is Assertion.PRESENT)
    clock = Clock(facts, context, table.policy["windows"])
    situation = situation_words(facts, context, clock, stated)
    findings = [f for f in findings if f.key in table.rows]
    current = [f for f in findings if f.assertion is Assertion.PRESENT]
    over = [f for f in findings if f.assertion in _OVER]
    if not current and not over:
        situation.add("no_symptom")
        return [], situation
    symptoms = {f.key for f in current if table.rows[f.key].symptom}
    told = symptoms | {f.key for f in over if f.assertion is Assertion.RESOLVED}
    if not symptoms:
        situation.add("no_symptom")
    if len(told) == 1:
        situation.add("only_finding")
    words_of: List[Tuple[Finding, Set[str]]] = []
    now: Set[str] = set()
    for finding in current:
        words = _words(finding, situation, clock, symptoms, table)
        now |= _signs(finding.key, words, table)
        words_of.append((finding, words))
    over_words = []
    for finding in over:
        words = _words(finding, situation, clock, symptoms, table)
        signs = _signs(finding.key, words, table)
        recent = finding.assertion is Assertion.RESOLVED and "gone_over_72h" not in words
        if recent and "REACTION" in signs and "effort_explained" not in words:
            now.add("reaction_gone")
        over_words.append((finding, words, signs))
    situation |= now
    fired = []
    for finding, words in words_of:
        words |= situation
        row = table.rows[finding.key]
        fired.append(_from_row(row, _first(row.cases, words), words))
    for finding, words, signs in over_words:
        words |= situation
        fired.append(_from_past(finding, words, signs, table))
    for rule in table.rules:
        case = rule.case
        if case.when.holds(situation):
            order = _AUDIT if rule.audit else _TOGETHER
            fired.append(
                Fired(
                    level=case.level,
                    rules=(rule.id, *case.rules),
                    subtype=case.subtype,
                    order=order,
                    ask=case.ask,
                    flags=case.flags,
                    key=rule.id,
                    includes=case.includes,
                    symptom=not rule.audit,
                )
            )
    return fired, situation


_OVER = (Assertion.RESOLVED, Assertion.HISTORICAL)


def _known(finding: Finding, table: Table) -> Finding:
    """Return ``finding``, or the same as an unmapped symptom (G-14) when no row has its key.

    A key that nobody maps must not cost the patient the other findings of her message.
    """
    if finding.key in table.rows or finding.key in table.modifier_ids:
        return finding
    return replace(finding, key="G-14")


def _words(
    finding: Finding, situation: Set[str], clock: Clock, symptoms: Set[str], table: Table
) -> Set[str]:
    words = finding_words(finding, situation, clock, bool(symptoms - _SITE - {finding.key}))
    values = finding.values
    if values:
        if "usual_systolic" in values and "systolic" in values:
            drop = 100.0 * (1.0 - values["systolic"] / values["usual_systolic"])
            values = {**values, "systolic_drop": drop}
        words.update(c.word for c in table.comparisons if c.holds(values))
    return words


def _signs(key: str, words: Set[str], table: Table) -> Set[str]:
    """Return ``key`` and the signs it belongs to, and add the signs to ``words``."""
    names = {key}
    for sign, members in table.signs_of(key):
        for member in members:
            if not names.isdisjoint(member.keys) and member.when.holds(words):
                names.add(sign)
                words.add(sign)
                break
    return names


def _first(cases: Sequence[Case], words: Set[str]) -> Case:
    return next(case for case in cases if case.when.holds(words))


def _from_row(row: Row, case: Case, words: Set[str]) -> Fired:
    exposed = "exposed" in words
    rules = case.rules
    # G-02 is the reason behind an A/B/C row, not a rule of its own: the row leads.
    return Fired(
        level=case.level,
        rules=(*rules, row.key) if rules and rules[0] in _LEADING else (row.key, *rules),
        subtype=case.subtype or (row.subtype if exposed else row.later_subtype),
        order=_SINGLE,
        ask=case.ask,
        flags=case.flags,
        key=row.key,
        includes=case.includes,
        unchanged="unchanged" in words,
        symptom=row.symptom,
    )


# A row whose case only repeats one of these rules is decided by the rule.
_LEADING = frozenset({"C-03", "C-15", "C-08"})


def _from_past(finding: Finding, words: Set[str], signs: Set[str], table: Table) -> Fired:
    """Return what a finding that is over means (P-01 to P-04, C-11 to C-13, C-25)."""
    resolved = finding.assertion is Assertion.RESOLVED
    cases = table.resolved if resolved else table.history
    row = table.rows[finding.key]
    case = next(
        c for c in cases if (not c.of or not c.of.isdisjoint(signs)) and c.when.holds(words)
    )
    if not case.as_present:
        result = _from_row(row, case, words)
        return replace(
            result, rules=(*case.rules, row.key), symptom=resolved and result.level is not None
        )
    result = _from_row(row, _first(row.cases, words), words)
    level = result.level
    if level is not None:
        level = case.ceiling.get(level, level)
    return replace(result, level=level, rules=(*result.rules, *case.rules))


def _child(
    findings: Sequence[Finding], facts: StatedFacts, table: Table
) -> Tuple[List[Fired], Set[str]]:
    """O-04: a child or baby is an emergency for A/B/C signs and goes to a human otherwise."""
    fired, situation = _person(findings, facts, _NOTHING_KNOWN, table)
    policy = table.policy["child"]
    alive = [f for f in findings if f.assertion in (Assertion.PRESENT, Assertion.RESOLVED)]
    if not alive:
        return [], situation
    emergency = not situation.isdisjoint(policy["emergency"]) or any(
        item.level is Level.EMERGENCY_NOW and "reaction_gone" in situation for item in fired
    )
    keys = tuple(dict.fromkeys(f.key for f in alive))
    subtypes = {item.subtype for item in fired if item.level is Level.EMERGENCY_NOW}
    return [
        Fired(
            level=Level.EMERGENCY_NOW if emergency else policy["level"],
            rules=(policy["rule"], *keys),
            subtype=subtype,
            order=_SINGLE,
            flags=("child", "hand_over"),
        )
        for subtype in (subtypes if emergency and subtypes else {Subtype.OTHER})
    ], situation


def _other_adult(
    findings: Sequence[Finding], facts: StatedFacts, table: Table
) -> Tuple[List[Fired], Set[str]]:
    """O-01 and Q-03: the full table for another adult, without anything of the patient's record."""
    fired, situation = _person(findings, facts, _NOTHING_KNOWN, table)
    rule = table.policy["other_person"]["rule"]
    return [
        replace(item, rules=(*item.rules, rule), flags=(*item.flags, "other_person"))
        for item in fired
        if item.level is not None
    ], situation


def _modifiers(
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
        Fired(level, (name, "C-24"), item.subtype, _TOGETHER)
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


def _message(screening: Screening, situation: Set[str], table: Table) -> List[Fired]:
    """Return what the message as a whole means, besides its findings."""
    facts = screening.facts
    fired = []
    if facts.unsupported_language:
        row = table.rows["G-15"]
        fired.append(_from_row(row, _first(row.cases, situation), situation))
    if not facts.readable:
        fired.append(Fired(None, ("U-01",), None, _SINGLE, ask="U-01"))
    asked = any(f.assertion is Assertion.HYPOTHETICAL for f in screening.findings)
    if facts.general_question or asked:
        fired.append(Fired(None, ("Q-01",), None, _AUDIT))
    if facts.figurative:
        fired.append(Fired(None, ("Q-06",), None, _AUDIT))
    return fired


def _repeat_contact(fired: Sequence[Fired], context: Context, table: Table) -> List[Fired]:
    """G-18: the third contact about symptoms within 48 hours is at least URGENT_SAME_DAY."""
    policy = table.policy["repeat_contact"]
    if context.symptom_contacts_48h < policy["contacts"]:
        return []
    levels = [item.level for item in fired if item.symptom and item.level is not None]
    if not levels or max(levels) not in policy["raise"]:
        return []
    return [
        Fired(policy["level"], ("G-18",), item.subtype, _TOGETHER, flags=("repeat_contact",))
        for item in fired
        if item.level is max(levels)
    ]


def _second_opinion(
    screening: Screening,
    fired: Sequence[Fired],
    situation: Set[str],
    opinion: float,
    table: Table,
) -> List[Fired]:
    """Return the raise of the statistical second opinion: never a lower level, never a silence.

    It is not heard over a message that the rules read as a general question, a figure of speech or
    another trigger's history: such words are about symptoms that nobody has now. One present
    finding above ROUTINE ends that protection.
    """
    policy = table.policy["second_opinion"]
    if opinion < policy["ask"]:
        return []
    top = max((item.level for item in fired if item.level is not None), default=None)
    words = situation | ({"other_history"} if _only_other_history(screening) else set())
    if not words.isdisjoint(policy["silent_when"]) and (top is None or top <= Level.ROUTINE):
        return []
    subtype = Subtype.ALLERGIC if "within_24h" in situation else Subtype.CARDIORESP
    present = {f.key for f in screening.findings if f.assertion is Assertion.PRESENT}
    present -= table.modifier_ids
    fear_only = bool(present) and present <= set(policy["ask_only_over"])
    if opinion >= policy["act"] and not fear_only:
        if top is Level.EMERGENCY_NOW:
            return []
        return [Fired(Level.EMERGENCY_NOW, (), subtype, _TOGETHER, flags=("second_opinion",))]
    if top is not None and top >= Level.URGENT_SAME_DAY:
        return []
    return [
        Fired(
            Level.URGENT_SAME_DAY,
            (),
            subtype,
            _TOGETHER,
            ask=policy["question"],
            flags=("second_opinion",),
        )
    ]


def _only_other_history(screening: Screening) -> bool:
    told = [f for f in screening.findings if f.assertion is not Assertion.NEGATED]
    return bool(told) and all(
        f.assertion in _OVER and "other_trigger" in f.attributes for f in told
    )


def _conclude(
    screening: Screening,
    context: Context,
    fired: Sequence[Fired],
    situation: Set[str],
    table: Table,
) -> Assessment:
    ordered = sorted(fired, key=lambda item: (-(item.level or 0), item.order))
    level = ordered[0].level if ordered else None
    flags = dict.fromkeys(flag for item in ordered for flag in item.flags)
    subtype = None
    if level is not None:
        subtypes = {item.subtype for item in ordered if item.level is level and item.subtype}
        order = table.policy["subtypes"]
        order = order["exposed" if "within_24h" in situation else "not_exposed"]
        subtype = next((entry for entry in order if entry in subtypes), Subtype.OTHER)
        crisis = any(item.subtype is Subtype.MENTAL_HEALTH_CRISIS for item in ordered)
        if crisis and subtype is not Subtype.MENTAL_HEALTH_CRISIS:
            flags["mental_health_crisis"] = None
    question = _question(ordered, level, context.questions_asked, table)
    urgent = level is not None and level >= Level.URGENT_SAME_DAY
    return Assessment(
        level=level,
        subtype=subtype,
        rules=tuple(dict.fromkeys(rule for item in ordered for rule in item.rules)),
        findings=screening.findings,
        question=question,
        action_line=question is not None and (urgent or "emergency_number" in flags),
        flags=tuple(flags),
        summary=summarise(screening, situation, table),
    )


def _question(
    ordered: Sequence[Fired], level: Optional[Level], asked: Sequence[str], table: Table
) -> Optional[str]:
    """Return the next question, or None: none before an emergency, at most three (G-08)."""
    if level is Level.EMERGENCY_NOW:
        return None
    counted = [
        name for name in asked if name not in table.questions or table.questions[name].counted
    ]
    full = len(counted) >= table.policy["questions"]["most"]
    for item in ordered:
        if item.ask and item.ask not in asked and not (full and table.questions[item.ask].counted):
            return item.ask
    return None
