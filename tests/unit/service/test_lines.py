"""JSON lines: in order, none lost, a clear error for each that cannot be used."""

import io
import json

import pytest

from bot.service.lines import LineError, _answer_lines, read_line


def answer(lines, function=lambda text, context: {"text": text}):
    target = io.StringIO()
    _answer_lines(io.BytesIO("\n".join(lines).encode("utf-8", "surrogatepass")), target, function)
    return [json.loads(line) for line in target.getvalue().splitlines()]


def test_good_and_bad_lines_come_back_in_order():
    rows = answer(
        ['{"id": 1, "text": "a"}', "not json", "[1]", '{"id": 4}', '{"id": 5, "text": "e"}']
    )
    assert [row.get("text") for row in rows] == ["a", None, None, None, "e"]
    assert [row["id"] for row in rows] == [1, None, None, 4, 5]
    assert "line 2" in rows[1]["error"] and "not JSON" in rows[1]["error"]
    assert '"text" is missing' in rows[3]["error"]


def test_a_failing_answer_is_an_error_line_without_the_text():
    def fail(text, context):
        raise RuntimeError(text)

    (row,) = answer(['{"id": 7, "text": "secret words"}'], fail)
    assert row["id"] == 7
    assert "RuntimeError" in row["error"] and "secret" not in row["error"]


def test_half_a_surrogate_pair_can_be_written_back():
    (row,) = answer(['{"id": 1, "text": "\\ud83d hello"}'])
    assert row["text"] == "\ud83d hello"


def test_context_is_read_by_the_names_of_its_fields():
    line = (
        b'{"id": 1, "text": "x", "context": {"minutes_since_injection": 20, "weeks_pregnant": 33}}'
    )
    _, _, context = read_line(line)
    assert (context.minutes_since_injection, context.weeks_pregnant) == (20, 33)


@pytest.mark.parametrize(
    ("context", "complaint"),
    [
        ('{"minutes": 20}', 'no "minutes"'),
        ('{"minutes_since_injection": "20"}', "minutes_since_injection"),
        ('{"minutes_since_injection": -1}', "minutes_since_injection"),
        ('{"minutes_since_injection": NaN}', "minutes_since_injection"),
        ('{"risk_modifiers": 3}', "risk_modifiers"),
        ("[]", "object"),
    ],
)
def test_a_wrong_context_is_named(context, complaint):
    with pytest.raises(LineError, match=complaint):
        read_line(f'{{"id": 1, "text": "x", "context": {context}}}'.encode())


def test_bytes_that_are_not_utf8_are_still_read():
    _, text, _ = read_line(b'{"id": 1, "text": "caf\xe9"}')
    assert text.startswith("caf")


def test_a_line_nested_too_deep_is_an_error_not_a_crash():
    with pytest.raises(LineError, match="not JSON"):
        read_line(b'{"text":' + b"[" * 100_000)
