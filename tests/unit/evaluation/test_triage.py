"""The whole evaluation on a few messages: figures, files, and what may not leave the folder."""

import json

import pytest

from bot.evaluation.cases import DEVELOPMENT

# The negspacy baseline imports spaCy, and with it TensorFlow.
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    from bot.evaluation.triage import evaluate_triage

    folder = tmp_path_factory.mktemp("evaluation")
    cases = folder / "cases.jsonl"
    lines = DEVELOPMENT.read_text(encoding="utf-8").splitlines()[:40]
    cases.write_text("\n".join(lines), encoding="utf-8")
    foreign = folder / "foreign.jsonl"
    rows = [
        {"id": "f1", "set": "a", "label": "emergency", "text": "fell over unconscious just now"},
        {"id": "f2", "set": "a", "label": "not_emergency", "text": "where is the clinic"},
        {"id": "f3", "set": "a", "label": "ambiguous", "text": "felt odd"},
    ]
    foreign.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    said = []
    result = evaluate_triage(
        cases, folder / "out", foreign=[foreign, folder / "absent.jsonl"], say=said.append
    )
    return result, folder / "out", [json.loads(line) for line in lines], said


def test_every_message_is_measured(evaluated):
    result, _, rows, _ = evaluated
    emergencies = sum(row["level"] == "EMERGENCY_NOW" for row in rows)
    assert result.triage.exact.total == len(rows)
    assert result.triage.detection.sensitivity.total == emergencies
    assert {found.sensitivity.total for found in result.detections.values()} == {emergencies}


def test_the_report_holds_no_message_and_the_error_list_holds_every_error(evaluated):
    result, out, rows, _ = evaluated
    report = result.report.read_text(encoding="utf-8")
    assert not [row["id"] for row in rows if row["text"] in report]
    errors = (out / "errors.md").read_text(encoding="utf-8")
    wrong = len(rows) - result.triage.exact.count
    assert sum(f"`{row['id']}`" in errors for row in rows) == wrong


def test_the_report_names_what_it_measured(evaluated):
    result, _, _, _ = evaluated
    report = result.report.read_text(encoding="utf-8")
    assert result.cases_sha256 in report
    assert len(result.cases_sha256) == 64


def test_every_plot_of_the_report_is_there(evaluated):
    result, out, _, _ = evaluated
    report = result.report.read_text(encoding="utf-8")
    plots = {path.name for path in out.glob("*.png")}
    assert plots == {name for name in plots if f"({name})" in report}
    assert len(plots) == 5


def test_ambiguous_texts_are_not_scored(evaluated):
    result, _, _, _ = evaluated
    (foreign,) = result.foreign
    product = [row for row in foreign.rows if row.system == "rules and second opinion"]
    assert {row.label: row.right.total for row in product} == {"emergency": 1, "not_emergency": 1}


def test_an_absent_file_is_skipped_and_said(evaluated):
    result, _, _, said = evaluated
    assert "absent.jsonl is not there and was skipped." in said
    assert "absent.jsonl" in result.report.read_text(encoding="utf-8")
