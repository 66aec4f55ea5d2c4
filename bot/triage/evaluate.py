"""Findings to assessment for one message: every rule is tried, the highest level wins (G-04)."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

from bot.triage.facts import Clock, situation_words
from bot.triage.firing import (
    AUDIT,
    OVER,
    SINGLE,
    TOGETHER,
    Fired,
    first_case,
    from_past,
    from_row,
    known,
    signs_for,
    words_for,
)
from bot.triage.raises import (
    Opinion,
    check_probability,
    message_rules,
    modifier_raises,
    repeat_contact,
    second_opinion,
)
from bot.triage.reader import load_table
from bot.triage.summary import summarise
from bot.triage.table import Table
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


def assess(
    screening: Screening,
    context: Context = _NOTHING_KNOWN,
    opinion: Opinion = 0.0,
    table: Optional[Table] = None,
) -> Assessment:
    """Return the decision on one message (triage.md sections 1 to 10).

    ``opinion`` is the probability, 0 to 1, of a statistical second opinion that the message reports
    an emergency, or a function that gives it and is only called when it could make a difference; it
    may raise the level, never lower it. ``table`` replaces the table of the
    project, for tests and for comparing two versions. Raises ValueError when ``opinion`` is no
    probability and TableError when the decision table has a mistake.
    """
    if not callable(opinion):
        check_probability(opinion)
    table = table or load_table()
    fired: List[Fired] = []
    situation: Set[str] = set()
    for who, findings in _people(screening.findings):
        if who == "patient":
            results, situation = _person(findings, screening.facts, context, table)
            results += modifier_raises(results, findings, situation, context, table)
        elif who == "child":
            results, _ = _child(findings, screening.facts, table)
        else:
            results, _ = _other_adult(findings, screening.facts, table)
        fired += results
    fired += message_rules(screening, situation, table)
    fired += repeat_contact(fired, context, table)
    fired += second_opinion(screening, fired, situation, opinion, table)
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
    findings = [known(f, table) for f in findings]
    stated = frozenset(f.key for f in findings if f.assertion is Assertion.PRESENT)
    clock = Clock(facts, context, table.policy["windows"])
    situation = situation_words(facts, context, clock, stated)
    findings = [f for f in findings if f.key in table.rows]
    current = [f for f in findings if f.assertion is Assertion.PRESENT]
    over = [f for f in findings if f.assertion in OVER]
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
        words = words_for(finding, situation, clock, symptoms, table)
        now |= signs_for(finding.key, words, table)
        words_of.append((finding, words))
    over_words = []
    for finding in over:
        words = words_for(finding, situation, clock, symptoms, table)
        signs = signs_for(finding.key, words, table)
        recent = finding.assertion is Assertion.RESOLVED and "gone_over_72h" not in words
        if recent and "REACTION" in signs and "effort_explained" not in words:
            now.add("reaction_gone")
        over_words.append((finding, words, signs))
    situation |= now
    fired = []
    for finding, words in words_of:
        words |= situation
        row = table.rows[finding.key]
        fired.append(from_row(row, first_case(row.cases, words), words))
    for finding, words, signs in over_words:
        words |= situation
        fired.append(from_past(finding, words, signs, table))
    for rule in table.rules:
        case = rule.case
        if case.when.holds(situation):
            order = AUDIT if rule.audit else TOGETHER
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
            order=SINGLE,
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
