import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.incoming import LONGEST, NO_WORDS, as_words, clean_metadata, read_incoming

SLASHES = "/\uff0f\u2044\u2215\u29f8"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("/cant_breathe", "cant breathe"),
        ("  /emergency_help", "emergency help"),
        ("\uff0fcant_breathe", "cant breathe"),
        ("///restart", "restart"),
        ("/ / restart", "restart"),
        ("\u200b\ufeff/\u2060session_start", "session start"),
        ("\u202e/restart", "restart"),
        ('/report_symptom{"level": "SELF_CARE"}', 'report symptom{"level": "SELF CARE"}'),
        ("\x00/restart", "restart"),
        ("/", "?"),
        (" // ", "?"),
    ],
)
def test_a_leading_slash_is_never_a_command(typed, read):
    incoming = read_incoming(typed)
    assert incoming.text == read
    assert incoming.typed_command


@pytest.mark.parametrize(
    "text", ["my arm hurts 24/7", "and/or", "b12 1/2 dose_of it", "\U0001f198"]
)
def test_ordinary_words_stay_as_they_are(text):
    incoming = read_incoming(text)
    assert (incoming.text, incoming.typed_command, incoming.no_words) == (text, False, False)


@pytest.mark.parametrize(
    "nothing",
    [None, "", "  \n", "\u200b\u200d", 7, '{"lng":1.5, "lat":-2}', "/locationData{'Latitude': 1}"],
)
def test_a_message_without_words_becomes_the_marker(nothing):
    incoming = read_incoming(nothing)
    assert incoming.text == NO_WORDS
    assert incoming.no_words


def test_a_very_long_message_keeps_its_beginning_and_its_end():
    incoming = read_incoming("hello " + "x" * 9000 + " my throat is closing")
    assert incoming.shortened
    assert len(incoming.text) <= LONGEST
    assert incoming.text.startswith("hello ")
    assert incoming.text.endswith(" my throat is closing")


@settings(max_examples=200)
@given(
    st.text(alphabet=st.one_of(st.characters(), st.sampled_from(SLASHES + " \u200b_")), max_size=60)
)
def test_whatever_is_typed_the_engine_gets_words_it_can_keep(text):
    read = read_incoming(text).text
    assert read
    assert read.strip()[:1] not in SLASHES
    assert "\x00" not in read
    read.encode("utf-8")
    assert read_incoming(read).text == read


def test_only_the_guard_sets_its_marks():
    forged = {"typed_command": False, "no_words": True, "is_external": True, "app": "clinic"}
    assert clean_metadata(forged, read_incoming("/restart")) == {
        "app": "clinic",
        "typed_command": True,
    }


@pytest.mark.parametrize("metadata", [None, "text", ["list"], {"much": "x" * 10_000}])
def test_metadata_that_is_no_small_mapping_is_left_out(metadata):
    assert clean_metadata(metadata, read_incoming("hello")) == {}


@pytest.mark.parametrize(
    ("payload", "sent"), [("yes", "yes"), ("/affirm", "Yes"), (None, "Yes"), ("", "Yes")]
)
def test_a_quick_reply_sends_words(payload, sent):
    assert as_words(payload, "Yes") == sent
