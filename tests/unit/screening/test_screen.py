import subprocess
import sys

import pytest

from bot.screening import screen
from bot.triage import Assertion


def present(text):
    return {f.key for f in screen(text).findings if f.assertion is Assertion.PRESENT}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("the air stops halfway down", "BR-01"),
        ("mouth like a bouncy castle since the clinic", "SK-03"),
        ("cant get air in", "AW-06"),
        ("my tounge feels fat", "AW-02"),
        ("throats going tight", "AW-01"),
        ("came out in bumps all over", "SK-01"),
        ("gonna pass out", "CI-02"),
        ("like trying to suck air thru a pinhole", "BR-01"),
        ("i experienced swelling of my lips", "SK-03"),
        ("pt devel SOB, tongue swelling 20 min p/vax", "AW-02"),
    ],
)
def test_findings_are_composed_not_listed(text, key):
    assert key in present(text)


@pytest.mark.parametrize(
    "text",
    [
        "sore arm and my throat is fine",
        "the threat of a paint smell in our lives",
        "takes my breath away how fast the baby is growing",
        "black and blue marks at the injection site",
    ],
)
def test_look_alikes_are_no_airway_breathing_or_circulation_sign(text):
    assert not [k for k in present(text) if k.startswith(("AW", "BR", "CI"))]


def test_no_rash_but_throat():
    found = {f.key: f.assertion for f in screen("no rash but my throat feels tight").findings}
    assert found["SK-06"] is Assertion.NEGATED
    assert found["AW-01"] is Assertion.PRESENT


def test_start_imports_no_tensorflow():
    code = "import sys, bot.assessment; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("mythroatistight", "AW-01", id="four words joined"),
        pytest.param("myface isswollen", "SK-03", id="twice two words joined"),
        pytest.param("icantbreathe", "BR-01", id="three words joined"),
        pytest.param("im not going 2 make it through 2nite", "CI-09", id="2 for to"),
    ],
)
def test_words_in_text_speak_are_found(text, key):
    assert key in {finding.key for finding in screen(text).findings}


def test_a_number_of_hours_stays_a_number():
    assert [f.key for f in screen("going 2 hours without food").findings] == []


def test_what_is_since_my_injection_is_the_writers():
    text = "my sister is visiting and itching everywhere since my injection"
    assert [f.experiencer.value for f in screen(text).findings] == ["patient"]
