from hypothesis import given, settings
from hypothesis import strategies as st

from bot.screening import screen


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=10_000))
def test_any_text_returns_findings_that_point_into_it(text):
    for finding in screen(text).findings:
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.text == text[finding.start : finding.end]


def test_a_finding_at_the_end_of_a_long_text_is_found_where_it_is():
    text = "nothing to report. " * 2_000 + "now my throat is closing"
    found = [f for f in screen(text).findings if f.key == "AW-01"]
    assert found
    assert "throat" in text[found[-1].start : found[-1].end]


def test_other_languages():
    spanish = screen("no puedo respirar")
    assert [f.key for f in spanish.findings] == ["BR-01"]
    assert spanish.facts.unsupported_language == "es"
