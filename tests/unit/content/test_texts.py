"""Every text a patient can get: readable, short, honest, and never without a way to a human."""

import dataclasses
import re

import pytest
from readability import grade

from bot.content import load_content
from bot.content.model import DAYS_MINUTES, HOURS_MINUTES, LATER_WEEKS
from bot.settings import load_settings

CLINIC = {
    "name": "Rose Clinic",
    "main_number": "555 0100",
    "maternity_number": "555 0101",
    "nurse_number": "555 0102",
}
SERVICE = {
    "operator": "Rose Clinic",
    "nurse_hours": "9 to 17",
    "privacy_notice_url": "https://clinic.example/privacy",
}
SETTINGS = dataclasses.replace(load_settings(environment={}), clinic=CLINIC, service=SERVICE)
CONTENT = load_content("en", dataclasses.replace(SETTINGS, region="GB"))
WITHOUT_REGION = load_content("en", dataclasses.replace(SETTINGS, region="unknown"))

MESSAGES = [message for variations in CONTENT.messages.values() for message in variations]
SYMPTOMS = list(CONTENT.symptoms.values())
FIRST_BUBBLES = [*CONTENT.messages["emergency"], *WITHOUT_REGION.messages["emergency"]]
CRISIS = {"crisis_intent", "crisis_passive", "harm_to_baby", "psychosis"}
FAQ = [message for message in MESSAGES if message.key.startswith("faq_")]
#: Minutes after the injection and weeks of pregnancy at which an advice reads differently.
MOMENTS = [
    (minutes, weeks)
    for minutes in (None, 30, HOURS_MINUTES + 60, DAYS_MINUTES + 60)
    for weeks in (None, 12, LATER_WEEKS + 8)
]
#: What is expected of a symptom at that time and in that week: every wording, each once.
TIMED = {
    text: f"{symptom.key} {minutes} minutes, {weeks} weeks"
    for symptom in SYMPTOMS
    for minutes, weeks in MOMENTS
    for text in (symptom.advice_at(minutes, weeks), symptom.update_at(minutes, weeks))
}
TEXTS = [
    *((name, text) for text, name in TIMED.items()),
    *(
        (f"{m.key}{dict(m.when) or ''}", text)
        for m in MESSAGES
        for text in (m.text, m.more)
        if text
    ),
    *((symptom.key, symptom.advice) for symptom in SYMPTOMS),
    *((f"{m.key} button", b.title) for m in MESSAGES for b in m.buttons),
]

#: responses.md 2.2, 3, 7 and 8: never said, in any message.
BANNED = re.compile(
    "|".join(
        [
            r"probably nothing",
            r"don't panic",
            r"\brelax\b",
            r"calm down",
            r"overreacting",
            r"see how it goes",
            r"(?:antihistamine|paracetamol) and wait",
            r"in the morning",
            r"sipping water",
            r"(?<!not )\bflat on your back",
            r"you can drive to",
            r"two pens",
            r"just a side effect",
            r"perfectly normal",
            r"(?:this|it) is normal",
            r"nothing to worry",
            r"all fine",
            r"probably anxiety",
            r"level is fine",
            r"result looks",
            r"can (?:stop|skip|space out)",
            r"(?:ibuprofen|nsaids?) is (?:fine|ok)",
            r"days late is fine",
            r"too late",
            r"safe with everything",
            r"100 ?% safe",
            r"cannot hurt",
            r"can't be the injection",
            r"far along enough",
            r"when you can\b",
            r"i'm a (?:nurse|doctor)",
            r"in my (?:clinic|experience)",
            r"you have (?:pre-eclampsia|an infection|an allergy)",
            r"as i said",
            r"already told you",
            r"\d ?%",
            r"be grateful",
            r"think of your baby",
            r"have it worse",
            r"can't be serious",
            r"promise me",
            r"\bno risk (?:to|for)\b",
            r"completely safe",
        ]
    ),
    re.IGNORECASE,
)
DOSE = re.compile(
    r"\d\s?(?:mg|mcg|µg|micrograms?|milligrams?|ml)\b"
    r"|\btake (?:one|two|three|half|\d)\b|\b\d+ (?:tablets?|pills?|capsules?|puffs?)\b",
    re.IGNORECASE,
)
CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
KNOWN_CAPITALS = {
    *("EMERGENCY", "STOP", "START", "MMA", "UK", "US", "NHS", "GP", "CPR", "ER", "UKTIS"),
    *("ASCIA", "MHRA", "NICE", "NIH", "AS", "SC", "SS"),
}
ACTION_AND_NUMBER = re.compile(r"\b[Cc]all\b[^.]*\d{2}")


