import json
import re

import pytest
import yaml

from bot.channels import bundle
from bot.channels.pages import WIDGET
from bot.channels.safe_text import EMERGENCY_NUMBERS, call_line

SCRIPTS = sorted((WIDGET / "static").glob("*.js"))


@pytest.fixture(scope="module")
def bundled():
    text = bundle.TARGET.read_text(encoding="utf-8")
    parts = re.findall(r"export const (\w+) = (.*?);\n(?=export|\Z)", text, re.DOTALL)
    return {name: json.loads(value) for name, value in parts}


def regions():
    return yaml.safe_load(bundle.REGIONS.read_text(encoding="utf-8"))


def test_the_page_and_the_texts_name_the_same_numbers(bundled):
    numbers = {region: list(known) for region, known in EMERGENCY_NUMBERS.items()}
    assert bundled["NUMBERS"] == numbers
    assert bundled["CRISIS_LINES"] == bundle.crisis_lines()
    for region, values in regions().items():
        if region != "unknown":
            assert " or ".join(numbers[region]) == values["emergency_number"]
            assert call_line(region) == values["emergency_call"]


def test_the_widget_says_what_the_texts_say(bundled):
    for name, value in bundle.texts().items():
        assert bundled[name] == value, "run python -m bot.channels.bundle"
    assert len(bundled["STARTERS"]) == 3


def test_an_unknown_region_lists_every_number(bundled):
    for numbers in bundled["NUMBERS"].values():
        for number in numbers:
            assert number in call_line("unknown")


def test_the_bundled_phrases_follow_the_lexicon(bundled):
    """A few phrases may differ until the next release; many mean that the list is out of date."""
    current = bundle.red_flags(bundle.lexicon_phrases())
    for kind, phrases in current.items():
        kept = set(bundled["RED_FLAGS"][kind])
        differ = kept ^ set(phrases)
        assert len(differ) <= 0.2 * len(phrases), (
            f"{len(differ)} {kind} phrases differ; run python -m bot.channels.bundle"
        )


def test_only_emergencies_are_taken_and_each_shows_its_own_card():
    phrases = ["my throat is closing", "sore arm", "i want to die", "dull headache"]
    assert bundle.red_flags(phrases) == {
        "crisis": ["i want to die"],
        "emergency": ["my throat is closing"],
    }


@pytest.mark.parametrize("group", bundle.NEAR, ids=lambda group: group[0][0])
def test_each_pair_of_words_is_an_emergency_for_the_screen_too(group):
    """One sentence for each group, so that the page and the server do not drift apart."""
    sentences = {
        "throat": "my lips are swelling",
        "brea": "it is hard to breathe",
        "chest": "my chest hurts",
        "hive": "hives all over",
        "turn": "my lips turned blue",
        "passed": "i passed out",
    }
    sentence = sentences[group[0][0]]
    words = sentence.split()
    assert all(any(word.startswith(part) for word in words for part in parts) for parts in group)
    assert bundle.red_flags([sentence])["emergency"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_widget_writes_no_code_into_a_page_and_loads_nothing_from_elsewhere(path):
    code = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if "//" not in line
    )
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert forbidden not in code
    assert not re.search(r"(?:import|fetch|src)\W+https?:", code)
