import pytest

from bot.screening.normalise import HARD_GAP, QUESTION_GAP, SOFT_GAP, tokenise


def words(text):
    return [token.word for token in tokenise(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Can\u2019t breathe", ["cant", "breathe"], id="curly apostrophe"),
        pytest.param("wh\u200beez\u200ding", ["wheezing"], id="invisible characters in a word"),
        pytest.param("t h r o a t shut", ["throat", "shut"], id="letters apart"),
        pytest.param("n v d and sob", ["n", "v", "d", "and", "sob"], id="three initials"),
        pytest.param("\u202ethroat\u202c tight", ["throat", "tight"], id="right-to-left marks"),
        pytest.param("th\u0000ro\u0007at", ["throat"], id="control characters"),
        pytest.param("thr\u043eat", ["throat"], id="Cyrillic look-alike"),
        pytest.param("ｔｉｇｈｔ", ["tight"], id="full-width letters"),
        pytest.param("respi\u0301ro", ["respiro"], id="accents"),
        pytest.param("wh<b>ee</b>zing", ["wheezing"], id="inline HTML"),
        pytest.param("lips<br>swollen", ["lips", "swollen"], id="block HTML"),
        pytest.param("tight&nbsp;chest", ["tight", "chest"], id="HTML entity"),
        pytest.param("/cant_breathe", ["cant", "breathe"], id="G-17"),
        pytest.param("20min w/o air", ["20", "min", "without", "air"], id="units and shorthand"),
        pytest.param("34w3d", ["34", "w", "3", "d"], id="weeks and days"),
        pytest.param("light-headed", ["light", "headed"], id="hyphen"),
        pytest.param("🎈 lips", ["🎈", "lips"], id="emoji"),
        pytest.param("", [], id="empty"),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "My throat feels tight",
        "ｍｙ thr\u043eat\u200b fe\u0301els",
        "<p>lips</p> &amp; face",
        "İstanbul wheezing 😮‍💨 now",
        "can\u2019t bre\u200bathe",
    ],
)
def test_offsets_point_into_the_text_as_written(text):
    tokens = tokenise(text)
    assert tokens
    last = 0
    for token in tokens:
        assert 0 <= token.start < token.end <= len(text)
        assert token.start >= last
        last = token.start
    wanted = {"throat": "thr\u043eat", "wheezing": "wheezing", "breathe": "bre\u200bathe"}
    for token in tokens:
        if token.word in wanted and wanted[token.word] in text:
            assert text[token.start : token.end].strip("\u200b") == wanted[token.word]


def test_gaps_between_words():
    gaps = [token.gap for token in tokenise("no rash, but lips. Is it bad? yes")]
    assert gaps == [HARD_GAP, 0, SOFT_GAP, 0, HARD_GAP, 0, 0, QUESTION_GAP]
