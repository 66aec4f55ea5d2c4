import pytest

from bot.desk import view


def finding(key, start, end, assertion="present", experiencer="patient", text=""):
    return {
        "key": key,
        "start": start,
        "end": end,
        "text": text,
        "assertion": assertion,
        "experiencer": experiencer,
    }


def cut(text, findings):
    return [
        (segment.text, [each["key"] for each in segment.findings])
        for segment in view.segments(text, findings)
    ]


def test_words_are_cut_where_findings_begin_and_end():
    assert cut("my lips swell", [finding("SK-03", 3, 7, text="lips")]) == [
        ("my ", []),
        ("lips", ["SK-03"]),
        (" swell", []),
    ]


def test_overlapping_findings_are_all_shown():
    assert cut("abcdef", [finding("X", 0, 4, text="abcd"), finding("Y", 2, 6, text="cdef")]) == [
        ("ab", ["X"]),
        ("cd", ["X", "Y"]),
        ("ef", ["Y"]),
    ]


@pytest.mark.parametrize("start, end", [(-5, 2), (4, 99), (3, 3), (5, 1), (99, 120)])
def test_impossible_spans_never_lose_a_word(start, end):
    segments = view.segments("abcdef", [finding("X", start, end)])
    assert "".join(segment.text for segment in segments) == "abcdef"


def test_a_denied_finding_is_not_shown_as_present():
    (segment,) = view.segments("rash", [finding("SK-06", 0, 4, "negated", "other", "rash")])
    assert not segment.is_present
    assert view.describe_finding(segment.findings[0]) == (
        "SK-06 rash that is not hives, denied, somebody else"
    )


def test_a_finding_of_an_earlier_message_marks_nothing_in_this_one():
    earlier = finding("AW-01", 3, 22, text="throat feels funny")
    assert cut("what side effects can i get from it", [earlier]) == [
        ("what side effects can i get from it", [])
    ]


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 min"), (89, "89 min"), (300, "5 h"), (4320, "3 days")]
)
def test_durations_are_said_in_the_largest_unit_that_fits(minutes, said):
    assert view.duration(minutes) == said
