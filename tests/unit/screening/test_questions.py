"""Questions, tendencies and calls for help: each harmless class beside its dangerous neighbours."""

import pytest

from bot.screening import screen
from bot.triage import Level, assess

HARMLESS = {
    "permission": [
        "can i go on a boat",
        "could i not just swallow one",
        "may we lie down in the car after it",
        "can i have pills rather than shots",
    ],
    "duty": [
        "do i have to lie down for the shot",
        "do you have to lie down for it",
        "must i stand",
    ],
    "future": [
        "will i bleed",
        "could my throat close up from it",
        "could i stop breathing",
        "will i come out in spots",
        "can i faint from it",
        "could i drop down dead from it",
    ],
    "condition": [
        "If I'm alone and my throat starts to close after my jab, what's the first thing I do?",
        "what if my throat closes",
        "can i use my epipen if i react",
    ],
    "when to call": [
        "when should i go to the emergency room",
        "which signs mean that i must rush to hospital",
        "what should make me call an ambulance",
        "at what moment should the adrenaline pen be used",
        "can pregnant women use an epipen",
    ],
    "task": ["help me prepare for my visit", "help me arrange my questions on paper"],
    "looked up": ["zyrtec vs claritin hives", "hives meaning in hindi", "mild vs severe reaction"],
    "tendency": [
        "I always pass out when I see needles",
        "i faint when i get injections, im scared",
        "needles make me faint",
        "i go white at the sight of one",
    ],
    "earlier reaction": [
        "bad reaction to a vaccine once, should i tell them",
        "last time i got hives from the shot, do i still take the next one",
    ],
    "somebody else's refusal": ["my wife won't talk to me", "they've run out of it at my surgery"],
}
DANGEROUS = {
    "permission": [
        "can i go to sleep i feel faint",
        "can i come in my throat hurts when i swallow",
        "can i tell you something i cant breathe",
        "can i take something i am covered in hives",
    ],
    "duty": ["do i need to lie down i feel faint", "do my lips look swollen to you"],
    "future": [
        "could my lips be swelling",
        "why would my tongue swell up",
        "should my throat be closing",
        "should my throat feel like this",
        "would my throat be tight after it",
        "can my face swell up like this",
        "can a throat close from this because mine is",
        "could I be having anaphylaxis",
    ],
    "condition": [
        "what do i do if my throat is closing",
        "if i lie down i can't breathe",
        "should i use my epipen",
    ],
    "when to call": [
        "when is the ambulance coming",
        "what do i do should i call an ambulance",
        "i used my epipen what happens now",
        "where is the ambulance",
    ],
    "task": ["help me", "help me please", "help me i cant breathe", "help me my throat"],
    "looked up": ["hives after b12", "throat closing signs help", "why can't I breathe"],
    "tendency": [
        "i fainted when they put the needle in",
        "i feel faint since the needle",
        "I am going faint when i see the needle mark, my arm is huge",
    ],
    "earlier reaction": [
        "had a bad reaction to the shot an hour ago",
        "had a reaction once before and now its happening again",
        "having a reaction like never before",
    ],
    "somebody else's refusal": ["i can't talk", "im out of it since the jab", "she can't talk"],
}


def _level(text):
    return assess(screen(text)).level


def _cases(classes):
    return [pytest.param(text, id=text[:40]) for texts in classes.values() for text in texts]


@pytest.mark.parametrize("text", _cases(HARMLESS))
def test_what_is_asked_about_or_habitual_is_no_emergency(text):
    level = _level(text)
    assert level is None or level < Level.EMERGENCY_NOW


@pytest.mark.parametrize("text", _cases(DANGEROUS))
def test_what_is_there_acts_also_in_question_form(text):
    assert _level(text) is Level.EMERGENCY_NOW


@pytest.mark.parametrize("opening", ["", "hi, ", "sorry to bother you but ", "please "])
@pytest.mark.parametrize("closing", ["", "?", " thanks", " xx"])
def test_politeness_around_a_question_changes_nothing(opening, closing):
    assert _level(f"{opening}do i have to lie down for the shot{closing}") is None
    assert _level(f"{opening}should my throat be closing{closing}") is Level.EMERGENCY_NOW


def test_every_class_has_both_halves():
    assert HARMLESS.keys() == DANGEROUS.keys()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Label says call for chest pain or swelling of lips. OK.", id="a label"),
        pytest.param("I reacted badly to the flu shot in 2004, passed out", id="a year"),
        pytest.param("bit my tongue eating a sandwich too fast", id="bitten while eating"),
        pytest.param("weeds choking my roses", id="roses"),
        pytest.param("waiting for them to ring back", id="ring back"),
        pytest.param("feeling sleepy after lunch", id="plain sleepy"),
        pytest.param("shot myself in the foot agreeing to host christmas", id="in the foot"),
    ],
)
def test_other_senses_and_old_stories_are_no_emergency(text):
    level = _level(text)
    assert level is None or level < Level.EMERGENCY_NOW


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("lump in throat since shot", id="a lump"),
        pytest.param("keep biting my tongue, it grew", id="bitten because it grew"),
        pytest.param("something is choking me", id="choking her"),
        pytest.param("drowning in my own spit", id="drowning"),
        pytest.param("welts on my back and neck", id="on her back"),
        pytest.param("she is unusually sleepy and hard to wake", id="hard to wake"),
        pytest.param("in 2 minutes my lips were huge", id="no year"),
        pytest.param("nobody warned me my throat would close like this", id="not warned"),
    ],
)
def test_the_literal_sense_still_acts(text):
    assert _level(text) is Level.EMERGENCY_NOW
