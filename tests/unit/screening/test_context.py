"""Section 9 of triage.md: how a finding is meant and whose it is."""

import pytest

from bot.screening import screen
from bot.triage import Assertion, Experiencer

PRESENT, NEGATED = Assertion.PRESENT, Assertion.NEGATED
HYPOTHETICAL, HISTORICAL = Assertion.HYPOTHETICAL, Assertion.HISTORICAL


def assertions(text, key):
    return {f.assertion for f in screen(text).findings if f.key == key}


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        pytest.param("no hives", "SK-01", NEGATED, id="N-01"),
        pytest.param("no trouble breathing", "BR-01", NEGATED, id="N-01 noun"),
        pytest.param("no rash but my throat feels tight", "AW-01", PRESENT, id="N-02 but"),
        pytest.param("can't breathe", "BR-01", PRESENT, id="N-03"),
        pytest.param("not breathing right", "BR-01", PRESENT, id="N-03 good state"),
        pytest.param("no i can't breathe", "BR-01", PRESENT, id="answer no"),
        pytest.param("can't say I'm not wheezing", "BR-02", PRESENT, id="N-04"),
        pytest.param("no hives, yes my lips are swelling", "SK-03", PRESENT, id="N-06"),
        pytest.param("my throat is not tight", "AW-01", NEGATED, id="between the words"),
        pytest.param("help my throat is swelling", "AW-01", PRESENT, id="a cry for help"),
        pytest.param("stop my throat is closing", "AW-01", PRESENT, id="a cry to stop"),
        pytest.param("less than an hour ago my lips swelled", "SK-03", PRESENT, id="less than"),
        pytest.param("dont tell me to wait my lips are huge", "SK-03", PRESENT, id="a plea"),
        pytest.param("i read the leaflet and my throat is closing", "AW-01", PRESENT, id="read"),
        pytest.param("i dont think my throat is closing", "AW-01", NEGATED, id="not think"),
        pytest.param("my throat is less tight", "AW-01", PRESENT, id="less is still there"),
        pytest.param("the shots helped my breathlessness", "BR-01", NEGATED, id="what helped"),
        pytest.param("what if I get hives?", "SK-01", HYPOTHETICAL, id="Q-01"),
        pytest.param("is it normal that my throat is tight", "AW-01", PRESENT, id="Q-02"),
        pytest.param("I had hives years ago", "SK-01", HISTORICAL, id="P-04"),
        pytest.param(
            "I was on lisinopril, it made my lips swell. Switched.",
            "SK-03",
            HISTORICAL,
            id="before the switch",
        ),
        pytest.param(
            "I was on this pill and my lips swelled. Switched.", "SK-03", PRESENT, id="no switch"
        ),
        pytest.param(
            "I had wheezing every night, this cured me", "BR-02", HISTORICAL, id="what was cured"
        ),
        pytest.param(
            "I had wheezing after it, prednisone cured me", "BR-02", PRESENT, id="G-11 cured"
        ),
        pytest.param(
            "it is as if somebody squeezes my throat shut", "AW-01", PRESENT, id="a comparison"
        ),
        pytest.param("was covered in hives after one dose", "SK-01", PRESENT, id="I left out"),
        pytest.param("was rushed in with anaphylaxis", "G-12", PRESENT, id="rushed in"),
        pytest.param("has anyone had hives after this", "SK-01", HYPOTHETICAL, id="anyone asked"),
        pytest.param(
            "I was on iron and my lips swelled after the shot. Switched.",
            "SK-03",
            PRESENT,
            id="the shot, not what she was on",
        ),
        pytest.param("sore throat and a blocked nose", "AW-01", None, id="the nose is blocked"),
        pytest.param("throat closing and blocked nose", "AW-01", PRESENT, id="the throat closes"),
        pytest.param("I'm scared my throat will close up", "AW-01", HYPOTHETICAL, id="Q-04"),
    ],
)
def test_assertion(text, key, expected):
    found = assertions(text, key)
    assert expected in found if expected else not found


@pytest.mark.parametrize(
    ("text", "key", "who"),
    [
        ("my sister can't breathe", "BR-01", Experiencer.OTHER),
        ("my husband says I look grey", "SK-10", Experiencer.PATIENT),
        ("my wife can't breathe", "BR-01", Experiencer.PATIENT),
        ("my son has hives", "SK-01", Experiencer.OTHER),
    ],
)
def test_experiencer(text, key, who):
    assert {f.experiencer for f in screen(text).findings if f.key == key} == {who}


