"""The evaluation messages are valid, and broken files are refused with the line and the fix."""

import json
import re

import pytest

from bot.evaluation.cases import (
    DEVELOPMENT,
    TEST,
    CasesError,
    has_levels,
    read_cases,
    read_labelled,
    sha256,
)
from bot.settings import PROJECT
from bot.triage.vocabulary import Level

FILES = [DEVELOPMENT, TEST]
STATEMENTS = {"G-10", "G-12", "G-13"}


def policy_rows():
    policy = (PROJECT / "docs" / "clinical" / "triage.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| ([A-Z]{2}-\d\d) \|", policy, flags=re.MULTILINE))


def policy_ids():
    policy = (PROJECT / "docs" / "clinical" / "triage.md").read_text(encoding="utf-8")
    return set(re.findall(r"\b[A-Z]+-\d+[a-z]?\b", policy))


def test_the_sets_are_as_large_as_promised():
    development, test = (read_cases(path) for path in FILES)
    assert len(test) >= 600
    assert len(development) + len(test) >= 900
    assert 0.4 <= sum(case.emergency for case in test) / len(test) <= 0.5


def test_ids_and_texts_are_unique_over_both_files():
    cases = [case for path in FILES for case in read_cases(path)]
    assert len({case.id for case in cases}) == len(cases)
    assert len({case.text.casefold() for case in cases}) == len(cases)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_key_is_a_row_of_the_policy(path):
    rows = policy_rows() | STATEMENTS
    assert {key for case in read_cases(path) for key in case.keys} <= rows


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_note_names_a_rule_or_says_that_there_is_none(path):
    known = policy_ids()
    for case in read_cases(path):
        ids = re.findall(r"[A-Z]+-\d+[a-z]?", case.note)
        assert set(ids) <= known, case.id
        assert ids or case.note.startswith("none") or case.note == "DRESS", case.id


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_level_and_every_kind_of_hard_negative_is_there(path):
    cases = read_cases(path)
    assert {case.level for case in cases} == {None, *Level}
    kinds = {case.category for case in cases if case.level is None}
    assert {"negated", "idiom", "look_alike", "hypothetical", "history", "others", "faq"} <= kinds


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_messages_without_a_level_carry_no_present_finding(path):
    assert not [case.id for case in read_cases(path) if case.level is None and case.keys]


def write(path, *rows):
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_a_level_that_does_not_exist_is_refused_with_the_line(tmp_path):
    path = write(
        tmp_path / "cases.jsonl",
        {"id": 1, "text": "sore arm", "level": "SELF_CARE"},
        {"id": 2, "text": "sore arm", "level": "SOON"},
    )
    with pytest.raises(CasesError, match=r"line 2.*SOON"):
        read_cases(path)


def test_an_unknown_circumstance_is_refused_and_not_ignored(tmp_path):
    row = {"id": 1, "text": "x", "level": None, "context": {"weeks": 30}}
    with pytest.raises(CasesError, match=r"line 1.*weeks"):
        read_cases(write(tmp_path / "cases.jsonl", row))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CasesError, match=r"nowhere\.jsonl"):
        read_cases(tmp_path / "nowhere.jsonl")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(CasesError, match="no lines"):
        has_levels(tmp_path / "empty.jsonl")


def test_labels_and_levels_are_told_apart(tmp_path):
    path = write(tmp_path / "labels.jsonl", {"id": "a", "text": "x", "label": "emergency"})
    assert not has_levels(path)
    assert has_levels(TEST)
    assert read_labelled(path)[0].label == "emergency"
    with pytest.raises(CasesError, match="label"):
        read_labelled(TEST)


def test_the_hash_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