def ids(texts):
    return [name for name, _ in texts]


def test_the_grade_grows_with_sentences_and_words():
    short, long = "Please call them now. Then sit down here.", "Please call them now and sit here."
    assert grade(short) < grade(long)
    assert grade("Do not run.") < 2 < 8 < grade("Considerable uncertainty necessitates evaluation.")


@pytest.mark.parametrize(("name", "text"), TEXTS, ids=ids(TEXTS))
class TestEveryText:
    def test_grade_six_can_read_it(self, name, text):
        if "button" not in name:
            limit = 4.0 if name.startswith("emergency") else 6.0
            assert grade(text) <= limit

    def test_says_nothing_that_is_banned(self, name, text):
        assert not BANNED.search(text)

    def test_gives_no_dose(self, name, text):
        assert not DOSE.search(text)

    def test_does_not_shout(self, name, text):
        assert set(CAPITALS.findall(text.replace("Tele-MANAS", ""))) <= KNOWN_CAPITALS
        assert "!" not in text
        assert text.isascii()


@pytest.mark.parametrize("message", FIRST_BUBBLES, ids=lambda m: str(dict(m.when)))
class TestFirstEmergencyBubble:
    def test_asks_nothing_and_is_short(self, message):
        assert "?" not in message.text
        assert not message.buttons
        assert len(message.text.split()) <= 60

    def test_label_then_call_comes_first(self, message):
        kind = dict(message.when).get("emergency_kind")
        label, _, rest = message.text.partition(". ")
        if kind in CRISIS - {"psychosis"}:
            assert label == "Thank you for telling me"
            assert re.search(r"[Cc]all (?:999|your local emergency number)", rest)
        else:
            assert re.fullmatch(r"EMERGENCY: (?:\S+ ?){1,6}", label)
            assert re.match(r"Call (?:999 now|your local emergency number now)\.", rest)

    def test_nobody_is_told_to_wait_or_drive(self, message):
        for word in ("stand", "drive"):
            assert not re.search(rf"(?<!not )(?<!not stand, )\b{word}\b(?! up)", message.text)


@pytest.mark.parametrize("content", [CONTENT, WITHOUT_REGION], ids=["GB", "unknown"])
def test_parts_of_the_allergic_message_are_in_order(content):
    text = content.message("emergency", emergency_kind="allergic").text
    parts = ["EMERGENCY: ", "Call ", "own adrenaline pen", "Lie on your left side"]
    parts += ["sit", "Do not stand", "drive", "wait", "Say: pregnant", "possible anaphylaxis"]
    if content is WITHOUT_REGION:
        parts[2] = "your own adrenaline pen next"
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_without_a_region_the_numbers_are_named_by_country():
    text = WITHOUT_REGION.message("emergency", emergency_kind="allergic").text
    assert "US or Canada 911. UK 999. Europe 112. India 112 or 108. Australia 000." in text


def test_the_call_line_stays_until_she_says_she_called():
    for message in CONTENT.messages["emergency_open"]:
        reply = dict(message.when).get("emergency_reply", "")
        if reply == "called" or reply.endswith("_after_call"):
            assert message.text.startswith("Stay on the line with them.")
        else:
            assert "call 999 now" in message.text.lower()


def test_the_second_bubble_asks_only_whether_she_called():
    for message in CONTENT.messages["emergency_next"]:
        questions = re.findall(r"[^.?\n]+\?", message.text)
        passive = dict(message.when).get("emergency_kind") == "crisis_passive"
        assert len(questions) == 1
        assert passive or questions == ["Have you called?"]


def test_a_crisis_text_is_only_added_when_a_crisis_was_named():
    assert all(message.when for message in CONTENT.messages["emergency_crisis"])


@pytest.mark.parametrize("message", FAQ, ids=lambda m: m.key)
class TestFaq:
    def test_names_facts_and_source(self, message):
        assert message.facts
        assert message.source
        assert f"Source: {message.source}." in message.more

    def test_is_three_sentences(self, message):
        prose = re.sub(r"^\d\. .*$", "", message.body, flags=re.MULTILINE)
        assert len(re.findall(r"[.?:](?:\s|$)", prose)) <= 4
        assert len(re.findall(r"[.?](?:\s|$)", prose)) <= 3

    def test_has_a_safety_net(self, message):
        assert message.safety_net


ADVICE = [
    *((m.key, text) for m in MESSAGES if m.safety_net for text in (m.text, m.more) if text),
    *((symptom.key, symptom.advice) for symptom in SYMPTOMS),
    *((name, text) for text, name in TIMED.items()),
]