def test_a_group_is_marked_as_one():
    found = [f for f in screen("people in my forum fainted").findings if f.key == "CI-01"]
    assert found
    assert all("group" in f.attributes for f in found)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        pytest.param("when she smiles only half her mouth goes up", "NE-07", PRESENT, id="when"),
        pytest.param("isnt my tongue bigger than before??", "AW-02", PRESENT, id="asks for a yes"),
        pytest.param("who calls the ambulance if someone reacts", "G-12", HYPOTHETICAL, id="who"),
        pytest.param("how fast will my b12 level go up", "TX-08", HYPOTHETICAL, id="how fast"),
        pytest.param("can i just take b12 tablets instead", "TX-07", HYPOTHETICAL, id="switch"),
        pytest.param("i want to stop my injections", "TX-07", PRESENT, id="stop"),
        pytest.param("could the shots hurt my baby", "IS-01", HYPOTHETICAL, id="Q-05"),
        pytest.param(
            "it would be kinder to everyone if i went to sleep and didnt wake",
            "MH-02",
            PRESENT,
            id="wish for death",
        ),
    ],
)
def test_mood_of_a_sentence(text, key, expected):
    assert assertions(text, key) == {expected}


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        pytest.param("this knocks out my hives within minutes", "SK-01", NEGATED, id="relief"),
        pytest.param("the wheezing is so much less on this", "BR-02", NEGATED, id="relief after"),
        pytest.param("the benadryl cleared up my hives", "SK-01", PRESENT, id="G-11 a remedy"),
        pytest.param("pt denies SOB/CP/hives", "SK-01", NEGATED, id="denied list with strokes"),
        pytest.param("denies syncope, dyspnea, wheeze", "BR-02", NEGATED, id="denied list"),
        pytest.param("denies rash but throat is tight", "AW-01", PRESENT, id="denied list ends"),
        pytest.param("h/o hives to penicillin", "SK-01", HISTORICAL, id="shorthand history"),
        pytest.param("I was wheezing before this medicine", "BR-02", HISTORICAL, id="before it"),
        pytest.param("my mom tried it and broke out in hives", "SK-01", HISTORICAL, id="mother"),
        pytest.param("my sister can't breathe after her b12", "BR-01", PRESENT, id="O-01 now"),
        pytest.param("boyfriend here she fainted on Monday", "CI-01", PRESENT, id="G-16 he writes"),
        pytest.param("I had zero problems, no breathing trouble", "BR-01", NEGATED, id="trouble"),
        pytest.param("I don't get hives from it", "SK-01", NEGATED, id="do not get"),
        pytest.param("he said I'd pass out but I didn't", "CI-01", NEGATED, id="did not"),
        pytest.param("it's as if my throat is closing", "AW-01", PRESENT, id="as if"),
        pytest.param("the nurse asked about chest pain, i have none", "CA-01", NEGATED, id="none"),
        pytest.param("baby moving a lot less", "OB-03", PRESENT, id="less is the finding"),
        pytest.param("is it normal to have a tight chest", "BR-03", HYPOTHETICAL, id="Q-01 normal"),
        pytest.param("if it closed I would ring 999", "G-12", HYPOTHETICAL, id="would call"),
        pytest.param("my mum had anaphylaxis years ago", "G-12", HISTORICAL, id="her anaphylaxis"),
    ],
)
def test_what_reviews_and_reports_say_of_what_is_not_there(text, key, expected):
    assert expected in assertions(text, key)


def test_an_animal_is_no_patient_but_a_simile_is_no_animal():
    assert all("group" in f.attributes for f in screen("our dog has hives").findings)
    assert not any(
        "group" in f.attributes for f in screen("sleeping like a horse, no air").findings
    )


def test_what_was_seen_in_a_film_is_nobodys_but_what_she_feels_there_is_hers():
    assert all("group" in f.attributes for f in screen("she fainted in the movie").findings)
    assert not any(
        "group" in f.attributes for f in screen("i saw it in a film and now i faint").findings
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("breathless on stairs since last week", "BR-01", id="since, not then"),
        pytest.param("more out of puff than I used to be", "BR-01", id="compared with before"),
        pytest.param("chest tightness, no hx of asthma", "BR-03", id="no history of another thing"),
        pytest.param("wheezing, hx of eczema", "BR-02", id="history of another thing"),
        pytest.param("It's been a nightmare: palpitations day and night", "CI-04", id="nightmare"),
        pytest.param(
            "before I reached my car my chest was tight", "BR-03", id="before she reached"
        ),
        pytest.param("can breathe can complain cant swallow", "AW-04", id="left out I"),
        pytest.param("can b12 make your throat close? mine feels like it is", "AW-01", id="mine"),
        pytest.param("THIS DRUG STOPPED MY BREATHING", "BR-01", id="stopped what keeps her alive"),
        pytest.param("it closed my throat", "AW-01", id="what did it, then the throat"),
        pytest.param("Tongue. Big. Half hour.", "AW-02", id="one word a sentence"),
        pytest.param("heart. racing. NOW", "CI-04", id="pieces of a sentence"),
        pytest.param("chest pain, sob, ?PE ?anaph", "BR-01", id="a queried diagnosis"),
        pytest.param("dizzy and I haven't eaten", "CI-03", id="denies a meal"),
        pytest.param("tight throat and i havent got my epipen", "AW-01", id="denies a pen"),
        pytest.param("what a treat, my eyes have swollen shut", "SK-03", id="no treatment"),
        pytest.param("no pain. no idea what day it is", "CI-06", id="no idea"),
        pytest.param("there's a lot of blood, more than a period", "OB-04", id="a lot of blood"),
        pytest.param("she stood up and the next thing she was on the floor", "CI-01", id="floor"),
        pytest.param("Not great for the lips, which blew up", "SK-03", id="not great"),
    ],
)
def test_what_is_there_is_not_read_away(text, key):
    assert PRESENT in assertions(text, key)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("it stopped my breathing trouble", "BR-01", id="stopped the trouble"),
        pytest.param(
            "my heart raced for five minutes a fortnight ago, never since", "CI-04", id="since"
        ),
        pytest.param(
            "can b12 make your throat close? mine is on monday", "AW-01", id="hers is booked"
        ),
        pytest.param("what if my throat closes? mine has been fine", "AW-01", id="hers is fine"),
        pytest.param("I thought I'd be dizzy and I haven't", "CI-03", id="denies it"),
        pytest.param("they took a lot of blood for tests", "OB-04", id="blood taken"),
        pytest.param("hx of SOB", "BR-01", id="history of it"),
    ],
)
def test_what_is_not_there_stays_so(text, key):
    assert PRESENT not in assertions(text, key)
