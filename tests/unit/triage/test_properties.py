"""What must hold for every message and every episode, whatever the findings."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.triage import (
    ATTRIBUTES,
    Ago,
    Assertion,
    Context,
    Experiencer,
    Finding,
    Level,
    Screening,
    StatedFacts,
    assess,
)
from bot.triage.answers import Reading, Reply, read_reply
from bot.triage.episode import advance, lower, silence
from bot.triage.reader import load_table
from bot.triage.state import EpisodeState

TABLE = load_table()
KEYS = sorted(TABLE.rows) + sorted(TABLE.modifier_ids)
MODEST = settings(max_examples=150, deadline=None)
MINUTES = st.sampled_from([5, 300, 361, 1000, 1440, 1441, 3000, 4320, 4321, 20000, 60000])

ANY_ASSERTION = st.sampled_from(Assertion)
PATIENT = st.just(Experiencer.PATIENT)

agos = st.builds(lambda least, more: Ago(least, least + more), MINUTES, st.sampled_from([0, 500]))
values = st.dictionaries(
    st.sampled_from(["systolic", "diastolic", "celsius", "count", "count_hours"]),
    st.sampled_from([0.0, 1.0, 3.0, 7.0, 37.0, 38.5, 85.0, 95.0, 145.0, 170.0]),
    max_size=2,
)


def finding(assertion=ANY_ASSERTION, experiencer=PATIENT):
    return st.builds(
        Finding,
        key=st.sampled_from(KEYS),
        start=st.just(0),
        end=st.just(1),
        text=st.just("x"),
        assertion=assertion,
        experiencer=experiencer,
        attributes=st.frozensets(st.sampled_from(sorted(ATTRIBUTES)), max_size=4),
        when=st.none() | agos,
        values=values,
    )


people = st.sampled_from(Experiencer)
findings = st.lists(finding(experiencer=people), max_size=4)
facts = st.builds(
    StatedFacts,
    since_injection=st.none() | agos,
    injection_given=st.sampled_from([None, None, False]),
    until_next_injection=st.none() | agos,
    weeks_pregnant=st.sampled_from([None, 10.0, 22.0, 30.0, 38.0]),
    nothing_else=st.booleans(),
    general_question=st.booleans(),
)
contexts = st.builds(
    Context,
    minutes_since_injection=st.none() | MINUTES,
    weeks_pregnant=st.sampled_from([None, 10.0, 30.0]),
    symptom_contacts_48h=st.sampled_from([1, 2, 3]),
    earlier_reaction=st.booleans(),
    risk_modifiers=st.frozensets(st.sampled_from(["RM-01", "RM-05", "RM-07"]), max_size=2),
)
opinions = st.sampled_from([0.0, 0.5, 0.85, 0.99])


def height(level):
    return level or 0


@MODEST
@given(findings, finding(st.just(Assertion.PRESENT), people), facts, contexts)
def test_a_further_present_finding_never_lowers_the_level(some, more, facts, context):
    before = assess(Screening(tuple(some), facts), context)
    after = assess(Screening((*some, more), facts), context)
    assert height(after.level) >= height(before.level), (before.rules, after.rules)


@MODEST
@given(findings, finding(st.just(Assertion.NEGATED), people), facts, contexts)
def test_a_denied_finding_changes_nothing(some, denied, facts, context):
    before = assess(Screening(tuple(some), facts), context)
    after = assess(Screening((*some, denied), facts), context)
    assert (after.level, after.subtype, after.rules, after.question) == (
        before.level,
        before.subtype,
        before.rules,
        before.question,
    )


@MODEST
@given(findings, st.randoms(use_true_random=False), facts, contexts)
def test_the_order_of_findings_does_not_matter(some, random, facts, context):
    mixed = list(some)
    random.shuffle(mixed)
    first = assess(Screening(tuple(some), facts), context)
    second = assess(Screening(tuple(mixed), facts), context)
    assert (first.level, first.subtype, set(first.rules)) == (
        second.level,
        second.subtype,
        set(second.rules),
    )


@MODEST
@given(findings, facts, contexts, opinions)
def test_the_second_opinion_never_lowers(some, facts, context, opinion):
    screening = Screening(tuple(some), facts)
    alone = assess(screening, context)
    assert height(assess(screening, context, opinion).level) >= height(alone.level)


@MODEST
@given(findings, facts, contexts)
def test_an_emergency_asks_nothing_and_every_urgent_question_has_the_action_line(
    some, facts, context
):
    result = assess(Screening(tuple(some), facts), context)
    if result.level is Level.EMERGENCY_NOW:
        assert result.question is None
    if result.question and result.level is Level.URGENT_SAME_DAY:
        assert result.action_line


turns = st.lists(
    st.tuples(
        findings,
        facts,
        contexts,
        opinions,
        st.sampled_from([1, 30, 90, 5000]),
        st.none() | st.sampled_from(Reading),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=80, deadline=None)
@given(turns)
def test_the_level_of_an_episode_never_falls_and_asks_at_most_three_questions(turns):
    now, state, level = datetime(2026, 3, 1, tzinfo=timezone.utc), None, None
    for some, facts, context, opinion, minutes, reading, quiet in turns:
        now += timedelta(minutes=minutes)
        question = (state or {}).get("open_question")
        reply = Reply(question, reading) if question and reading else None
        screening = Screening(tuple(some), facts)
        state, result = advance(state, screening, context, opinion, now, reply)
        assert height(result.level) >= height(level)
        assert EpisodeState.from_json(EpisodeState.from_plain(state).to_json()).to_plain() == state
        level = result.level
        if quiet:
            state, result = silence(state, 5)
            assert height(result.level) >= height(level)
            level = result.level
        counted = [name for name in state["asked"] if TABLE.questions[name].counted]
        assert len(counted) <= 3
    assert lower(state, Level.SELF_CARE)["level"] == "SELF_CARE"


@MODEST
@given(st.lists(finding(st.just(Assertion.PRESENT)), min_size=2, max_size=2), contexts)
def test_two_messages_find_at_least_what_one_message_would(pair, context):
    """Findings add up over the messages, in either order (C-02 across turns)."""
    pair = [replace(entry, when=None) for entry in pair]
    one = assess(Screening(tuple(pair)), replace(context, symptom_contacts_48h=1))
    for order in (pair, pair[::-1]):
        state = None
        for entry in order:
            state, result = advance(
                state, Screening((entry,)), replace(context, symptom_contacts_48h=1)
            )
        assert height(result.level) >= height(one.level)


@MODEST
@given(st.text(max_size=80), st.sampled_from(sorted(TABLE.questions)))
def test_no_text_breaks_the_reading_of_answers(text, question):
    assert read_reply(text, question).question == question