@pytest.mark.parametrize(("name", "text"), ADVICE, ids=ids(ADVICE))
def test_advice_ends_with_an_action_and_a_number(name, text):
    net = text.split("\n\n")[-1]
    assert net.startswith("I'm not a doctor and I can't examine you.")
    assert ACTION_AND_NUMBER.search(net)
    assert "999" in net


@pytest.mark.parametrize(
    "key",
    [
        *("urgent_same_day", "routine_ticket", "routine_no_ticket", "check_done", "check_left"),
        *("goodbye", "thanks", "other_medicine", "needle_fear"),
        *("handed_over", "feel_better", "nsaid_taken", "plan"),
    ],
)
def test_advice_has_a_safety_net(key):
    assert CONTENT.message(key).safety_net


@pytest.mark.parametrize("key", ["check_not_possible", "screen_failed", "cannot_reach_staff"])
def test_a_failed_check_is_safe_on_its_own(key):
    text = CONTENT.message(key).text
    assert "call 999 now" in text
    assert "maternity" in text and "555 0101" in text


@pytest.mark.parametrize(
    "message",
    [m for m in CONTENT.messages["urgent_same_day"] if dict(m.when) != {"urgent_kind": "private"}],
    ids=lambda m: str(dict(m.when)),
)
def test_an_urgent_message_begins_with_the_call_and_never_waits(message):
    text = message.text
    assert re.search(r"^(?:[^.]*\. ){0,2}Call [^.]*\bnow\b", text)
    assert "even at night" in text and "15 minutes" in text


@pytest.mark.parametrize("symptom", SYMPTOMS, ids=lambda s: s.key)
def test_an_expected_effect_is_never_called_certain(symptom):
    if symptom.can_be_expected:
        assert re.search(r"\bcan be\b|\bcommon\b|\bsounds like\b", symptom.expected)
        assert symptom.home_care and symptom.stops


#: Rows whose single finding is EMERGENCY_NOW or URGENT_SAME_DAY whatever the time and weeks.
NEVER_EXPECTED = [
    *(
        "SK-01",
        "SK-03",
        "SK-04",
        "SK-06",
        "SK-08",
        "SK-10",
    ),
    *(
        "AW-01",
        "AW-02",
        "AW-05",
        "AW-06",
    ),
    *(
        "BR-01",
        "BR-02",
        "BR-03",
        "BR-05",
        "BR-06",
        "BR-07",
    ),
    *(
        "CI-01",
        "CI-02",
        "CI-05",
        "CI-06",
        "CI-09",
    ),
    *(
        "GI-03",
        "GI-06",
    ),
    *(
        "NE-02",
        "NE-03",
        "NE-04",
        "NE-05",
        "NE-06",
        "NE-07",
        "NE-08",
        "NE-12",
    ),
    *(
        "OB-01",
        "OB-03",
        "OB-04",
        "OB-05",
        "OB-06",
        "OB-07",
        "OB-09",
        "OB-10",
        "OB-15",
    ),
    *(
        "CA-01",
        "CA-03",
        "CA-05",
    ),
    *(
        "IS-04",
        "IS-05",
        "IS-06",
    ),
    *(
        "IN-01",
        "IN-04",
    ),
    *(
        "MH-01",
        "MH-02",
        "MH-03",
        "MH-04",
        "MH-07",
    ),
]


@pytest.mark.parametrize("key", NEVER_EXPECTED)
def test_a_warning_sign_is_never_called_expected(key):
    symptom = CONTENT.symptom(key)
    assert not symptom.can_be_expected
    assert re.search(r"\b(?:[Cc]all|go to)\b[^.]*\d{2}", symptom.action)


def test_the_headache_is_never_blamed_on_the_injection():
    assert "can't say why" in CONTENT.symptom("NE-01").advice
    assert not re.search(
        r"headache[^.]*(?:effect of|from) the injection", CONTENT.symptom("NE-01").advice
    )


def test_what_is_expected_depends_on_the_time_and_the_week():
    differing = {name.split()[0] for name in TIMED.values() if "None" not in name}
    assert {"IS-01", "IS-02", "GI-01", "GI-05", "SK-05", "IN-03"} <= differing
    sore = CONTENT.symptom("IS-01")
    assert len({sore.advice_at(m, None) for m in (None, 30, 2000, 9000)}) == 4
    sick = CONTENT.symptom("GI-01")
    assert sick.advice_at(30, 12) != sick.advice_at(30, 28)


def test_no_timed_text_is_longer_than_a_phone_can_carry():
    assert max(len(text.split()) for text in TIMED) <= 120
