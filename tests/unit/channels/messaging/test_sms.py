import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.messaging.sms import is_gsm, plain, segments, split, split_characters


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("é" * 160, 1),
        ("ñ" * 160, 1),
        ("“" * 70, 1),
        ("“" * 71, 2),
        ("“" + "a" * 134, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_counted_as_networks_count_them(text, wanted):
    assert segments(text) == wanted


def test_one_typographic_sign_no_longer_doubles_the_price():
    text = "Don’t wait – call “999” now…" * 5
    assert not is_gsm(text) and segments(text) == 3
    assert is_gsm(plain(text)) and segments(plain(text)) == 1
    assert plain("I’m 5 % worse – 😀") == "I'm 5 % worse - 😀"


def test_a_text_is_cut_between_paragraphs_then_sentences_then_words():
    paragraphs = "One two three four five.\n\nSix seven eight nine."
    assert split_characters(paragraphs, 40) == ["One two three four five.", "Six seven eight nine."]
    sentences = "Call 999 now. Lie on your left side. Do not stand."
    assert split_characters(sentences, 40) == [
        "Call 999 now. Lie on your left side.",
        "Do not stand.",
    ]
    assert split_characters("one two three four", 9) == ["one two", "three", "four"]
    assert split_characters("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert split_characters("  ", 10) == []


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=600),
    st.integers(1, 3),
)
def test_no_part_is_too_large_and_nothing_but_gaps_is_lost(text, most):
    parts = split(text, most, 300)
    assert all(segments(part) <= most and 0 < len(part) <= 300 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
