"""Every question of the content map (facts.md 3.0) has a text that names the map's facts."""

import re

import pytest
import yaml

from bot.content import load_content
from bot.nlu.single_questions import is_single, named_in, names
from bot.settings import PROJECT, load_settings

CONTENT = load_content("en", load_settings(environment={}))
FACTS = (PROJECT / "docs" / "clinical" / "facts.md").read_text(encoding="utf-8")
MAP = yaml.safe_load((PROJECT / "tests" / "data" / "content_map.yml").read_text(encoding="utf-8"))
KNOWN = set(re.findall(r"F-\d{3}", FACTS))
#: Places that the map names by section.
SECTIONS = {
    "3.4": "F-040 to F-044",
    "section 4": "F-120 to F-122",
    "section 6": "F-164, F-170",
    "section 7": "F-180, F-186",
    "section 8": "F-195",
}


def rows_of_the_map():
    section = FACTS[FACTS.index("### 3.0") : FACTS.index("The seed is written in")]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    return {
        asked: where for asked, where in rows if "Where answered" not in where and asked[0] != "-"
    }


def facts_in(where):
    named = set()
    for first, last in re.findall(r"F-(\d{3})(?: to F-(\d{3}))?", where):
        named |= {f"F-{n:03d}" for n in range(int(first), int(last or first) + 1)}
    return named & KNOWN


def facts_of(key):
    if key in CONTENT.symptoms:
        return set(CONTENT.symptoms[key].facts)
    return {fact for text in CONTENT.messages[key] for fact in text.facts}


def test_the_map_has_no_row_without_an_answer_here():
    assert set(MAP["rows"]) == set(rows_of_the_map())
    assert len(MAP["rows"]) == 70


@pytest.mark.parametrize("asked", MAP["rows"])
def test_the_answers_name_the_facts_of_the_row(asked):
    answers = MAP["rows"][asked]
    wanted = facts_in(rows_of_the_map()[asked]) - set(MAP["not_said"])
    said = set().union(*map(facts_of, answers)) if answers else set()
    assert wanted <= said, sorted(wanted - said)


def test_every_single_question_is_a_text_with_a_short_and_a_longer_answer():
    for name in names():
        text = CONTENT.message(name)
        assert text.text and text.more and text.source and text.title and text.facts, name
    written = {key for key in CONTENT.messages if is_single(key)}
    assert written == set(names())
    conditions = [r["condition"][0]["value"] for r in CONTENT.responses["utter_single_question"]]
    assert written <= set(conditions)


def test_the_question_on_a_button_asks_for_its_own_answer():
    wrong = {key: named_in(CONTENT.message(key).question) for key in names()}
    assert {key: name for key, name in wrong.items() if key != name} == {}
