"""Typed commands (triage.md G-17)."""

import pytest

from bot.screening import screen
from bot.triage import assess


@pytest.mark.parametrize("text", ["/emergency_help", "/report_red_flag", "  /SOS "])
def test_a_command_that_names_an_emergency_is_a_statement_without_a_level(text):
    screening = screen(text)
    assert [f.key for f in screening.findings] == ["G-17"]
    assert assess(screening).level is None


def test_a_command_that_names_a_symptom_is_that_symptom():
    assert {f.key for f in screen("/cant_breathe").findings} == {"BR-01"}


@pytest.mark.parametrize("text", ["emergency_help", "/book_appointment", "see /emergency_help"])
def test_other_text_is_no_command(text):
    assert "G-17" not in {f.key for f in screen(text).findings}
