"""Near-duplicates are found, rewordings are left alone, and the evaluation files hold none."""

import pytest

from bot.evaluation import near_duplicates
from bot.evaluation.near_duplicates import Text, built_from, find, find_within, normalise

ORIGINAL = "My top lip has doubled in size since the injection"


@pytest.mark.parametrize(
    "copy",
    [
        "my top lip has doubled in size since the injection!!",
        "My upper lip has doubled in size since the injection",
        "My bottom lip doubled in size after the injection",
        "um hi, my top lip has doubled in size since the injection this morning and I worry",
    ],
)
def test_copies_are_found(copy):
    assert find([Text("a", ORIGINAL)], [Text("b", copy)])


@pytest.mark.parametrize(
    "other",
    [
        "my top lip has got twice as big after the jab",
        "the injection site is sore and a bit red",
        "lip",
        "!!!",
        "",
    ],
)
def test_other_texts_are_left_alone(other):
    assert not find([Text("a", ORIGINAL)], [Text("b", other)])


def test_a_phrase_inside_a_message_is_no_copy_of_the_message():
    assert not find([Text("a", "no sleep, kids ill, and now my lips are swollen")],
                    [Text("b", "lips are swollen")])  # fmt: skip


def test_a_fragment_counts_only_as_the_whole_message():
    fragment = [Text("b", "the injection")]
    assert not find([Text("a", "How much be the injection?")], fragment)
    assert find([Text("a", "The injection?")], fragment)


def test_each_pair_of_one_file_is_reported_once():
    texts = [Text("a", ORIGINAL), Text("b", ORIGINAL.upper()), Text("c", "sore arm")]
    pairs = [(pair.first.source, pair.second.source) for pair in find_within(texts)]
    assert pairs == [("a", "b")]


def test_normalise_drops_what_a_copyist_changes():
    assert normalise("  I CAN’T, really—swallow! ") == "i cant really swallow"


def test_sources_are_read_phrase_by_phrase(tmp_path):
    (tmp_path / "docs" / "clinical").mkdir(parents=True)
    (tmp_path / "docs" / "clinical" / "lexicon.md").write_text("Plain: throat shut; lips huge\n")
    (tmp_path / "docs" / "clinical" / "triage.md").write_text('1. "heart mad" | 10 min | X\n')
    (tmp_path / "data" / "nlu").mkdir(parents=True)
    (tmp_path / "data" / "nlu" / "faq.yml").write_text(
        "nlu:\n- intent: ask\n  examples: |\n    - where is the [clinic](place)\n"
    )
    (tmp_path / "data" / "second_opinion").mkdir()
    (tmp_path / "data" / "second_opinion" / "a.jsonl").write_text('{"text": "gone blue"}\n')
    (tmp_path / "bot" / "screening" / "lexicon").mkdir(parents=True)
    (tmp_path / "bot" / "screening" / "lexicon" / "skin.yml").write_text("SK-01: [welts; lumps]\n")
    found = {kind: {each.text for each in texts} for kind, texts in built_from(tmp_path).items()}
    assert {"throat shut", "lips huge", "heart mad"} <= found["clinical documents"]
    assert found["intent examples"] == {"where is the clinic"}
    assert found["second opinion"] == {"gone blue"}
    assert found["lexicon"] == {"SK-01", "welts", "lumps"}


@pytest.mark.slow
def test_the_evaluation_files_hold_none():
    found = near_duplicates.check()
    assert not found, [(pair.first.source, pair.second.source) for pair in found]
