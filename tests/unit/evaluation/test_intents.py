"""What counts as right, recognised and turned away, and what the report may show."""

import json

import pytest

from bot.evaluation import intent_plots
from bot.evaluation.cases import CasesError
from bot.evaluation.intents import (
    NOT_OURS,
    TOPICS,
    Question,
    Reading,
    figures,
    macro_f1,
    per_intent,
    read_questions,
    read_real,
)
from bot.evaluation.nlu_report import Part, errors_markdown, report_markdown
from bot.nlu.second_reader_training import examples


def _reading(right, got, confidence=0.9, text="a secret question", style=""):
    return Reading(Question("q", text, frozenset({right}), style), got, confidence)


READINGS = [
    _reading("faq_diet", "faq_diet"),
    _reading("faq_diet", "out_of_scope"),
    _reading("faq_diet", "faq_harm_to_baby", 0.2),
    _reading("out_of_scope", "other_medicine"),
    _reading("out_of_scope", "faq_diet", 0.1),
    _reading("out_of_scope", "faq_diet", 0.8),
]


def test_figures_tell_recognised_from_turned_away_and_from_asked():
    found = figures(READINGS, threshold=0.3)
    assert (found.accuracy.count, found.accuracy.total) == (1, 6)
    assert (found.recognised.count, found.recognised_or_asked.count) == (1, 2)
    assert (found.turned_away.count, found.turned_away_or_asked.count) == (1, 2)
    assert found.turned_away.total == found.recognised.total == 3


def test_macro_f1_weighs_each_wanted_intent_alike():
    readings = [_reading("greet", "greet")] * 9 + [_reading("deny", "greet")]
    value, low, high = macro_f1(readings)
    assert value == pytest.approx((18 / 19 + 0) / 2)
    assert low <= value <= high


def test_the_table_names_the_commonest_mistake():
    rows = {row[0]: row for row in per_intent(READINGS)}
    assert rows["out_of_scope"][1] == 3
    assert rows["out_of_scope"][4] == "faq_diet (2)"
    assert rows["faq_diet"][2] == pytest.approx(1 / 3)


def test_topics_name_only_intents_with_training_texts():
    known = set(examples()[1])
    assert set().union(*TOPICS.values()) <= known
    assert known >= NOT_OURS


def test_real_questions_are_those_of_their_set_and_unknown_topics_are_named(tmp_path):
    path = tmp_path / "real.jsonl"
    rows = [
        {"id": "a", "set": "faq_real", "text": "shots or pills", "label": "injections_vs_oral"},
        {"id": "b", "set": "other", "text": "left out", "label": "danger_sign"},
        {"id": "c", "set": "faq_real", "text": "?", "label": "astrology"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    questions, unknown = read_real(path)
    assert [(each.id, each.ours) for each in questions] == [("a", True)]
    assert unknown == ["astrology"]


def test_a_line_without_an_intent_is_named(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text('{"text": "how often"}')
    with pytest.raises(CasesError, match=r"line 1.*intent"):
        read_questions(path)


def test_no_text_stands_in_the_report_and_every_error_in_the_other_file(tmp_path):
    parts = {"held-out": Part("cases.jsonl", READINGS)}
    report, errors = report_markdown(parts, 0.3, ["a note"]), errors_markdown(parts, 0.3)
    assert "secret" not in report and "a note" in report
    assert errors.count("secret") == 5
    assert errors.count("(asked)") == 2


def test_the_pictures_are_written(tmp_path):
    intent_plots.confusion(READINGS, tmp_path / "confusion.png")
    intent_plots.confidence({"held-out": READINGS}, 0.3, tmp_path / "confidence.png")
    for name in ("confusion.png", "confidence.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
