import json
import logging
import sys

from bot.observability import correlation
from bot.observability.logs import PrivateFormatter

WORDS = "my throat itches since the shot"


def line(name, message, *, as_json=False, error=None, figures=None):
    found = None
    if error is not None:
        try:
            raise error
        except type(error):
            found = sys.exc_info()
    record = logging.LogRecord(name, logging.ERROR, "x.py", 7, message, (), found, "f")
    if figures:
        record.figures = figures
    return PrivateFormatter("rasa", as_json=as_json).format(record)


def test_a_json_line_carries_the_id_and_the_figures():
    with correlation.bound("request-0001"):
        text = line("bot.x", "message answered", as_json=True, figures={"seconds": 0.1})
    fields = json.loads(text)
    assert fields["correlation_id"] == "request-0001"
    assert (fields["service"], fields["message"], fields["seconds"]) == (
        "rasa",
        "message answered",
        0.1,
    )


def test_other_peoples_lines_and_errors_lose_their_words_in_both_formats():
    for as_json in (False, True):
        text = line("rasa.core.x", WORDS, as_json=as_json, error=ValueError(WORDS))
        assert "itches" not in text
        assert "ValueError" in text
        assert "f:7" in text


def test_a_line_stays_one_line():
    assert "\n" not in line("bot.x", "first\nsecond")
    assert "\n" not in line("bot.x", "first\nsecond", as_json=True)
